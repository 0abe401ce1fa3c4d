"""Plain shapes without pictures or scripts: areas and lines as polygons, in percent of their box."""

from __future__ import annotations

from collections.abc import Sequence

from .element import Markup, element

Places = Sequence[tuple[float, float]]
"""Points from the left and from the bottom, both in percent."""


def area(upper: Places, lower: Places, style: str) -> Markup:
    """What lies between two lines."""
    edge = [*upper, *reversed(lower)]
    points = ", ".join(f"{x:.2f}% {100 - y:.2f}%" for x, y in edge)
    return element("div", class_=f"fh-shape {style}", style=f"clip-path:polygon({points})")


def line(places: Places, style: str) -> Markup:
    """A line of two pixels."""
    over = [f"{x:.2f}% calc({100 - y:.2f}% - 1.2px)" for x, y in places]
    under = [f"{x:.2f}% calc({100 - y:.2f}% + 1.2px)" for x, y in reversed(places)]
    return element("div", class_=f"fh-shape {style}", style=f"clip-path:polygon({', '.join([*over, *under])})")


def dot(x: float, y: float, style: str, title: str) -> Markup:
    """A point."""
    return element("span", class_=f"fh-dot {style}", style=f"left:{x:.2f}%;bottom:{y:.2f}%", title=title)


def short(amount: float) -> str:
    """An amount with few digits, for an axis."""
    for size, word in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(amount) >= size:
            return f"{amount / size:.3g}{word}"
    return f"{amount:.3g}"
