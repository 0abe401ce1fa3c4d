"""Verdicts by a language model, for what code cannot decide."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.registry import Finding, Subject
    from harness.workspace import Workspace

    from .judge import Judge, make

__all__ = ["Judge", "make", "offline"]


def __getattr__(name: str) -> Any:
    """Import the judge when one is wanted: a suite without a judge only needs to know what an empty answer is."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import judge

    return getattr(judge, name)


def offline(workspace: Workspace) -> Callable[..., Awaitable[Finding]]:
    """The judge of a workspace that has no model for it: rubrics with signals are listened for, the rest is undecided."""
    made: Judge | None = None

    async def listen(subject: Subject, *, claim: str | None = None, rubric: str | None = None) -> Finding:
        nonlocal made
        if claim is not None:
            from .heuristic import nobody

            return nobody(claim)
        if made is None:
            from harness.rubrics import load

            from .judge import Judge

            made = Judge([], rubrics=load(workspace))
        return await made(subject, rubric=rubric)

    return listen
