"""Verdicts by a language model, for what code cannot decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .judge import Judge, JudgeUnavailableError, make

__all__ = ["Judge", "JudgeUnavailableError", "make"]


def __getattr__(name: str) -> Any:
    """Import the judge when one is wanted: a suite without a judge only needs to know what an empty answer is."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import judge

    return getattr(judge, name)
