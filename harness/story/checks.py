"""The checks of a trial: what was expected, what was, by how much it may differ, in which unit, and where it was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.frozen import frozen
from harness.model import CheckSpec, Evidence, Result, Verdict
from harness.quantities import scan
from harness.text import one_line

from .words import SEVERITIES, cell, check_status, named

_TOLERANCES: Final = ("tolerance", "abs", "rel", "tolerance_abs", "tolerance_rel", "share_tolerance", "total_share")
_ORDER: Final = ("failed", "errored", "undecided", "passed")
_PLACES: Final = 12
_SHOWN: Final = 400


@frozen
class Place:
    """Where a conclusion comes from."""

    step: str
    """Step id; empty where it is no step."""

    words: str
    """The place in words."""

    note: str
    """What is there."""


@frozen
class CheckLine:
    """One check."""

    status: str
    """passed, failed, undecided or errored (the check itself broke)."""

    check: str
    """Its name as the suite writes it."""

    reason: str
    """What it concluded."""

    expected: str
    """What should have been; empty where the check does not say."""

    actual: str
    """What was."""

    tolerance: str
    """By how much it may differ."""

    unit: str
    """What it is measured in."""

    severity: str
    """Weight of a failure."""

    score: float | None
    """How well, where that is a matter of degree."""

    turn: int | None
    """Turn that it looked at, from 1."""

    places: tuple[Place, ...]
    """Where the numbers came from."""

    more: int
    """Further places that are left out."""

    labels: tuple[tuple[str, str], ...]
    """What else a reader must know, such as which judge spoke."""

    where: str
    """Place of the check in the suite."""


def check_lines(result: Result) -> tuple[CheckLine, ...]:
    """The checks, failed ones first, of those the weightiest; the others in the suite's order."""
    specs = _specs(result)
    lines = [_line(verdict, specs) for verdict in result.verdicts]
    return tuple(sorted(lines, key=lambda line: (_ORDER.index(line.status), _weight(line))))


def _weight(line: CheckLine) -> int:
    return SEVERITIES.index(line.severity) if line.status != "passed" else 0


def _specs(result: Result) -> Mapping[str, CheckSpec]:
    case = result.job.case
    every = [*case.checks, *(spec for turn in case.turns for spec in turn.checks)]
    return {str(spec.where): spec for spec in every if spec.where is not None}


def _line(verdict: Verdict, specs: Mapping[str, CheckSpec]) -> CheckLine:
    spec = specs.get(verdict.where)
    params = spec.params if spec is not None else {}
    name, reason = named(verdict)
    own = () if name == verdict.check else (("python", one_line(verdict.reason.partition(":")[0], 200)),)
    return CheckLine(
        status=check_status(verdict),
        check=one_line(name, 80),
        reason=one_line(reason, 1_000),
        expected=cell(verdict.expected),
        actual=cell(verdict.actual),
        tolerance=_tolerance(verdict.expected) or _tolerance(params),
        unit=_unit(verdict, params),
        severity=verdict.severity,
        score=verdict.score,
        turn=None if verdict.turn is None else verdict.turn + 1,
        places=tuple(_place(item) for item in verdict.evidence[:_PLACES]),
        more=max(0, len(verdict.evidence) - _PLACES),
        labels=(*own, *((one_line(name, 60), one_line(text, 200)) for name, text in verdict.labels.items())),
        where=one_line(verdict.where, 200),
    )


def _tolerance(item: Any) -> str:
    """What a check's parameters, or what it expected, say of the tolerance."""
    if not isinstance(item, Mapping):
        return ""
    told = [(name, item[name]) for name in _TOLERANCES if item.get(name) not in (None, "")]
    return ", ".join(
        f"± {cell(given)}" if name in {"tolerance", "abs"} else f"{name} {cell(given)}" for name, given in told
    )


def _unit(verdict: Verdict, params: Mapping[str, Any]) -> str:
    """The unit that the check names, or else the one that what it expected is written in."""
    for item in (params, verdict.expected):
        if isinstance(item, Mapping):
            for name in ("unit", "currency"):
                if isinstance(item.get(name), str):
                    return one_line(item[name], 40)
    for text in (verdict.expected, verdict.actual):
        if isinstance(text, str) and len(text) <= _SHOWN:
            for found in scan(text):
                if found.currency or found.unit or found.kind.value == "percent":
                    return found.currency or found.unit or "percent"
    return ""


def _place(item: Evidence) -> Place:
    span = f"answer, characters {item.span[0]} to {item.span[1]}" if item.span else ""
    parts = [f"step {item.step}" if item.step else "", item.path or "", span]
    return Place(item.step or "", one_line(" ".join(part for part in parts if part), 200), one_line(item.note, _SHOWN))
