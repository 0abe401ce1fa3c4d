"""Compose YAML events into plain data: a strict reader that gives up early on hostile input.

PyYAML's own loaders recurse in C (60 kB of brackets end the process), expand merge keys exponentially, keep the last of two
equal keys and turn `NO` into False. Here the C parser only delivers events, one after the other, and nothing recurses with
the file's depth.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn

from harness.model import Where

from .document import Document, Mark
from .mistake import FileProblems, Mistake
from .scalars import NO_TEXT, ScalarError, resolve
from .source import check_text, fetch
from .syntax import explain

MAX_DEPTH: Final = 32
"""Deepest nesting of mappings and lists, aliases expanded."""

MAX_NODES: Final = 200_000
"""Most values in one file, aliases expanded; a mapping or list counts twice."""

MAX_ALIASES: Final = 100
"""Most uses of anchors (`*name`, merge keys included) in one file."""

_NO_KEY: Final = object()
_MERGE: Final = object()


def read_file(path: Path, name: str) -> Document:
    """Read a YAML file.

    Args:
        path: The file.
        name: How messages call it: its path relative to the workspace root.

    Raises:
        FileProblems: with every mistake found.
    """
    return read_text(fetch(path, name), name)


def read_text(data: bytes, name: str) -> Document:
    """Read YAML that is already in memory; as `read_file`."""
    data = check_text(data, name)
    composer = _Composer(name)
    yaml_error, make = _parser()
    try:
        composer.run(make(data).get_event)
    except _Stop:
        pass
    except (yaml_error, ValueError) as error:  # the pure parser lets chr() raise for an escape out of range
        composer.mistakes.append(explain(error, data.decode(), name))
    if composer.mistakes:
        raise FileProblems(composer.mistakes)
    return Document(name, composer.root, composer.spots, composer.starts)


class _Stop(Exception):
    """Reading on would be useless or dangerous; the reason is among the mistakes."""


@cache
def _parser() -> tuple[type[Exception], Callable[[bytes], Any]]:
    """PyYAML's base error and its event parser: the C one where it is installed."""
    import yaml

    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs leave it out
    except ImportError:  # a PyYAML built without libyaml
        return yaml.YAMLError, _pure_parser()
    return yaml.YAMLError, CParser


def _pure_parser() -> Callable[[bytes], Any]:
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class PureParser(Reader, Scanner, Parser):
        def __init__(self, stream: bytes) -> None:
            Reader.__init__(self, stream)
            Scanner.__init__(self)
            Parser.__init__(self)

    return PureParser


