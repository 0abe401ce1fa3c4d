"""Rules about one chart as drawn: amounts, labels, colours, words, order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

from harness.text import one_line

from . import colors
from .parts import Part, is_parts
from .report import ChartRules, Finding
from .shapes import Chart

_MARKUP = re.compile(r"<[A-Za-z!/][^>]*>|&[a-z]{2,8};|&#\d+;|javascript:|\[[^\]]*\]\([^)]*\)", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_ISO_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
_TOP = re.compile(r"\btop[ _-](\d{1,2})\b", re.IGNORECASE)
_FLOOR = 1.1
_READABLE = 3.0
_DISTINCT = 10.0
_MANY = 8


def drawing_findings(chart: Chart, path: str, parts: list[Part], rules: ChartRules) -> Iterator[Finding]:
    """Everything wrong with one chart that needs nothing but the chart."""
    yield from _words(chart, path, rules)
    yield from _amounts(chart, path, parts)
    yield from _labels(chart, path, parts, rules)
    yield from _hex(chart, path, parts)
    yield from _order(chart, path, parts)


def _words(chart: Chart, path: str, rules: ChartRules) -> Iterator[Finding]:
    for name, severity in (("title", "block"), ("description", "warn")):
        text = getattr(chart, name)
        if not (text or "").strip():
            yield Finding(
                name, "block" if severity == "block" else "warn", f"{path}.{name}", f"the chart has no {name}"
            )
    for name in ("key", "title", "description"):
        longest = rules.max_label if name == "key" else 5 * rules.max_label
        yield from _clean(getattr(chart, name) or "", f"{path}.{name}", longest)
    for place, series in enumerate(getattr(chart, "series", ())):
        yield from _clean(f"{series.name or ''}", f"{path}.series[{place}].name", rules.max_label)


def _clean(text: str, path: str, longest: int) -> Iterator[Finding]:
    if len(text) > longest:
        yield Finding("size", "block", path, f"{len(text)} characters, more than {longest}", one_line(text, 40))
    text = text[:1000]  # what is longer is blocked already
    if _MARKUP.search(text):
        yield Finding("markup", "block", path, "markup in a text that the page draws", one_line(text, 80))
    if _CONTROL.search(text):
        yield Finding("control-character", "block", path, "invisible or control characters", one_line(text, 80))


def _amounts(chart: Chart, path: str, parts: list[Part]) -> Iterator[Finding]:
    if not is_parts(chart):
        return
    for part in parts:
        if part.value < 0:
            yield Finding(
                "negative", "block", f"{part.path}.value", f"a {chart.type} cannot show {part.value}", part.label[:80]
            )
    if len(parts) < 2:
        yield Finding(
            "slices", "block", f"{path}.data", f"a {chart.type} needs at least two parts, this has {len(parts)}"
        )
    if parts and sum(part.value for part in parts) <= 0:
        yield Finding("zero-sum", "block", f"{path}.data", f"the parts of the {chart.type} add up to nothing")
    if len(parts) > _MANY:
        yield Finding("many-slices", "warn", f"{path}.data", f"{len(parts)} slices; merge the small ones into Other")


def _labels(chart: Chart, path: str, parts: list[Part], rules: ChartRules) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for part in parts:
        yield from _clean(part.label, f"{part.path}.name", rules.max_label)
        label = (part.series, " ".join(part.label.casefold().split()))
        if chart.type != "scatter" and not label[1]:
            yield Finding("empty-label", "block", f"{part.path}.name", "the label is empty")
        elif chart.type != "scatter" and label in seen:
            yield Finding(
                "duplicate-label", "block", f"{part.path}.name", "two points have the same label", part.label[:80]
            )
        seen.add(label)
    match = _TOP.search(chart.title or "")
    if match and len(chart.data) > int(match[1]) + 1:
        yield Finding(
            "top-n", "warn", f"{path}.title", f"the title says top {match[1]}, the chart has {len(chart.data)} points"
        )


def _hex(chart: Chart, path: str, parts: list[Part]) -> Iterator[Finding]:
    drawn = [(f"{part.path}.color", part.color) for part in parts if part.color is not None]
    series = enumerate(getattr(chart, "series", ()))
    drawn += [(f"{path}.series[{place}].color", item.color) for place, item in series if item.color is not None]
    for where, color in drawn:
        if not colors.is_hex(color):
            yield Finding("colour", "block", where, "a colour must be hex such as #3B82F6", one_line(color, 40))
        elif colors.contrast_on_white(color) < _FLOOR:
            yield Finding("invisible-colour", "block", where, "the colour cannot be seen on white", color)
        elif colors.contrast_on_white(color) < _READABLE:
            yield Finding(
                "contrast",
                "warn",
                where,
                f"contrast with white is {colors.contrast_on_white(color):.1f}, under 3",
                color,
            )
    yield from _told_apart(chart, [(where, color) for where, color in drawn[:24] if colors.is_hex(color)])


def _told_apart(chart: Chart, drawn: list[tuple[str, str]]) -> Iterator[Finding]:
    legend = is_parts(chart) or bool(getattr(chart, "series", ()))
    placed = [(where, color, colors.lab(color)) for where, color in drawn]
    for (_, first, one), (where, second, other) in combinations(placed, 2):
        gap = colors.difference(one, other)
        if gap < 0.5 and legend:
            yield Finding("same-colour", "block", where, "two parts have the same colour", f"{first} {second}")
        elif 0.5 <= gap < _DISTINCT and legend:
            yield Finding(
                "similar-colour",
                "warn",
                where,
                "two parts have colours that are hard to tell apart",
                f"{first} {second}",
            )


def _order(chart: Chart, path: str, parts: list[Part]) -> Iterator[Finding]:
    names = [part.label for part in parts]
    single = not getattr(chart, "series", ())
    if chart.type in ("line", "area") and single and all(_ISO_DATE.fullmatch(name) for name in names):
        if any(first >= second for first, second in pairwise(names)):
            yield Finding("x-order", "block", f"{path}.data", "dates must stand in order, each once")
        return
    dated = sum(bool(re.search(r"\d", name)) for name in names) * 2 > len(names)
    if chart.type not in ("bar", "horizontalBar") or not single or dated:
        return
    values: list[Any] = [part.value for part in parts if part.label.casefold() not in ("other", "others", "cash")]
    if any(first < second for first, second in pairwise(values)):
        yield Finding("sorted", "warn", f"{path}.data", "bars are easier to read from large to small")
