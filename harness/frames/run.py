"""The trials of a run as one narrow table, and what a reader filters it by; no trace and no answer is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from harness.store import RunRow, Store, facts
from harness.store.packing import cell_text
from harness.store.replaced import by_trial
from harness.text import one_line

from .words import SEVERITIES

if TYPE_CHECKING:
    from pandas import DataFrame, Series

STATUS_ORDER: Final = ("failed", "errored", "undecided", "missing", "passed")
"""Worst first."""

MOST_TAGS: Final = 300
"""Most tags that are offered, the most frequent ones."""

SEARCH_FROM: Final = 3
"""Fewest characters for which reasons are searched, too."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of a run's trials."""

    run: RunRow
    """The run."""

    trials: DataFrame
    """One row for each planned trial: `harness.store.facts.TRIAL_COLUMNS` with `rank` (0 is worst) and `began` (epoch seconds)."""

    cases: Mapping[int, facts.CaseFact]
    """Its cases, by number."""

    open: DataFrame
    """One row for each verdict that did not pass: number, check, passed, severity, error."""

    variants: Mapping[str, str]
    """Agent variants as they are called, by what tables and filters call them."""

    options: Mapping[str, tuple[str, ...]]
    """What there is to filter by: `suite`, `agent`, `tag`, `status`, `check` or `severity`."""

    def values(self, name: str) -> tuple[str, ...]:
        """What there is to filter by."""
        return self.options[name]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which trials a reader wants to see; what is empty asks for nothing."""

    suite: tuple[str, ...] = ()
    """Suites."""

    agent: tuple[str, ...] = ()
    """Agent variants."""

    tag: tuple[str, ...] = ()
    """Tags, `key=value` or `key`: of one key any, of several keys all."""

    status: tuple[str, ...] = ()
    """How trials ended."""

    check: tuple[str, ...] = ()
    """Checks that did not pass."""

    severity: tuple[str, ...] = ()
    """Severity of checks that did not pass."""

    text: str = ""
    """Words in the case's id, suite, description or agent, or in the reason of a check that did not pass."""

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing."""
        return not any(getattr(self, field.name) for field in fields(self))


def run_facts(store: Store, run: RunRow) -> RunFacts:
    """Read the trials of a run."""
    import numpy as np
    import pandas as pd

    trials = pd.DataFrame(store.ask(facts.trials, run.id), columns=list(facts.TRIAL_COLUMNS))
    trials["status"] = trials["status"].fillna("missing")
    trials["rank"] = trials["status"].map({status: place for place, status in enumerate(STATUS_ORDER)}).astype("int8")
    began = pd.to_datetime(trials["started_at"], utc=True, errors="coerce", format="ISO8601")
    trials["began"] = (began - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    for name in ("score", "seconds", "ttft_s", "cost_usd", "judge_usd", "input_tokens", "output_tokens"):
        trials[name] = trials[name].astype(np.float64)
    spent = {number: besides.usd for number, besides in store.ask(by_trial, run.id).items()}
    trials["replaced_usd"] = trials["number"].map(spent).astype(np.float64).fillna(0.0) if spent else 0.0
    labels = {name: label_of(name) for name in trials["agent"].unique()}
    variants = {label: cell_text(name) for name, label in labels.items()}
    trials["agent"] = trials["agent"].map(labels)
    for name in ("agent", "status", "outcome"):
        trials[name] = trials[name].astype("category")
    opened = pd.DataFrame(
        store.ask(facts.open_verdicts, run.id), columns=["number", "check", "passed", "severity", "error"]
    )
    opened["check"] = opened["check"].map({name: label_of(name) for name in opened["check"].unique()})
    for name in ("check", "severity"):
        opened[name] = opened[name].astype("category")
    cases = {case.number: case for case in store.ask(facts.cases, run.id)}
    return RunFacts(run, trials.drop(columns=["started_at"]), cases, opened, variants, _options(trials, opened, cases))


def _options(
    trials: DataFrame, opened: DataFrame, cases: Mapping[int, facts.CaseFact]
) -> Mapping[str, tuple[str, ...]]:
    """What there is to filter by, looked for once."""
    statuses, severities = set(trials["status"].unique()), set(opened["severity"].unique())
    tags = Counter(_tag(*item) for case in cases.values() for item in case.tags.items())
    return {
        "suite": tuple(sorted({label_of(suite) for suite in {case.suite for case in cases.values()}})),
        "agent": tuple(sorted(map(str, trials["agent"].unique()))),
        "tag": tuple(sorted(tag for tag, _ in tags.most_common(MOST_TAGS))),
        "status": tuple(status for status in STATUS_ORDER if status in statuses),
        "check": tuple(opened["check"].value_counts().index.astype(str)),
        "severity": tuple(severity for severity in SEVERITIES if severity in severities),
    }


def chosen(known: RunFacts, wanted: Filter, store: Store) -> DataFrame:
    """The trials that fit; the text is looked for in the store."""
    trials = known.trials
    if wanted.empty:
        return trials
    keep = trials["number"].notna()
    if wanted.agent:
        keep &= trials["agent"].isin(wanted.agent)
    if wanted.status:
        keep &= trials["status"].isin(wanted.status)
    if wanted.suite or wanted.tag:
        keep &= trials["case"].isin([number for number, case in known.cases.items() if _fits(case, wanted)])
    if wanted.check or wanted.severity:
        keep &= trials["number"].isin(_with_checks(known.open, wanted))
    if wanted.text:
        keep &= _mentions(known, wanted.text, store)
    return trials[keep]


def _fits(case: facts.CaseFact, wanted: Filter) -> bool:
    if wanted.suite and label_of(case.suite) not in wanted.suite:
        return False
    keys = {tag.partition("=")[0] for tag in wanted.tag}
    own = {_tag(*item) for item in case.tags.items()}
    return all(any(tag in own for tag in wanted.tag if tag.partition("=")[0] == key) for key in keys)


def _with_checks(opened: DataFrame, wanted: Filter) -> Series[Any]:
    keep = opened["number"].notna()
    if wanted.check:
        keep &= opened["check"].isin(wanted.check)
    if wanted.severity:
        keep &= opened["severity"].isin(wanted.severity)
    return opened.loc[keep, "number"]


def _mentions(known: RunFacts, text: str, store: Store) -> Any:
    needle = text.casefold()
    numbers = [number for number, case in known.cases.items() if needle in _words(case)]
    agents = [agent for agent in known.values("agent") if needle in agent.casefold()]
    found = known.trials["case"].isin(numbers) | known.trials["agent"].isin(agents)
    if len(text) >= SEARCH_FROM:
        found |= known.trials["number"].isin(store.ask(facts.said, known.run.id, text))
    return found


def _words(case: facts.CaseFact) -> str:
    return f"{case.id}\n{case.suite}\n{case.description}".casefold()


def _tag(key: str, content: str) -> str:
    return label_of(f"{key}={content}" if content else key)


def label_of(item: str | bytes) -> str:
    """A name as filters show it and addresses hold it: one bounded line without hidden characters."""
    return one_line(cell_text(item), 120)


def kept(values: Collection[str], known: Sequence[str]) -> tuple[str, ...]:
    """Of the values of an address those that there are."""
    return tuple(item for item in values if item in known)
