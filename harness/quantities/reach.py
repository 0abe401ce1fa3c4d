"""Say which values a printed figure allows, and show figures in messages."""

from __future__ import annotations

from decimal import Context, Decimal

from .values import Bound, Quantity


def reach(quantity: Quantity) -> tuple[Decimal, Decimal]:
    """The values that a printed figure allows, its bound word included.

    A bound word reaches as far as the last digit that is not a trailing zero: `about $99,000` is good to half a thousand,
    `over 90%` reaches to 100%.
    """
    coarse = max(significant_step(quantity), quantity.step)
    match quantity.bound:
        case Bound.ABOUT:
            return quantity.value - coarse / 2, quantity.value + coarse / 2
        case Bound.OVER:
            return quantity.value, quantity.value + coarse
        case Bound.UNDER:
            return quantity.value - coarse, quantity.value
        case _:
            return quantity.low, quantity.high


def significant_step(quantity: Quantity) -> Decimal:
    """Worth of one unit of the last digit that is not zero; the printed step where that digit is a decimal."""
    if quantity.value == 0:
        return quantity.step
    exponent = quantity.value.normalize().as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else quantity.step


def shown(quantity: Quantity) -> str:
    """The figure as printed, or its value where it never was."""
    return quantity.text or plainly(quantity.value)


def plainly(value: Decimal) -> str:
    """A decimal without exponent or trailing zeros, at most 12 significant digits."""
    text = f"{Context(prec=12).plus(value):f}"
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text
