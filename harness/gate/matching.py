"""Pair a run's cases with a baseline's: what can be compared, what changed, went, came or only got another name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.frozen import frozen

from .baseline import Baseline, BaselineCase
from .content import content_of, weaknesses
from .counting import CaseTally

Pair = tuple[BaselineCase, CaseTally]
Name = tuple[str, str]


@frozen
class Matched:
    """Both sides, case by case."""

    pairs: tuple[Pair, ...]
    """Cases that are the same on both sides."""

    changed: tuple[Pair, ...]
    """Cases of one id that ask or check something else; not compared."""

    added: tuple[CaseTally, ...]
    """Cases that the baseline does not know."""

    removed: tuple[BaselineCase, ...]
    """Cases of the baseline that were not run."""

    renamed: tuple[str, ...]
    """`old -> new`: compared, because nothing but the id is another."""

    weakened: tuple[str, ...]
    """Cases that protect less than they did, and how."""

    notes: tuple[str, ...]
    """What else a reader must know."""


def match(baseline: Baseline, cases: Sequence[CaseTally]) -> Matched:
    """Pair cases by id and agent, then those left by their content."""
    before = {(item.case, item.agent): item for item in baseline.cases}
    now = {item.name: item for item in cases}
    notes: tuple[str, ...] = ()
    other = _other_agent(before, now)
    if other:
        old, new = other
        before = {(case, new): item for (case, _), item in before.items()}
        notes = (f"compares {new} with the baseline of {old}",)
    agent = other[0].partition("@")[0] if other else None
    moved = _renamed(before, now, agent)
    pairs = [(before[name], item) for name, item in now.items() if name in before]
    same = [pair for pair in pairs if pair[0].fingerprint == _fingerprint(pair[1], agent)]
    changed = [pair for pair in pairs if pair[0].fingerprint != _fingerprint(pair[1], agent)]
    gone = {old for old, _ in moved}
    came = {new for _, new in moved}
    return Matched(
        pairs=(*same, *((before[old], now[new]) for old, new in moved)),
        changed=tuple(changed),
        added=tuple(item for name, item in now.items() if name not in before and name not in came),
        removed=tuple(item for name, item in before.items() if name not in now and name not in gone),
        renamed=tuple(f"{old[0]} -> {new[0]}" for old, new in moved),
        weakened=tuple(
            f"{item.case.id}: {'; '.join(how)}" for old, item in changed if (how := weaknesses(old, item.case))
        ),
        notes=notes,
    )


def _renamed(
    before: Mapping[Name, BaselineCase], now: Mapping[Name, CaseTally], agent: str | None
) -> list[tuple[Name, Name]]:
    """Old and new names of cases whose content is the same; nothing where that is not beyond doubt."""
    gone: dict[tuple[str, str], list[Name]] = {}
    came: dict[tuple[str, str], list[Name]] = {}
    for name, item in before.items():
        if name not in now and item.content:
            gone.setdefault((item.content, name[1]), []).append(name)
    if not gone:
        return []
    for name, tally in now.items():
        if name not in before:
            came.setdefault((content_of(tally.case, agent), name[1]), []).append(name)
    both = [(gone[key], came[key]) for key in gone if key in came]
    return [(old[0], new[0]) for old, new in both if len(old) == len(new) == 1]


def _other_agent(before: Mapping[Name, object], now: Mapping[Name, object]) -> tuple[str, str] | None:
    """One variant on either side, and not the same: the run is another agent on the baseline's cases."""
    old, new = {agent for _, agent in before}, {agent for _, agent in now}
    return (old.pop(), new.pop()) if len(old) == len(new) == 1 and old != new else None


def _fingerprint(item: CaseTally, agent: str | None) -> str:
    """The case's fingerprint, as the baseline's agent would have it: which agent is asked is part of it."""
    return item.case.fingerprint if agent is None else replace(item.case, agent=agent).fingerprint
