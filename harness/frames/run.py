"""The trials of a run as one narrow table, and what a reader filters it by; no trace and no answer is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from harness.frozen import frozen
from harness.store import RunRow, Store, columns, facts
from harness.store.packing import cell_text
from harness.store.replaced import by_trial
from harness.text import one_line

from .words import SEVERITIES

if TYPE_CHECKING:
    from pandas import DataFrame, Series

STATUS_ORDER: Final = columns.STATUSES
"""Worst first."""

MOST_TAGS: Final = 300
"""Most tags that are offered, the most frequent ones."""

SEARCH_FROM: Final = 3
"""Fewest characters for which reasons are searched, too."""


@frozen
class RunFacts:
    """What is known of a run's trials."""

    run: RunRow
    """The run."""

    trials: DataFrame
    """One row for each planned trial: `harness.store.columns.TRIAL_KINDS` with `rank` (0 is worst) and `replaced_usd`."""

    cases: Mapping[int, facts.CaseFact]
    """Its cases, by number."""

    open: DataFrame
    """One row for each verdict that did not pass: number, check, undecided, severity, error."""

    variants: Mapping[str, str]
    """Agent variants as they are called, by what tables and filters call them."""

    groups: int
    """How many cases there are, those that several agent variants ran counted for each."""

    options: Mapping[str, tuple[str, ...]]
    """What there is to filter by: `suite`, `agent`, `tag`, `status`, `check` or `severity`."""

    def trial_of(self, number: int) -> int:
        """Which repetition of its case a trial is, from 0."""
        return int(self.trials["trial"].to_numpy()[self.trials["number"].searchsorted(number)])

    def values(self, name: str) -> tuple[str, ...]:
        """What there is to filter by."""
        return self.options[name]


@frozen
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

    found = store.ask(columns.of, run.id)
    known = {name: np.asarray(column) for name, column in found.trials.items()}
    names = [label_of(name) for name in found.agents]
    trials = pd.DataFrame(
        {
            **known,
            "agent": _named(known["agent"], names),
            "status": _coded(known["status"], columns.STATUSES),
            "outcome": _coded(known["outcome"], found.outcomes),
            "rank": known["status"],
        },
        copy=False,
    )
    spent = {number: besides.usd for number, besides in store.ask(by_trial, run.id).items()}
    trials["replaced_usd"] = trials["number"].map(spent).astype(np.float64).fillna(0.0) if spent else 0.0
    cells = {name: np.asarray(column) for name, column in found.opened.items()}
    opened = pd.DataFrame(
        {
            "number": cells["number"],
            "check": _named(cells["check"], [label_of(name) for name in found.checks]),
            "undecided": cells["passed"] < 0,
            "severity": _named(cells["severity"], found.severities),
            "error": cells["broken"].astype(bool),
        },
        copy=False,
    )
    cases = {case.number: case for case in found.cases}
    variants = dict(zip(names, found.agents, strict=True))
    groups = len(np.unique(known["case"] * (len(names) + 1) + trials["agent"].cat.codes.to_numpy()))
    return RunFacts(run, trials, cases, opened, variants, groups, _options(trials, opened, cases))


def _named(codes: Any, names: Sequence[str]) -> Any:
    """Names instead of their numbers; several may look alike once they are one visible line."""
    import numpy as np

    looks = list(dict.fromkeys(names))
    places = np.array([looks.index(name) for name in names], dtype=np.int32)
    return _coded(places[codes] if len(codes) else codes, looks)


def _coded(codes: Any, names: Sequence[str]) -> Any:
    import pandas as pd

    return pd.Categorical.from_codes(codes, pd.Index(list(names), dtype="str"))


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
        "check": tuple(str(name) for name, number in opened["check"].value_counts().items() if number),
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


@lru_cache(maxsize=10_000)
def label_of(item: str | bytes) -> str:
    """A name as filters show it and addresses hold it: one bounded line without hidden characters."""
    return one_line(cell_text(item), 120)


def kept(values: Collection[str], known: Sequence[str]) -> tuple[str, ...]:
    """Of the values of an address those that there are."""
    return tuple(item for item in values if item in known)
