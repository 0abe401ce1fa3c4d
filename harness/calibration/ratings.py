"""Ratings in one spelling, whatever a file calls them, and the class of what is none."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, TypeAlias

from harness.errors import UserError
from harness.frozen import frozen

Scale: TypeAlias = Literal["nominal", "ordinal", "interval"]

UNREADABLE: Final = "(unreadable)"
"""Class of verdicts that are none: missing, empty, or nothing that can be meant."""

ABSTAINED: Final = "(abstained)"
"""Class of verdicts that say that the judge cannot tell."""

_NONE: Final = frozenset({"", "none", "null", "nan", "n/a", "na", "error", "unparsable", "unparseable", "unreadable", "unscored",
                          "invalid", UNREADABLE})  # fmt: skip
_ABSTAINED: Final = frozenset({"cannot_tell", "cannot tell", "abstain", "abstained", "unsure", "undecided", ABSTAINED})
_YES: Final = frozenset({"yes", "true", "pass", "passed", "correct", "good", "1"})
_NO: Final = frozenset({"no", "false", "fail", "failed", "incorrect", "wrong", "bad", "0"})


@frozen
class Spelling:
    """What ratings of a file can be."""

    categories: tuple[str, ...]
    """Every category, in order."""

    binary: bool
    """Whether they are yes and no in other words."""

    scale: Scale
    """How far apart they are."""

    strange: tuple[tuple[str, int], ...] = ()
    """Verdicts that are none of them, with how often each occurs; they count as unreadable."""

    def number(self, rating: str) -> float:
        """A category as a number: what it says, or its place among categories that are words."""
        if all(map(_is_number, self.categories)):
            return float(rating)
        return float(self.categories.index(rating))

    def read(self, said: str) -> str:
        """A verdict as it is counted."""
        if said in {UNREADABLE, ABSTAINED}:
            return said
        found = _worded(said) if self.binary else said
        return found if found in self.categories else UNREADABLE


def plain_rating(said: Any) -> str:
    """A cell in one spelling; what is no rating is unreadable."""
    if isinstance(said, bool):
        return "true" if said else "false"
    if isinstance(said, int | float):
        return _number(float(said))
    if not isinstance(said, str):
        return UNREADABLE
    text = " ".join(said.split()).casefold()
    if text in _NONE:
        return UNREADABLE
    if text in _ABSTAINED:
        return ABSTAINED
    try:
        return _number(float(text)) if text[-1:].isdigit() or text[-1:] == "." else text
    except ValueError:
        return text


def spelling(
    labels: Iterable[str],
    verdicts: Iterable[str],
    *,
    scale: Scale = "nominal",
    categories: Sequence[str] | None = None,
) -> Spelling:
    """Find out what the ratings of a file can be.

    Labels say what there is. Of verdicts, other values count where the scale is made of numbers; otherwise they are
    unreadable, unless `categories` names them.

    Raises:
        UserError: for labels that are no numbers, on a scale of numbers, or that `categories` does not name.
    """
    known = Counter(label for label in labels if label not in {UNREADABLE, ABSTAINED})
    said = Counter(verdict for verdict in verdicts if verdict not in {UNREADABLE, ABSTAINED})
    given = None if categories is None else [plain_rating(category) for category in categories]
    binary = scale == "nominal" and {*known, *said, *(given or ())} <= _YES | _NO and bool(known or said)
    if given is not None:
        missing = [label for label in known if label not in given]
        if missing:
            raise UserError(f"{missing[0]!r} is a label and no category", remedy="name it too", where="--categories")
        return _spelt(given, binary, scale, said)
    if binary:
        return Spelling(("yes", "no"), binary=True, scale=scale)
    if scale == "nominal":
        return _spelt(sorted(known or said, key=_order), binary, scale, said)
    wrong = next((label for label in known if not _is_number(label)), None)
    if wrong is not None:
        raise UserError(
            f"the label {wrong!r} is no number, and only numbers have an order",
            remedy="leave --scale out, or name the labels in order with --categories",
            where="--scale",
        )
    return _spelt(sorted({*known, *filter(_is_number, said)}, key=_order), binary, scale, said)


def _spelt(categories: Sequence[str], binary: bool, scale: Scale, said: Counter[str]) -> Spelling:
    named = tuple(dict.fromkeys(_worded(item) if binary else item for item in categories))
    strange = tuple((item, count) for item, count in said.most_common() if not binary and item not in named)
    return Spelling(named, binary=binary, scale=scale, strange=strange)


def number_of(rating: str) -> float | None:
    """A rating as a number: yes is 1, no is 0; None for other words."""
    if rating in {"yes", "no"}:
        return float(rating == "yes")
    return float(rating) if _is_number(rating) else None


def _worded(said: str) -> str:
    return "yes" if said in _YES else "no" if said in _NO else said


def _number(number: float) -> str:
    if not math.isfinite(number):
        return UNREADABLE
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _order(text: str) -> tuple[bool, float, str]:
    return (not _is_number(text), float(text) if _is_number(text) else 0.0, text)
