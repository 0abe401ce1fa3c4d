"""Put spans together to trees, one forest per trace, and say what does not fit: orphans, circles, doubles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from harness.frozen import frozen

from .forms import RECORD
from .kinds import Kind, kind_of
from .seen import Seen
from .usage import Tokens, tokens_of

DEEPEST: Final = 200
"""Most spans that may lie inside each other."""


@dataclass(slots=True, eq=False)
class Node:
    """A span in its tree."""

    span: Seen
    """What was written."""

    kind: Kind
    """What it is."""

    tokens: Tokens
    """What it says of tokens."""

    children: list[Node] = field(default_factory=list)
    """Spans that belong to it, by their start."""

    above: Node | None = None
    """Span that it belongs to."""

    def below(self) -> Iterator[Node]:
        """All spans inside it."""
        waiting = list(reversed(self.children))
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    def ancestors(self) -> Iterator[Node]:
        """All spans around it, the nearest first."""
        node = self.above
        while node is not None:
            yield node
            node = node.above


@frozen
class Forest:
    """One trace."""

    trace: str
    """Its id."""

    roots: tuple[Node, ...]
    """Spans that belong to none that is here."""

    nodes: tuple[Node, ...]
    """All spans, by their start."""

    orphans: int
    """Roots whose parent is not in the file."""

    notes: tuple[str, ...]
    """What did not fit."""


def forests(spans: Iterable[Seen]) -> list[Forest]:
    """One forest per trace, in the order in which traces began to appear."""
    groups: dict[str, list[Seen]] = {}
    for span in spans:
        groups.setdefault(span.trace, []).append(span)
    return [_forest(trace, group) for trace, group in groups.items()]


def _forest(trace: str, spans: list[Seen]) -> Forest:
    notes: list[str] = []
    nodes = [Node(span, kind_of(span), tokens_of(span)) for span in _named(_single(spans, notes), notes)]
    nodes.sort(key=lambda node: (node.span.start_s is None, node.span.start_s or 0.0))
    known = {node.span.id: node for node in nodes}
    orphans = 0
    for node in nodes:
        parent = known.get(node.span.parent) if node.span.parent else None
        if parent is None:
            orphans += bool(node.span.parent)
        else:
            node.above = parent
    _break_circles(nodes, notes)
    _cut_deep(nodes, notes)
    for node in nodes:
        if node.above is not None:
            node.above.children.append(node)
    roots = tuple(node for node in nodes if node.above is None)
    if orphans and (orphans > 1 or len(roots) > 1):
        notes.append(
            f"{orphans} of {len(nodes)} spans belong to a span that is not in the file; they stand side by side"
        )
    return Forest(trace, roots, tuple(nodes), orphans, tuple(notes))


def _single(spans: list[Seen], notes: list[str]) -> list[Seen]:
    """Each span once: a copy goes, and a log record joins the span that it is about."""
    kept: dict[str, Seen] = {}
    alone: list[Seen] = []
    copies = 0
    for span in spans:
        first = kept.get(span.id) if span.id else None
        if not span.id:
            alone.append(span)
        elif first is None:
            kept[span.id] = span
        elif _is_record(span) or _is_record(first):
            kept[span.id] = _joined(first, span)
        elif _same(first, span):
            copies += 1
        else:
            alone.append(replace(span, id=f"{span.id}~{len(alone) + 2}"))
    if copies:
        notes.append(f"{copies} spans are there twice; each was read once")
    silent = [key for key, span in kept.items() if _is_record(span) and not _tells(span)]
    if silent and len(silent) < len(kept):
        notes.append(f"{len(silent)} log records are about spans that are not in the file; they were left out")
        kept = {key: span for key, span in kept.items() if key not in set(silent)}
    return [*kept.values(), *alone]


def _is_record(span: Seen) -> bool:
    """Whether this is only a log record about a span."""
    return span.type == RECORD


def _tells(span: Seen) -> bool:
    """Whether a log record tells what was said, so that it can stand for the span that it is about."""
    bodies = [event.body for event in span.events if isinstance(event.body, Mapping)]
    return any("input" in body or "output" in body for body in bodies) or any(
        event.name.startswith("gen_ai.") and event.name != "gen_ai.evaluation.result" for event in span.events
    )


def _joined(first: Seen, second: Seen) -> Seen:
    main, other = (second, first) if _is_record(first) else (first, second)
    attributes = {**other.attributes, **main.attributes}
    return replace(main, attributes=attributes, events=(*main.events, *other.events), scope=main.scope or other.scope)


def _same(first: Seen, second: Seen) -> bool:
    return (first.name, first.start_s, first.parent) == (second.name, second.start_s, second.parent)


def _named(spans: list[Seen], notes: list[str]) -> Iterator[Seen]:
    """Spans without an id get one, so that steps have names."""
    lacking = sum(not span.id for span in spans)
    if lacking:
        notes.append(f"{lacking} spans have no id; they were numbered")
    taken = Counter(span.id for span in spans)
    number = 0
    for span in spans:
        if span.id:
            yield span
            continue
        number += 1
        while f"span-{number}" in taken:
            number += 1
        yield replace(span, id=f"span-{number}")


def _break_circles(nodes: list[Node], notes: list[str]) -> None:
    """Where spans belong to each other in a circle, the first of them becomes a root."""
    safe: set[int] = set()
    broken = 0
    for node in nodes:
        path: dict[int, Node] = {}
        at: Node | None = node
        while at is not None and id(at) not in safe and id(at) not in path:
            path[id(at)] = at
            at = at.above
        if at is not None and id(at) in path:
            at.above = None
            broken += 1
        safe |= path.keys()
    if broken:
        notes.append(f"{broken} circles of spans that belong to each other; each was cut at its first span")


def _cut_deep(nodes: list[Node], notes: list[str]) -> None:
    """Where spans lie inside each other without end, the deeper ones begin a tree of their own."""
    depths: dict[int, int] = {}
    cut = 0
    for node in nodes:
        path: list[Node] = []
        at: Node | None = node
        while at is not None and id(at) not in depths:
            path.append(at)
            at = at.above
        depth = 0 if at is None else depths[id(at)]
        for inner in reversed(path):
            depth += 1
            if depth > DEEPEST:
                inner.above, depth, cut = None, 1, cut + 1
            depths[id(inner)] = depth
    if cut:
        notes.append(f"spans lie inside each other more than {DEEPEST} times; {cut} of them begin a tree of their own")
