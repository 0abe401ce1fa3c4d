"""What a case asks and checks, in short: it finds cases that were renamed, and says which were weakened."""

from __future__ import annotations

from dataclasses import replace

from harness.model import Case, CheckSpec, fingerprint
from harness.shape import plain

from .baseline import BaselineCase

_DIGITS = 16
_WEIGHTS = ("minor", "major", "blocker")


def content_of(case: Case, agent: str | None = None) -> str:
    """Digest of all that decides the result but the case's id."""
    return replace(case, id="", agent=case.agent if agent is None else agent).fingerprint[:_DIGITS]


def checks_of(case: Case) -> tuple[str, ...]:
    """Every check, those of turns included: `name severity digest`."""
    found = [("", check) for check in case.checks]
    found += [(f"turn {number}: ", check) for number, turn in enumerate(case.turns, 1) for check in turn.checks]
    return tuple(f"{turn}{_check(check)}" for turn, check in found)


def weaknesses(before: BaselineCase, case: Case) -> tuple[str, ...]:
    """In which ways a case protects less than it did in the baseline."""
    found = []
    if before.must_pass and not case.must_pass:
        found.append("need not pass any more")
    if _WEIGHTS.index(case.severity) < _WEIGHTS.index(before.severity):
        found.append(f"severity {before.severity} became {case.severity}")
    left = [*checks_of(case)]
    for check in before.checks:
        if check in left:
            left.remove(check)
        else:
            found.append(f"check {check.rpartition(' ')[0]} changed or gone")
    return tuple(found)


def _check(check: CheckSpec) -> str:
    return f"{check.name} {check.severity} {fingerprint(_without_places(plain(check)))[:8]}"


def _without_places(item: object) -> object:
    if isinstance(item, dict):
        return {key: _without_places(part) for key, part in item.items() if key != "where"}
    return [_without_places(part) for part in item] if isinstance(item, list) else item
