"""The unchanged agents, run first and once: what every mutant is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.frozen import frozen
from harness.model import Case, Job, Result, canonical, seed_of
from harness.shape import plain
from harness.text import one_line

from .behaviour import behaviour
from .labels import labelled

COPIES = 2
"""Times that the first seed is run: what differs between the copies is chance, and no mutant's doing."""


@frozen
class Place:
    """One trial's place: the same for the unchanged agent and for a mutant of it."""

    variant: str
    """The unchanged agent, `name` or `name@model`."""

    case: str
    """`suite::case`."""

    seed: int
    """Number of the seed, from 0."""


@dataclass(slots=True)
class Control:
    """How the unchanged agent did at one place."""

    verdicts: list[tuple[str, bool | None]] = field(default_factory=list)
    """Label and conclusion of each check, of the first copy."""

    steady: list[bool] = field(default_factory=list)
    """For each check, whether all copies concluded the same."""

    ended: str = ""
    """Outcome status."""

    why: str = ""
    """What it failed of, where it did."""

    behaved: dict[str, Any] | None = None
    """What it did; kept for the first seed only."""

    print: str = ""
    """That, in short."""

    repeatable: bool = True
    """Whether all copies did the same."""

    def note(self, result: Result, *, keep: bool) -> None:
        """Take one copy's result."""
        found = [(name, verdict.passed) for name, verdict in labelled(result)]
        did = behaviour(result.outcome)
        short = printed(did)
        if not self.ended:
            self.verdicts, self.ended, self.print = found, result.outcome.status, short
            self.steady = [True] * len(found)
            self.behaved = did if keep else None
            error = result.outcome.error
            self.why = one_line(f"{result.outcome.status}: {error.message}" if error else result.outcome.status, 200)
            return
        self.repeatable = self.repeatable and short == self.print
        same_end = len(found) == len(self.verdicts) and result.outcome.status == self.ended
        self.steady = [
            good and same_end and found[place][1] == verdict
            for place, (good, (_, verdict)) in enumerate(zip(self.steady, self.verdicts, strict=True))
        ]


def printed(did: Any) -> str:
    """A behaviour in short; equal where nothing differs."""
    import hashlib

    try:
        text = canonical(did)
    except ValueError:  # NaN has no canonical form, and may well be what a mutant makes
        text = repr(plain(did))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def case_key(case: Case) -> str:
    """`suite::case`."""
    return f"{case.suite}::{case.id}"


def seeded(case: Case, variant: str, number: int, *, seed: int) -> int:
    """The seed of a place: that of `finharness eval`, so that a survivor can be looked at there."""
    return seed_of(seed, case, variant, number)


def control_jobs(wanted: Iterable[tuple[str, Case, int]], *, seed: int) -> list[Job]:
    """The trials of the unchanged agents for `(variant, case, seeds)`, each place once, the first seed twice."""
    most: dict[tuple[str, str], tuple[Case, int]] = {}
    for variant, case, seeds in wanted:
        key = (variant, case_key(case))
        known = most.get(key)
        most[key] = (case, max(seeds, known[1] if known else 0))
    jobs: list[Job] = []
    for (variant, _), (case, seeds) in most.items():
        for number in [0] * (COPIES - 1) + list(range(seeds)):
            jobs.append(Job(case, variant, number, seeded(case, variant, number, seed=seed)))
    return jobs


class Controls:
    """All of them, by place."""

    def __init__(self) -> None:
        self._at: dict[Place, Control] = {}

    def take(self, result: Result) -> None:
        """Note one trial of an unchanged agent."""
        job = result.job
        place = Place(job.variant, case_key(job.case), job.index)
        self._at.setdefault(place, Control()).note(result, keep=job.index == 0)

    def at(self, variant: str, case: Case, number: int) -> Control | None:
        """The one to compare with, if it ended at all."""
        return self._at.get(Place(variant, case_key(case), number))

    def unsteady(self) -> tuple[str, ...]:
        """Checks that conclude otherwise when the same trial is run again."""
        return self._named(lambda control: [not steady for steady in control.steady])

    def failing(self) -> tuple[str, ...]:
        """Checks that fail on the unchanged agent."""
        return self._named(lambda control: [passed is False for _, passed in control.verdicts])

    def _named(self, chosen: Any) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for place, control in self._at.items():
            marks: Sequence[bool] = chosen(control)
            for (name, _), mark in zip(control.verdicts, marks, strict=True):
                if mark:
                    found[f"{place.case} {name}"] = None
        return tuple(found)
