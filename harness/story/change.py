"""What differs between a trial and the last one of the same case that passed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.frozen import frozen
from harness.model import Result
from harness.store import RunRow, Store, facts
from harness.text import one_line, shorten, visible

from .words import cell, cell_lines, check_status, money, named, seconds, shown

_LINES: Final = 160
_CONTEXT: Final = 2
_ANSWER: Final = 60_000
_SETTINGS: Final = 12
_DEEPEST: Final = 5


@frozen
class Fact:
    """One thing that may differ."""

    name: str
    """What it is."""

    then: str
    """In the trial that passed."""

    now: str
    """In this one."""

    @property
    def differs(self) -> bool:
        """Whether it does."""
        return self.then != self.now


@frozen
class DiffLine:
    """One line of a text, then and now."""

    sign: str
    """`+`, `-`, a space for what is the same, or `…` for lines left out."""

    text: str
    """The line."""


@frozen
class Change:
    """Two trials side by side."""

    run: str
    """Run of the trial that passed."""

    key: str
    """That trial."""

    query: Mapping[str, str]
    """The query that names it."""

    facts: tuple[Fact, ...]
    """What was compared; what differs first."""

    verdicts: tuple[Fact, ...]
    """Checks that ended otherwise."""

    path: tuple[DiffLine, ...]
    """Steps that were taken."""

    answer: tuple[DiffLine, ...]
    """The answers."""


def last_passing(store: Store, run: RunRow, result: Result) -> tuple[RunRow, Result] | None:
    """The newest passing trial of the same case and agent variant: in an earlier run, else beside this one."""
    job = result.job
    past = store.ask(facts.history, job.case.suite, job.case.id, job.variant)
    earlier = [trial for trial in past if trial.status == "passed" and trial.started_at < run.manifest.started_at]
    beside = [trial for trial in past if trial.status == "passed" and trial.run == run.id and trial.key != job.key]
    for trial in [*earlier, *beside][:1]:
        (found,) = store.results(trial.run, traces=True, keys={trial.key})
        return store.run(trial.run), found
    return None


def change(then: tuple[RunRow, Result], now: tuple[RunRow, Result]) -> Change:
    """Compare two trials."""
    told = sorted(_facts(then, now), key=lambda fact: not fact.differs)
    job = then[1].job
    query = {
        "run": then[0].id,
        "suite": job.case.suite,
        "case": job.case.id,
        "agent": job.variant,
        "trial": str(job.index),
    }
    return Change(
        run=then[0].id,
        key=job.key,
        query=query,
        facts=tuple(told),
        verdicts=tuple(_verdicts(then[1], now[1])),
        path=tuple(_diff(_path(then[1]), _path(now[1]))),
        answer=tuple(_diff(_answer(then[1]), _answer(now[1]))),
    )


def _facts(then: tuple[RunRow, Result], now: tuple[RunRow, Result]) -> Iterator[Fact]:
    before, after = _side(*then), _side(*now)
    yield from (Fact(name, one_line(before[name], 120), one_line(after[name], 120)) for name in after)
    yield from _settings("", then[0].manifest.packages, now[0].manifest.packages)
    config = [{**run.manifest.config} for run, _ in (then, now)]
    for one in config:
        agents = one.pop("agents", None)
        one["agent"] = agents.get(now[1].job.variant.partition("@")[0]) if isinstance(agents, Mapping) else None
    yield from _settings("", *config)


def _side(run: RunRow, result: Result) -> dict[str, str]:
    manifest, trace = run.manifest, result.outcome.trace
    return {
        "Case": result.job.case.fingerprint[:12],
        "Commit": f"{(manifest.git_commit or '–')[:10]}{' + changes' if manifest.git_dirty else ''}",
        "Model": manifest.models.get(result.job.variant, "–"),
        "Judge": manifest.models.get("judge", "–"),
        "Prices": manifest.price_table or "–",
        "Seed": str(result.job.seed),
        "Outcome": result.outcome.status,
        "Time": seconds(trace.duration_s),
        "Cost": money(trace.cost_usd),
        "Tokens": cell(trace.usage.total) or "unknown",
        "Steps": str(len(trace.steps)),
        "Host": manifest.host or "–",
    }


def _settings(title: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Fact]:
    """Of many settings those that differ, leaf by leaf; what only one of the runs had to do with is left out."""
    left, right = dict(_leaves(title, old, 0)), dict(_leaves(title, new, 0))
    differing = [name for name in right if name in left and left[name] != right[name]]
    for name in differing[:_SETTINGS]:
        yield Fact(one_line(name, 120), one_line(cell(left[name]), 200), one_line(cell(right[name]), 200))


def _leaves(title: str, item: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(item, Mapping) and depth < _DEEPEST:
        for name, inner in item.items():
            yield from _leaves(f"{title}.{name}" if title else str(name), inner, depth + 1)
    else:
        yield title, item


def _verdicts(then: Result, now: Result) -> Iterator[Fact]:
    before = {(item.check, item.where, item.turn): item for item in then.verdicts}
    for item in now.verdicts:
        old = before.get((item.check, item.where, item.turn))
        if old is not None and check_status(old) != check_status(item):
            yield Fact(
                one_line(named(item)[0], 80),
                one_line(f"{shown(check_status(old))}: {named(old)[1]}", 300),
                one_line(f"{shown(check_status(item))}: {named(item)[1]}", 300),
            )


def _path(result: Result) -> list[str]:
    taken = [step for step in result.outcome.trace.steps if step.kind in {"tool", "handoff"}]
    return [one_line(f"{step.name} {cell(dict(step.args))}" if step.args else step.name, 160) for step in taken]


def _answer(result: Result) -> list[str]:
    """The answer line by line; JSON with a line for each of its values."""
    trace = result.outcome.trace
    if trace.structured is not None and trace.answer.lstrip()[:1] in ("", "{", "["):
        return cell_lines(trace.structured)[:_ANSWER].splitlines()
    return visible(trace.answer[:_ANSWER]).splitlines()


def _diff(old: list[str], new: list[str]) -> Iterator[DiffLine]:
    """Lines that differ with those around them; nothing where none does."""
    if old == new:
        return
    lines = list(difflib.unified_diff(old, new, lineterm="", n=_CONTEXT))[2:]
    for line in lines[:_LINES]:
        if line.startswith("@@"):
            yield DiffLine("…", "")
        else:
            yield DiffLine(line[:1], shorten(line[1:], 600))
    if len(lines) > _LINES:
        yield DiffLine("…", f"and {len(lines) - _LINES} more lines")
