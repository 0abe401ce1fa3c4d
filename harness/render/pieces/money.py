"""The money view: an answer whose figures are marked by where they come from, each leading to its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from harness.story.excerpt import Excerpt
from harness.story.money import CHECK, Figure, Money, Source

from .element import Markup, code, element, spot, text

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "nowhere": ("✗", "from nowhere"),
    "against": ("≠", "contradicted by its source"),
    "read": ("=", "read in a tool result"),
    "computed": ("ƒ", "computed from what was read"),
    "asked": ("“", "said in the question"),
    "open": ("·", "cannot be told"),
}
"""Group to its sign and words, worst first."""

_SHOWN_AT_ONCE: Final = 3


def money_view(told: Money, anchor: str = "t") -> Markup:
    """The answer on one side, the sources of its figures on the other."""
    if not told.pieces:
        return element("p", "The answer is empty.", class_="fh soft")
    marked = element("pre", *_marked(told, anchor), class_="fh-answer", tabindex="0")
    if not told.figures:
        note = _problem(told) or element("p", "The answer states no figure.", class_="soft")
        return element("div", note, marked, class_="fh fh-money-plain")
    sources = element("ol", *(_source_card(figure, anchor) for figure in _ordered(told)), class_="fh-sources")
    hint = element("p", "Click a figure to see where it comes from.", class_="soft fh-small")
    return element(
        "div",
        _legend(told),
        _problem(told),
        element("div", element("div", marked), element("div", hint, sources), class_="fh-money"),
        class_="fh",
    )


def _problem(told: Money) -> Markup | None:
    notes = [told.problem[:1].upper() + told.problem[1:] + "."] if told.problem else []
    if told.figures and not told.verdict:
        notes.append(f"No {CHECK} check of this case looked at the whole answer: what is marked here decided nothing.")
    return element("p", " ".join(notes), class_="soft fh-small") if notes else None


def _legend(told: Money) -> Markup:
    counts = {group: sum(figure.group == group for figure in told.figures) for group in WORDS}
    items = [
        element(
            "li",
            element("span", sign, class_=f"fh-sign fh-fig-{group}", aria_hidden="true"),
            f"{counts[group]} {words}",
        )
        for group, (sign, words) in WORDS.items()
        if counts[group]
    ]
    return element("ul", *items, class_="fh-legend")


def _marked(told: Money, anchor: str) -> Iterator[Markup]:
    figures = {figure.number: figure for figure in told.figures}
    for piece in told.pieces:
        figure = figures.get(piece.figure or 0)
        if figure is None:
            yield text(piece.text, 1_000_000)
            continue
        sign, words = WORDS[figure.group]
        yield element(
            "a",
            text(piece.text, 200),
            element("sup", sign, aria_hidden="true") if figure.wrong else None,
            href=f"#{anchor}-source-{figure.number}",
            id=f"{anchor}-figure-{figure.number}",
            class_=f"fh-fig fh-fig-{figure.group}",
            title=f"{words}: {figure.meaning}",
            aria_label=f"{piece.text}, {words}",
        )


def _ordered(told: Money) -> list[Figure]:
    """Wrong ones first, the rest as they stand."""
    return sorted(told.figures, key=lambda figure: (not figure.wrong, figure.number))


def _source_card(figure: Figure, anchor: str) -> Markup:
    sign, _ = WORDS[figure.group]
    back = element(
        "a",
        figure.text,
        href=f"#{anchor}-figure-{figure.number}",
        class_=f"fh-fig fh-fig-{figure.group}",
        title="Back to the answer",
    )
    head = element(
        "div",
        element("span", sign, aria_hidden="true", class_="fh-sign"),
        " ",
        back,
        " ",
        element("span", figure.meaning),
    )
    parts = [head]
    if figure.note:
        parts.append(element("div", figure.note, class_="fh-note"))
    parts += [_source(source, anchor) for source in figure.sources[:_SHOWN_AT_ONCE]]
    if len(figure.sources) > _SHOWN_AT_ONCE:
        rest = [_source(source, anchor) for source in figure.sources[_SHOWN_AT_ONCE:]]
        parts.append(element("details", element("summary", f"and {len(rest)} more"), *rest))
    return element(
        "li",
        *parts,
        id=f"{anchor}-source-{figure.number}",
        class_=f"fh-source fh-edge-fig-{figure.group}",
        tabindex="-1",
    )


def _source(source: Source, anchor: str) -> Markup:
    called = f"{source.tool} {source.args}".strip() if source.tool else "artifact"
    where = (
        element("a", source.step, href=f"#{spot(anchor, 'step', source.step)}")
        if source.tool
        else element("strong", source.step)
    )
    line = element("div", element("strong", source.value), " in ", where, " ", code(called), " at ", code(source.path))
    shown = _excerpt(source.excerpt) if source.excerpt is not None else None
    return element("div", line, shown, class_="fh-from")


def _excerpt(part: Excerpt) -> Markup:
    hit = element("mark", part.hit) if part.hit else None
    return element("pre", text(part.before, 2_000), hit, text(part.after, 2_000), class_="fh-excerpt")
