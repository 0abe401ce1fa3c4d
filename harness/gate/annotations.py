"""Where in the suites a decision's cases stand, for annotations in a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .decision import Decision

_MOST = 10
"""GitHub shows no more of one kind in one step."""


def placed(decisions: Sequence[Decision]) -> Iterator[tuple[str, Mapping[str, str], str]]:
    """Level, place and message: regressed suites and confirmed cases as errors, suspected ones as warnings."""
    errors: list[tuple[Mapping[str, str], str]] = []
    warnings: list[tuple[Mapping[str, str], str]] = []
    for decision in decisions:
        told = {item.case for item in (*decision.confirmed, *decision.suspected)}
        lost = [item for item in decision.lost if item.case not in told and decision.value == "regress"]
        if decision.value in {"regress", "invalid"}:
            errors.append(({}, f"{decision.suite}: {decision.reasons[0]}"))
        for item in decision.confirmed:
            errors.append((place_of(item.place), f"{item.case} regressed (confirmed): {item.reason}"))
        for item in (*decision.suspected, *lost):
            moved = f"{item.baseline_passed}/{item.baseline} -> {item.passed}/{item.trials}"
            warnings.append((place_of(item.place), f"{item.case} passes less often ({moved}): {item.reason}"))
    for level, found in (("error", errors), ("warning", warnings)):
        for place, message in found[:_MOST]:
            yield level, place, message


def place_of(words: str) -> dict[str, str]:
    """The parts of `file:line:column` that are there."""
    file, _, rest = words.partition(":")
    line, _, column = rest.partition(":")
    found = {"file": file, "line": line if line.isdecimal() else "", "col": column if column.isdecimal() else ""}
    return {name: text for name, text in found.items() if text}
