"""Say what is wrong with a stream of events: both forms have rules that a client relies on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from harness.frozen import frozen

from .forms import SEVEN, TEN

Which: TypeAlias = Literal["auto", "seven", "ten"]

_ONLY_TEN: Final = frozenset(TEN) - frozenset(SEVEN)
_OURS: Final = frozenset({"llm_call", "handoff", "interrupt", "resume", "guardrail", "state"})
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "text_delta": ("text", "delta", "content"),
    "text_done": ("text", "content"),
    "thinking": ("thinking", "text", "content"),
    "thinking_delta": ("thinking", "text", "delta"),
    "tool_call": ("tool_call", "name"),
    "tool_result": ("tool_result", "result", "content", "id"),
    "tool_call_delta": ("arguments_delta", "delta", "id"),
    "error": ("error", "message"),
}


@frozen
class Slip:
    """One rule that a stream breaks."""

    rule: str
    """Stable name, such as `after-done`."""

    place: int
    """Number of the event, from 0; as many as there are events for what is missing at the end."""

    problem: str
    """One sentence."""


def slips(events: Iterable[Any], form: Which = "auto") -> list[Slip]:
    """Everything that is wrong with a stream, in order.

    Args:
        events: Its events: mappings with a `type`, or the texts of their JSON.
        form: Which rules; by default the later ones for a stream that uses any of their own kinds.
    """
    given = list(events)
    read = [_read(item) for item in given]
    kinds = {str(item.get("type")) for item in read if item is not None}
    ten = form == "ten" or (form == "auto" and bool(kinds & _ONLY_TEN))
    reader = _Reader(TEN if ten else SEVEN)
    for place, (raw, event) in enumerate(zip(given, read, strict=True)):
        reader.take(place, raw, event)
    return [*reader.found, *reader.ended(len(given))]


def _read(item: Any) -> Mapping[str, Any] | None:
    if isinstance(item, str | bytes):
        try:
            item = json.loads(item)
        except (ValueError, RecursionError):
            return None
    return item if isinstance(item, Mapping) else None


@dataclass
class _Reader:
    """One stream being read."""

    kinds: Sequence[str]
    found: list[Slip] = field(default_factory=list)
    done: bool = False
    failed: bool = False
    count: int = 0
    spoken: list[str] = field(default_factory=list)
    calls: dict[str, str] = field(default_factory=dict)
    block: str = ""
    block_index: Any = None

    @property
    def is_ten(self) -> bool:
        return len(self.kinds) == len(TEN)

    def take(self, place: int, raw: Any, event: Mapping[str, Any] | None) -> None:
        self.count += 1
        for rule, problem in self._wrong(raw, event):
            self.found.append(Slip(rule, place, problem))

    def ended(self, place: int) -> Iterator[Slip]:
        if not self.count:
            yield Slip("empty", place, "there is no event")
        elif not self.done:
            yield Slip("no-done", place, "the stream ends without `done`")
        if self.block and not self.failed:
            yield Slip("open-block", place, f"the block of {self.block} is never closed")
        for call in [call for call, state in self.calls.items() if state == "open" and not self.failed]:
            yield Slip("open-call", place, f"the call {call!r} has no result")

    def _wrong(self, raw: Any, event: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
        if event is None:
            yield _unreadable(raw)
            return
        kind = event.get("type")
        if self.done:
            yield "after-done", f"`{kind}` comes after `done`"
        if isinstance(kind, str) and kind in _OURS:
            return
        if not isinstance(kind, str) or kind not in self.kinds:
            yield "kind", f"`{kind}` is none of the {'ten' if self.is_ten else 'seven'} kinds"
            return
        if self.is_ten and self.count == 1 and kind != "start":
            yield "start", f"it begins with `{kind}` instead of `start`"
        if self.is_ten and self.count > 1 and kind == "start":
            yield "start", "`start` comes a second time"
        needed = _KEYS.get(str(kind))
        if needed and not any(name in event for name in needed):
            yield "content", f"`{kind}` has no `{needed[0]}`"
        if self.failed and kind not in {"done", "content_block_end"}:
            yield "after-error", f"`{kind}` comes after `error`; only `done` may"
        yield from self._steps(str(kind), event)

    def _steps(self, kind: str, event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if kind in {"text_delta", "thinking_delta", "content_block_start", "content_block_end"} and self.is_ten:
            yield from self._blocks(kind, event)
        if kind == "text_delta":
            self.spoken.append(_text(event))
        elif kind == "text_done":
            whole = "".join(self.spoken)
            if self.spoken and whole != _text(event):
                yield "text", f"its pieces make {len(whole)} characters that are not those of `text_done`"
            self.spoken.clear()
        elif kind in {"tool_call", "tool_result", "tool_call_delta"}:
            yield from self._tools(kind, event)
        self.failed = self.failed or (kind == "error" and event.get("final") is not False)
        self.done = self.done or kind == "done"

    def _blocks(self, kind: str, event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        named = str(event.get("content_type") or "text")
        if kind == "content_block_start":
            if self.block:
                yield "nested-block", f"a block of {named} begins inside one of {self.block}"
            self.block, self.block_index = named, event.get("index")
        elif kind == "content_block_end":
            if not self.block:
                yield "no-block", "a block ends that had not begun"
            elif event.get("index", self.block_index) != self.block_index:
                yield "other-block", f"block {event.get('index')} ends inside block {self.block_index}"
            self.block = ""
        else:
            wanted = "thinking" if kind == "thinking_delta" else "text"
            if self.block != wanted:
                yield "outside-block", f"`{kind}` stands outside a block of {wanted}"

    def _tools(self, kind: str, event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        inner = event.get("tool_call") if kind != "tool_result" else event.get("tool_result")
        held = inner if isinstance(inner, Mapping) else event
        call = (
            held.get("id") if inner is not None or kind != "tool_call" else event.get("tool_call_id", event.get("id"))
        )
        name = str(call) if call is not None else ""
        if not name:
            yield "call-id", f"`{kind}` has no id"
        elif kind == "tool_call":
            if name in self.calls:
                yield "call-twice", f"the call {name!r} is made twice"
            self.calls[name] = "open"
        elif kind == "tool_result":
            if self.calls.get(name) != "open":
                problem = "had its result already" if name in self.calls else "was never made"
                yield "result", f"the call {name!r} {problem}"
            self.calls[name] = "closed"


def _unreadable(raw: Any) -> tuple[str, str]:
    """Data that was encoded twice is a text that holds JSON."""
    try:
        inner = json.loads(raw) if isinstance(raw, str | bytes) else None
    except (ValueError, RecursionError):
        return "json", "it is no JSON"
    if isinstance(inner, str) and _read(inner) is not None:
        return "encoded-twice", "its data is JSON inside a JSON text: it was encoded twice"
    return "json", f"it is a {type(inner if inner is not None else raw).__name__}, and no object"


def _text(event: Mapping[str, Any]) -> str:
    found = next((event[name] for name in ("text", "delta", "content") if name in event), "")
    return found if isinstance(found, str) else str(found)
