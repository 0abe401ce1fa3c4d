"""What was found out about mutants."""

from __future__ import annotations

from dataclasses import field
from typing import Final, Literal, TypeAlias

from harness.frozen import frozen
from harness.mutation import Mutant

Fate: TypeAlias = Literal[
    "survived", "undecided", "broken", "idle", "other", "expected", "equivalent", "alarm", "quiet"
]
"""How a mutant ended:

    survived    every check that passes on the unchanged agent passes on it, too
    undecided   only checks that are unsteady on the unchanged agent, or trials that could not be run, tell it apart
    broken      it makes the agent fail outright, so that no check looked at an answer
    idle        nothing in its traces differs: an equivalent candidate, or a function that was never called
    other       noticed, by none of the checks that were expected to
    expected    noticed by a check that was expected to
    equivalent  a person has decided that it cannot be noticed
    alarm       a benign change that a check took for a defect
    quiet       a benign change that no check minded
"""

DECIDED: Final = ("expected", "other", "survived")
"""Fates that count in the share of defects noticed."""


@frozen
class Kill:
    """A check that passes on the unchanged agent and fails on the mutant."""

    check: str
    """Its label: kind, and for `python` its function."""

    case: str
    """Suite and case: `alex/charter::CH-01`."""

    reason: str
    """What it said."""

    expected: bool
    """Whether the mutant named it."""


@frozen
class Detection:
    """One mutant with what became of it."""

    mutant: Mutant
    """What was planted."""

    fate: Fate
    """How it ended."""

    trials: int
    """Trials run."""

    noticed: int = 0
    """Trials in which a check noticed it."""

    kills: tuple[Kill, ...] = ()
    """Checks that noticed it, expected ones first, each check and case once."""

    reason: str = ""
    """For a fate that needs one: why."""

    changes: tuple[str, ...] = ()
    """Where traces differ from those of the unchanged agent, the first place of each case."""

    looked: tuple[str, ...] = ()
    """Labels of the checks that looked at it and passed."""

    seconds: float = 0.0
    """Time that its trials took, in all."""


@frozen
class Rate:
    """A share of the mutants that were decided."""

    killed: int
    """Noticed by a check that was expected to."""

    noticed: int
    """Noticed by any check."""

    of: int
    """All of them."""

    @property
    def share(self) -> float | None:
        """Noticed by an expected check; None where there is none."""
        return None if not self.of else self.killed / self.of


@frozen
class Findings:
    """Everything that one run of the mutants found."""

    detections: tuple[Detection, ...]
    """One for each mutant, in the order they were registered."""

    trials: int
    """Trials run, those of the unchanged agents included."""

    control_trials: int
    """Trials of the unchanged agents."""

    unsteady: tuple[str, ...] = ()
    """Checks of cases that do not pass twice in the same way on the unchanged agent."""

    failing: tuple[str, ...] = ()
    """Checks of cases that fail on the unchanged agent: no mutant can be noticed by them."""

    seconds: float = 0.0
    """Wall time."""

    notes: tuple[str, ...] = field(default=())
    """What a reader must know besides."""

    def rate(self, severity: int | None = None) -> Rate:
        """The share noticed, of one severity or of all."""
        chosen = [
            item for item in self.detections
            if item.fate in DECIDED and (severity is None or item.mutant.severity == severity)
        ]  # fmt: skip
        return rate_of(chosen)

    def of(self, *fates: Fate) -> tuple[Detection, ...]:
        """Those that ended so."""
        return tuple(item for item in self.detections if item.fate in fates)


def rate_of(detections: tuple[Detection, ...] | list[Detection]) -> Rate:
    """Count those that were decided."""
    decided = [item for item in detections if item.fate in DECIDED]
    killed = sum(item.fate == "expected" for item in decided)
    return Rate(killed, killed + sum(item.fate == "other" for item in decided), len(decided))
