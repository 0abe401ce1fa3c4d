"""What an importer gives: planned trials with their outcomes, not graded yet."""

from __future__ import annotations

from collections.abc import Iterable

from harness.frozen import frozen
from harness.model import Job, Outcome

from .reading import File


@frozen
class Recording:
    """Trials that somebody else ran."""

    trials: tuple[tuple[Job, Outcome], ...]
    """Each trial with its outcome."""

    origin: dict[str, str]
    """Where it comes from: file, hash, format."""


def recorded(file: File, trials: Iterable[tuple[str, Job, Outcome]], form: str, *, word: str) -> Recording:
    """A file's trials, each with its place, in the order of their cases.

    Raises:
        UserError: when one is there twice, or none.
    """
    found: dict[str, tuple[Job, Outcome]] = {}
    for place, job, outcome in trials:
        if job.key in found:
            file.refuse(place, f"{job.case.id} has trial {job.index} twice")
        found[job.key] = (job, outcome)
    if not found:
        file.refuse("the file", f"there is no {word} in it")
    planned = sorted(found.values(), key=lambda trial: (trial[0].case.id, trial[0].index))
    return Recording(tuple(planned), file.origin(form))
