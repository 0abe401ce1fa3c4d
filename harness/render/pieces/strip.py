"""The step strip: what was done beside what the plan asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.story.strip import Square, Strip

from .element import Markup, element, spot
from .verdict import figures

STATES: Final[Mapping[str, tuple[str, str]]] = {
    "matched": ("✓", "as planned"),
    "missing": ("○", "missing"),
    "wrong-args": ("≠", "wrong arguments"),
    "wrong-agent": ("⇄", "wrong agent"),
    "failed": ("✗", "failed"),
    "repeated": ("↻", "repeated"),
    "extra": ("+", "beyond the plan"),
    "taken": ("•", "taken"),
}
"""State to its sign and words."""


def step_strip(told: Strip, anchor: str = "t") -> Markup:
    """One box for each step, in order; each leads to its row in the waterfall."""
    if not told.squares:
        words = "No tool was called and nothing was handed over."
        return element(
            "div", element("p", words, class_="soft"), figures(told.figures) if told.figures else None, class_="fh"
        )
    boxes = [_square(square, anchor) for square in told.squares]
    if told.more:
        boxes.append(element("li", f"… and {told.more} more", class_="soft"))
    present = dict.fromkeys(square.state for square in told.squares)
    legend = [
        element("li", element("span", sign, class_=f"fh-sign fh-step-{state}", aria_hidden="true"), words)
        for state, (sign, words) in STATES.items()
        if state in present
    ]
    plan = "" if told.planned else "The case has no reference plan: only repeats, failures and wrong routes are told."
    return element(
        "div",
        element("ul", *legend, class_="fh-legend"),
        element("p", plan, class_="soft fh-small") if plan else None,
        element("ol", *boxes, class_="fh-strip"),
        figures(told.figures),
        class_="fh",
    )


def _square(square: Square, anchor: str) -> Markup:
    sign, words = STATES[square.state]
    name = square.taken or square.planned
    title = element("a", name, href=f"#{spot(anchor, 'step', square.step)}") if square.step else element("span", name)
    return element(
        "li",
        element("div", element("span", sign, aria_hidden="true", class_="fh-sign"), " ", title, class_="fh-strip-name"),
        element("div", words, class_="fh-strip-state"),
        element("div", square.words, class_="fh-small") if square.words else None,
        element("div", square.facts, class_="soft fh-small") if square.facts else None,
        class_=f"fh-step-{square.state}",
    )