class _Composer:
    """The document so far. One method per kind of event; the hot one is `_scalar`."""

    __slots__ = (
        "aliases", "anchors", "box", "documents", "kept", "key", "key_mark", "marks", "merges", "mistakes", "name", "nodes",
        "root", "sizes", "spots", "stack", "starts",
    )  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = name
        self.mistakes: list[Mistake] = []
        self.spots: dict[int, Any] = {}
        self.starts: dict[int, Mark] = {}
        self.root: Any = None
        self.stack: list[tuple[Any, Any, Mark, Any]] = []
        self.box: Any = None
        self.marks: Any = None
        self.key: Any = _NO_KEY
        self.key_mark: Mark = None
        self.anchors: dict[str, Any] = {}
        self.merges: dict[int, list[Any]] = {}
        self.kept: list[Any] = []
        self.sizes: dict[int, tuple[int, int]] = {}
        self.aliases = 0
        self.nodes = 0
        self.documents = 0

    def run(self, get_event: Callable[[], Any]) -> None:
        """Consume all events."""
        from yaml import events

        handlers: dict[type, Callable[[Any], None]] = {
            events.ScalarEvent: self._scalar,
            events.MappingStartEvent: self._begin_mapping,
            events.MappingEndEvent: self._end_mapping,
            events.SequenceStartEvent: self._begin_list,
            events.SequenceEndEvent: self._end,
            events.AliasEvent: self._alias,
            events.DocumentStartEvent: self._begin_document,
        }
        last: Any = None
        for _ in range(MAX_NODES):
            event = get_event()
            if event is None:
                return
            last = event
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)
        self._stop(last.start_mark, f"more than {MAX_NODES} values", "split the file")

    def _scalar(self, event: Any) -> None:
        content = event.value
        if event.tag is not None:
            self._refuse_tag(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = content
        if self.key is _NO_KEY and type(self.box) is dict:
            self._take_key(event, content)
            return
        if event.implicit[0]:
            try:
                content = resolve(content)
            except ScalarError as error:
                self._note(event.start_mark, str(error), "write a finite number, or quote it if it is text")
            if event.anchor is not None:
                self.anchors[event.anchor] = content
        elif event.style == '"' and not content.isascii():
            self._refuse_surrogates(event)
        self._put(content, event.start_mark)

    def _take_key(self, event: Any, content: str) -> None:
        mark = event.start_mark
        if event.implicit[0]:
            if content == "<<":
                self.key, self.key_mark = _MERGE, mark
                return
            if content in NO_TEXT:
                shown = content or "nothing"
                self._note(mark, f"the key {shown} is not text", f'quote it: "{content}"')
        if content in self.box:
            first = self.marks[content][0].line + 1
            self._note(
                mark,
                f"the key {content!r} stands twice: on line {first} and on line {mark.line + 1}",
                "keep one of them",
            )
        self.key, self.key_mark = content, mark

    def _put(self, content: Any, mark: Mark) -> None:
        """Place a value into the open mapping or list, or make it the document."""
        box = self.box
        if type(box) is list:
            box.append(content)
            self.marks.append(mark)
        elif box is None:
            self.root = content
        elif self.key is _MERGE:
            self.merges.setdefault(id(box), []).append((content, mark))
            self.key = _NO_KEY
        else:
            box[self.key] = content
            self.marks[self.key] = (self.key_mark, mark)
            self.key = _NO_KEY

    def _begin_mapping(self, event: Any) -> None:
        self._begin(event, {}, {})

    def _begin_list(self, event: Any) -> None:
        self._begin(event, [], [])

    def _begin(self, event: Any, box: Any, marks: Any) -> None:
        mark = event.start_mark
        if event.tag is not None:
            self._refuse_tag(event)
        if type(self.box) is dict and self.key is _NO_KEY:
            self._stop(mark, "a list or mapping is used as a key", "keys are text")
        if len(self.stack) >= MAX_DEPTH:
            self._stop(mark, f"nesting deeper than {MAX_DEPTH}", "flatten the data, or keep it in a JSON fixture")
        if event.anchor is not None:
            self.anchors[event.anchor] = box
        self.spots[id(box)] = marks
        self.starts[id(box)] = mark
        self.stack.append((self.box, self.key, self.key_mark, self.marks))
        self.box, self.key, self.marks = box, _NO_KEY, marks

    def _end_mapping(self, event: Any) -> None:
        if self.merges and id(self.box) in self.merges:
            self._merge(self.merges.pop(id(self.box)))
        self._end(event)

    def _end(self, _event: Any) -> None:
        box = self.box
        self.box, self.key, self.key_mark, self.marks = self.stack.pop()
        self._put(box, self.starts[id(box)])

    def _merge(self, sources: list[tuple[Any, Mark]]) -> None:
        """Apply `<<: *defaults` and `<<: [*a, *b]`: keys that are already there win."""
        self.kept.append(sources)  # identities are names here, so nothing may be freed half-way
        for content, mark in sources:
            for source in content if type(content) is list else [content]:
                if type(source) is not dict:
                    self._note(mark, "a merge key takes a mapping", "write `<<: *name` for an anchored mapping")
                    continue
                places = self.spots[id(source)]
                for key, item in source.items():
                    if key not in self.box:
                        self.box[key] = item
                        self.marks[key] = places[key]
                self._grow(self._size(source)[0], mark)

    def _alias(self, event: Any) -> None:
        mark = event.start_mark
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            self._stop(mark, f"too many aliases or merges (more than {MAX_ALIASES})", "write the values out")
        if event.anchor not in self.anchors:
            self._stop(
                mark, f"there is no anchor {event.anchor!r} above", f"write `&{event.anchor}` where it is defined"
            )
        target = self.anchors[event.anchor]
        if type(self.box) is dict and self.key is _NO_KEY:
            self._stop(mark, "an alias is used as a key", "write the key out")
        if type(target) in (dict, list):
            if target is self.box or any(frame[0] is target for frame in self.stack):
                self._stop(mark, f"the anchor {event.anchor!r} contains itself", "write the value out")
            size, height = self._size(target)
            if len(self.stack) + height > MAX_DEPTH:
                self._stop(mark, f"nesting deeper than {MAX_DEPTH} through aliases", "write the value out")
            self._grow(size, mark)
        self._put(target, mark)

    def _size(self, item: Any) -> tuple[int, int]:
        """Values inside, and levels: of a finished part, so at most `MAX_DEPTH` deep; shared parts are counted once each time."""
        if type(item) not in (dict, list):
            return 1, 0
        known = self.sizes.get(id(item))
        if known is None:
            inner = [self._size(part) for part in (item.values() if type(item) is dict else item)]
            known = 1 + sum(size for size, _ in inner), 1 + max((height for _, height in inner), default=0)
            self.sizes[id(item)] = known
        return known

    def _grow(self, size: int, mark: Mark) -> None:
        self.nodes += size
        if self.nodes > MAX_NODES:
            self._stop(mark, f"aliases and merges expand to more than {MAX_NODES} values", "write the values out")

    def _begin_document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self._stop(event.start_mark, "a second document begins (`---`)", "keep one document per file")

    def _refuse_tag(self, event: Any) -> None:
        self._note(
            event.start_mark, f"the tag {event.tag!r}: tags are not allowed", "suites are data; leave the tag out"
        )

    def _refuse_surrogates(self, event: Any) -> None:
        if any("\ud800" <= character <= "\udfff" for character in event.value):
            self._note(event.start_mark, "the text holds a lone surrogate", "write the character itself")

    def _note(self, mark: Mark, problem: str, remedy: str) -> None:
        place = Where(file=self.name, line=mark.line + 1, column=mark.column + 1)
        self.mistakes.append(Mistake(place, problem, remedy))

    def _stop(self, mark: Mark, problem: str, remedy: str) -> NoReturn:
        self._note(mark, problem, remedy)
        raise _Stop
