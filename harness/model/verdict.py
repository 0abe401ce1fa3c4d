"""What one check concluded about one outcome."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated

from harness.bounds import Ge, Le
from harness.shape import value

from .value import Json, Severity

HEURISTIC = "offline-heuristic"
"""Judge that only listens for words: what it says is shown, and decides nothing."""


@value
class Evidence:
    """Where a conclusion comes from."""

    step: str | None = None
    """Step id in the trace."""

    path: str | None = None
    """JSON path inside that step's result, an artifact or the structured answer."""

    span: tuple[int, int] | None = None
    """Start and end in the answer's text, in characters."""

    note: str = ""
    """What is there."""


@value
class Verdict:
    """What one check concluded about one outcome."""

    check: str
    """Name of the check as the suite writes it, such as `not-contains`."""

    passed: bool | None
    """True or false; None when it could not be decided, which never counts as a pass."""

    score: Annotated[float, Ge(0), Le(1)] | None = None
    """How well, where that is a matter of degree."""

    severity: Severity = "major"
    """Weight of a failure."""

    weight: float = 1.0
    """Share in the trial's score."""

    metric: str | None = None
    """Name under which the score is also reported."""

    reason: str
    """One sentence that a person understands."""

    expected: Json = None
    """What should have been."""

    actual: Json = None
    """What was."""

    evidence: tuple[Evidence, ...] = ()
    """Where to look."""

    turn: int | None = None
    """Turn that was checked; None for the whole trial."""

    where: str = ""
    """Place of the check in the suite."""

    labels: dict[str, str] = field(default_factory=dict)
    """What else a reader must know, such as `judge: offline-heuristic`."""

    error: bool = False
    """Whether the check itself broke (then `passed` is None)."""

    @property
    def heuristic(self) -> bool:
        """Whether only words were listened for: shown, but no part of the trial's status, score or any gate."""
        return self.labels.get("judge") == HEURISTIC

    @property
    def decided(self) -> bool | None:
        """What counts: whether it passed, and None for a guess of the offline heuristic."""
        return None if self.heuristic else self.passed
