"""Read amounts exactly: as decimals, without the binary rounding of floats, and never NaN, infinity or a truth value."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from harness.lazy import pattern

LARGEST: Final = Decimal(10) ** 18
"""No amount, price or quantity is as large as that."""

_PLACES: Final = 24
_LONGEST: Final = 48
_WRITTEN: Final = pattern(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", 256)  # re.ASCII


def exact(item: Any) -> Decimal | None:
    """A number as the decimal that it is printed as; None for anything that is no finite number of a sensible size.

    A float is taken for the shortest decimal that it prints as: 0.1 is a tenth. A text must be one plain number; neither
    thousands separators nor digits of other scripts are guessed at, because "1.234" means two things in two countries.
    """
    number = _decimal(item)
    if number is None or not number.is_finite() or abs(number) >= LARGEST:
        return None
    exponent = number.as_tuple().exponent
    return number if isinstance(exponent, int) and exponent >= -_PLACES else None


def _decimal(item: Any) -> Decimal | None:
    if isinstance(item, bool):
        return None
    if isinstance(item, Decimal):
        return item
    if isinstance(item, int):
        return Decimal(item) if item.bit_length() <= 128 else None
    if isinstance(item, float):
        return Decimal(repr(float(item))) if math.isfinite(item) else None
    if isinstance(item, str):
        return _read(item.strip()) if len(item) <= _LONGEST else None
    return None


def _read(text: str) -> Decimal | None:
    if _WRITTEN.fullmatch(text) is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def shown(item: Any) -> str:
    """A value in a message: short, and safe even for a number of thousands of digits."""
    if isinstance(item, int) and item.bit_length() > 256:
        return "a number of absurd size"
    text = repr(item)[:100] if isinstance(item, str | int | float | Decimal) else f"a {type(item).__name__}"
    return "nothing" if item is None else text


def plain(number: Decimal) -> str:
    """The one form in which a number is hashed and shown: no exponent, no zeros that say nothing."""
    text = f"{number.normalize():f}" if number else "0"
    return text.removesuffix(".0")


def money(number: Decimal) -> str:
    """A number as people read amounts: `1,234.50`; fractions of a cent are kept where there are any."""
    exponent = number.normalize().as_tuple().exponent if number else 0
    digits = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{number:,.{digits}f}"
