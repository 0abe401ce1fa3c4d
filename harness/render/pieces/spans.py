"""The waterfall: steps over time, each with what went in and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.story.spans import Bar, Waterfall

from .element import Markup, element, spot, text

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "llm": ("◆", "model call"),
    "tool": ("■", "tool call"),
    "handoff": ("➜", "handoff"),
    "message": ("●", "message"),
    "guardrail": ("⛨", "guardrail"),
    "question": ("?", "question to a person"),
}
"""Kind to its sign and words."""

_NEAR_THE_END: Final = 94
_ENDS: Final[Mapping[str, str]] = {
    "error": "✗ error", "unfinished": "– unfinished", "refused": "✗ refused", "unknown": "? not concluded",
}  # fmt: skip


def span_rows(told: Waterfall, anchor: str = "t") -> Markup:
    """One row for each step; opened, it shows its input and output."""
    if not told.bars:
        return element("p", "The agent took no step.", class_="fh soft")
    present = dict.fromkeys(bar.kind for bar in told.bars)
    legend = [
        element("li", element("span", sign, class_=f"fh-sign fh-kind-{kind}", aria_hidden="true"), words)
        for kind, (sign, words) in KINDS.items()
        if kind in present
    ]
    ticks = [
        element("span", words, style=f"left:{place:.2f}%", class_="fh-last" if place > _NEAR_THE_END else None)
        for place, words in told.ticks
    ]
    axis = element(
        "div", element("div"), element("div", *ticks, class_="fh-axis"), class_="fh-span-head", aria_hidden="true"
    )
    rows = [_row(bar, anchor) for bar in told.bars]
    more = element("p", f"… and {told.more} more steps: see the raw data", class_="soft") if told.more else None
    return element(
        "div",
        element("ul", *legend, class_="fh-legend"),
        axis,
        element("div", *rows, class_="fh-spans"),
        more,
        class_="fh",
    )


def _row(bar: Bar, anchor: str) -> Markup:
    sign, kind = KINDS.get(bar.kind, KINDS["message"])
    end = _ENDS.get(bar.status, "")
    shape = f"left:{min(bar.left, 99.6):.2f}%;width:{min(bar.width, 100 - min(bar.left, 99.6)):.2f}%"
    label = element(
        "div",
        element("span", sign, class_=f"fh-sign fh-kind-{bar.kind}", title=kind, aria_label=kind),
        element(
            "div",
            element("span", bar.name, class_="fh-span-name"),
            element("span", end, class_="fh-span-end") if end else None,
            element("span", bar.facts, class_="soft fh-small") if bar.facts else None,
        ),
        class_="fh-span-label",
        style=f"padding-left:{bar.depth * 1.1:.1f}rem" if bar.depth else None,
    )
    line = element(
        "div", element("span", class_=f"fh-bar fh-kind-{bar.kind}", style=shape), class_="fh-lane", aria_hidden="true"
    )
    words = element("div", bar.words, class_="fh-span-words") if bar.words else None
    known = {"id": spot(anchor, "step", bar.step)} if bar.step else {}
    style = f"fh-span fh-span-{bar.status}"
    if not (bar.given or bar.gave):
        return element("div", element("div", label, line, class_="fh-span-head"), words, class_=style, **known)
    inside = [_side("went in", bar.given), _side("came out", bar.gave)]
    return element(
        "details",
        element("summary", element("div", label, line, class_="fh-span-head"), words),
        *inside,
        class_=style,
        **known,
    )


def _side(title: str, content: str) -> Markup | None:
    if not content:
        return None
    return element(
        "div",
        element("div", title, class_="soft fh-small"),
        element("pre", text(content, 7_000)),
        class_="fh-span-side",
    )
