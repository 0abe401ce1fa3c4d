"""The checks of a trial as a table: expected, actual, tolerance, unit, and where the number came from."""

from __future__ import annotations

from collections.abc import Sequence

from harness.story.checks import CheckLine, Place

from .element import Markup, code, element, joined, spot
from .status import chip

_FOLD_FROM = 6


def checks_table(lines: Sequence[CheckLine], anchor: str = "t") -> Markup:
    """Checks that did not hold in full, then those that held, folded where they are many."""
    if not lines:
        return element("p", "No check was reached.", class_="fh soft")
    open_ = [line for line in lines if line.status != "passed"]
    held = [line for line in lines if line.status == "passed"]
    parts: list[Markup] = []
    if open_:
        parts.append(_table(open_, anchor))
    if held and open_ and len(held) >= _FOLD_FROM:
        parts.append(element("details", element("summary", f"{len(held)} checks held"), _table(held, anchor)))
    elif held:
        parts.append(_table(held, anchor))
    return element("div", *parts, class_="fh")


def _table(lines: Sequence[CheckLine], anchor: str) -> Markup:
    heads = ("Result", "Check and reason", "Expected", "Actual", "Tolerance", "Unit", "Where the number came from")
    head = element("tr", *(element("th", name, scope="col") for name in heads))
    return element(
        "div",
        element(
            "table",
            element("thead", head),
            element("tbody", *(_row(line, anchor) for line in lines)),
            class_="fh-cards",
        ),
        class_="fh-scroll",
    )


def _row(line: CheckLine, anchor: str) -> Markup:
    extra = [line.severity] if line.severity != "major" else []
    extra += [f"turn {line.turn}"] if line.turn is not None else []
    extra += [f"score {line.score:.2f}"] if line.score is not None else []
    extra += [f"{name}: {words}" for name, words in line.labels]
    what = joined(
        [
            element("strong", line.check),
            element("span", f" ({', '.join(extra)})", class_="soft") if extra else None,
            element("div", line.reason),
            element("div", code(line.where), class_="soft fh-small") if line.where else None,
        ]
    )
    return element(
        "tr",
        _cell("Result", chip(line.status)),
        _cell("Check", what),
        _cell("Expected", _value(line.expected)),
        _cell("Actual", _value(line.actual)),
        _cell("Tolerance", line.tolerance),
        _cell("Unit", line.unit),
        _cell("Where", _places(line, anchor)),
        class_=f"fh-edge-{line.status}",
    )


def _cell(label: str, inside: object) -> Markup:
    empty = inside in (None, "", Markup(""))
    return element(
        "td",
        inside if not empty else element("span", "–", class_="soft"),
        data_label=label,
        class_="fh-empty" if empty else None,
    )


def _value(words: str) -> Markup:
    """Short values as they are, long ones folded."""
    if len(words) <= 160:
        return code(words) if words else Markup("")
    return element("details", element("summary", code(words[:120]), "…"), code(words))


def _places(line: CheckLine, anchor: str) -> Markup:
    if not line.places:
        return Markup("")
    shown = [_place(place, anchor) for place in line.places]
    if line.more:
        shown.append(element("li", f"and {line.more} more", class_="soft"))
    listed = element("ul", *shown, class_="fh-places")
    if len(shown) <= 3:
        return listed
    return element("details", element("summary", f"{len(line.places) + line.more} places"), listed)


def _place(place: Place, anchor: str) -> Markup:
    words = (
        element("a", place.words, href=f"#{spot(anchor, 'step', place.step)}")
        if place.step
        else element("span", place.words)
    )
    return element(
        "li", words if place.words else None, element("div", place.note, class_="soft") if place.note else None
    )
