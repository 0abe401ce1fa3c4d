"""Figures as a reader takes them: read from text, compared by their printed precision, written again.

    scan(text) -> tuple[Quantity, ...]          every quantity in prose, Markdown or a table
    scan_all(text) -> Scan                      the same, with the figures that are none and why
    parse(text) -> Quantity | None              a whole string that is one quantity
    of(value) -> Quantity                       a number from code or YAML, exact; text is parsed
    agrees(expected, actual) -> Agreement       the same figure, as precisely as printed?
    render(quantity, style) -> str              write it again

What is read, what is ignored and how tolerance works is laid down in docs/numbers.md.
"""

from .compare import Agreement, Figure, Rule, agrees
from .reach import reach
from .read import of, parse, scan, scan_all
from .render import STYLES, Style, render
from .values import Bound, Ignored, Kind, Quantity, Scan, Skip

__all__ = [
    "STYLES",
    "Agreement",
    "Bound",
    "Figure",
    "Ignored",
    "Kind",
    "Quantity",
    "Rule",
    "Scan",
    "Skip",
    "Style",
    "agrees",
    "of",
    "parse",
    "reach",
    "render",
    "scan",
    "scan_all",
]
