"""Numbers as people write them on the command line, refused where they make no sense."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable


def at_least(least: int, most: int | None = None) -> Callable[[str], int]:
    """A type for options that take a whole number within bounds."""

    def whole(text: str) -> int:
        bounds = f"from {least} to {most}" if most is not None else f"of at least {least}"
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number {bounds}") from None
        if number < least or (most is not None and number > most):
            raise argparse.ArgumentTypeError(f"{number} is no number {bounds}")
        return number

    return whole


def amount(text: str) -> float:
    """A type for options that take an amount of money."""
    try:
        given = float(text)
    except ValueError:
        given = math.nan
    if not 0 < given < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount above 0")
    return given


def seconds(text: str) -> float:
    """A type for options that take a duration."""
    try:
        given = float(text)
    except ValueError:
        given = math.nan
    if not 0 < given <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds up to 86400")
    return given
