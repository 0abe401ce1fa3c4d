"""Read every quantity out of a text, or the one quantity that a string or value is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Context, Decimal, localcontext

from .plain import plain
from .scanner import BOUND_BEFORE, MINUS_WORDS, Scanner
from .values import Kind, Quantity, Scan

_EXACT = Context(prec=120)


def scan(text: str) -> tuple[Quantity, ...]:
    """Every quantity that a reader would take from a text, in order."""
    return scan_all(text).quantities


def scan_all(text: str) -> Scan:
    """Every quantity in a text, and every figure that is none with the reason."""
    with localcontext(_EXACT):
        return Scanner(plain(text), text, alone=False).run()


def parse(text: str) -> Quantity | None:
    """The one quantity that a whole string is; None when it is none, several, or something more."""
    bare = text.strip().strip("*_` ").strip()
    if not bare or len(bare) > 200:
        return None
    with localcontext(_EXACT):
        found = Scanner(plain(bare), bare, alone=True).run().quantities
    if len(found) != 1:
        return None
    before, after = bare[: found[0].start], bare[found[0].end :]
    opened = BOUND_BEFORE.search(before)
    rest = (before[: opened.start()] if opened else before).strip()
    if rest not in ("", *MINUS_WORDS) or after.strip() not in ("", ".", "/-"):
        return None
    return replace(found[0], start=0, end=len(text), text=text)


def of(value: float | Decimal | str, kind: Kind = Kind.NUMBER, *, currency: str | None = None) -> Quantity:
    """The quantity that a value from code or YAML stands for; a string is parsed, a number is exact.

    Raises:
        TypeError: The value is a boolean or no number at all.
        ValueError: The value is NaN, infinite or text that is no quantity.
    """
    if isinstance(value, str):
        found = parse(value)
        if found is None:
            raise ValueError(f"{value!r} is not a quantity; write one figure such as '$1,200', '12.5%' or '-500'")
        return found
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeError(f"{value!r} is not a number; write an int, a float, a Decimal or text such as '12.5%'")
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    noise = abs(number) * Decimal("2e-12") if isinstance(value, float) else Decimal(0)
    return Quantity(number, Kind.CURRENCY if currency else kind, currency, step=noise, text=str(value))
