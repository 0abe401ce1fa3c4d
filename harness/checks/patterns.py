"""Regular expressions from suites, compiled at load and stopped when they take too long."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .wording import quoted, refuse

if TYPE_CHECKING:
    import regex

    from harness.shape import Path

TIMEOUT_S = 0.5
"""Longest that one search may take; a sane pattern needs microseconds."""

_LIMIT = 4000


class SlowPattern(Exception):
    """A search that was stopped; says nothing about the text."""

    def __init__(self, pattern: str) -> None:
        super().__init__(
            f"the pattern {quoted(pattern)} was stopped after {TIMEOUT_S} s: it backtracks without end; "
            "avoid nested repeats such as (a+)+"
        )


@lru_cache(maxsize=512)
def compiled(pattern: str, *, ignore_case: bool = False) -> regex.Pattern[str]:
    """Compile a pattern, or raise `regex.error`."""
    import regex

    return regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)


def checked(pattern: str, field: str | Path, *, ignore_case: bool = False) -> None:
    """Refuse a pattern that does not compile.

    Raises:
        MisfitsError: at the field that holds it.
    """
    import regex

    if len(pattern) > _LIMIT:
        raise refuse(field, f"the pattern is longer than {_LIMIT} characters", "split it into several checks")
    try:
        compiled(pattern, ignore_case=ignore_case)
    except (regex.error, RecursionError, OverflowError) as error:
        place = getattr(error, "pos", None)
        where = "" if place is None else f" at character {place + 1}"
        message = getattr(error, "msg", None) or error
        raise refuse(
            field, f"{quoted(pattern)} is no regular expression: {message}{where}",
            "correct the pattern; in YAML put it in single quotes, so that \\ stays as it is",
        ) from None  # fmt: skip


def search(pattern: str, text: str, *, ignore_case: bool = False, whole: bool = False) -> regex.Match[str] | None:
    """Find a pattern in a text, or fit it to the whole of it.

    Raises:
        SlowPattern: when it takes longer than `TIMEOUT_S`.
    """
    matcher = compiled(pattern, ignore_case=ignore_case)
    try:
        return matcher.fullmatch(text, timeout=TIMEOUT_S) if whole else matcher.search(text, timeout=TIMEOUT_S)
    except TimeoutError:
        raise SlowPattern(pattern) from None
