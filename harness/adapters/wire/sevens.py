"""The streams of the agentic-platform samples: seven kinds of event, and the ten of their later form.

    {"type": "text_delta", "text": "..."}                                   {"type": "text_done", "text": "..."}
    {"type": "thinking", "thinking": "..."}                                 {"type": "error", "error": "..."}
    {"type": "tool_call", "tool_call": {"id", "name", "arguments"}}         {"type": "done"}
    {"type": "tool_result", "tool_result": {"id", "content", "isError"}}

Further keys are read where they are: `structured` beside the text, `usage` in any event, and `state` events with `name` and
`value`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .calls import args_of, call_of, first, result_of, said, usage_of
from .scribe import Said


class SevenEvents:
    """Reads the seven."""

    def feed(self, name: str, data: Any) -> Iterator[Said]:
        """What one event means."""
        if data == "[DONE]":
            yield "done", {}
            return
        if not isinstance(data, Mapping):
            return
        kind = str(data.get("type") or name)
        counts = usage_of(data.get("usage")) or usage_of(_inside(data, "metadata", "usage"))
        if counts:
            yield "llm_call", counts
        yield from self._read(kind, data)

    def _read(self, kind: str, data: Mapping[str, Any]) -> Iterator[Said]:
        if kind in {"text_delta", "text_done"}:
            known = {"structured": data["structured"]} if "structured" in data else {}
            yield kind, {"text": said(first(data, ("text", "delta", "content"), "")), **known}
        elif kind in {"thinking", "thinking_delta"}:
            yield "thinking", {"text": said(first(data, ("thinking", "text"), ""))}
        elif kind == "tool_call":
            call = call_of(data.get("tool_call", data))
            if call is not None:
                yield kind, call
        elif kind == "tool_result":
            result = data.get("tool_result", data)
            call_id = first(result, ("id", "tool_call_id", "toolCallId"), "") if isinstance(result, Mapping) else ""
            yield kind, {"id": call_id, **_unblocked(result_of(result))}
        elif kind == "error":
            told = first(data, ("error", "message"), "it does not say why")
            yield kind, {"message": said(told.get("message", told) if isinstance(told, Mapping) else told)}
        elif kind in {"state", "handoff", "interrupt", "guardrail", "llm_call"}:
            yield from _ours(kind, data)
        elif kind == "done":
            yield kind, {}


class TenEvents(SevenEvents):
    """Reads the ten: text and calls may come as blocks, whose arguments arrive in pieces."""

    def __init__(self) -> None:
        self._block: dict[str, Any] | None = None
        self._pieces: list[str] = []
        self._called: set[str] = set()

    def _read(self, kind: str, data: Mapping[str, Any]) -> Iterator[Said]:
        if kind == "content_block_start":
            self._block = dict(data.get("content_block") or {}) if data.get("content_type") == "tool_call" else None
            self._pieces.clear()
        elif kind == "tool_call_delta":
            self._pieces.append(str(data.get("arguments_delta", "")))
        elif kind == "content_block_end":
            yield from self._ended()
        else:
            for what, meant in super()._read(kind, data):
                if what == "tool_call":
                    self._called.add(str(meant.get("id")))
                yield what, meant

    def _ended(self) -> Iterator[Said]:
        """A block of a call that came in pieces is a call, unless it was reported whole, too."""
        block, self._block = self._block, None
        call = None if block is None else call_of(block)
        if call is None or str(call["id"]) in self._called:
            return
        if self._pieces:
            call["args"] = args_of("".join(self._pieces))
        self._called.add(str(call["id"]))
        yield "tool_call", call


def _ours(kind: str, data: Mapping[str, Any]) -> Iterator[Said]:
    needed = {"state": "name", "handoff": "to", "interrupt": "question", "guardrail": "name"}.get(kind)
    given = {key: item for key, item in data.items() if key not in {"type", "usage", "timestamp", "session_id"}}
    if kind == "llm_call":
        given = {**usage_of(data), **({"text": said(data["text"])} if "text" in data else {})}
    if given and (needed is None or needed in given):
        yield kind, given


def _inside(data: Mapping[str, Any], *keys: str) -> Any:
    found: Any = data
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _unblocked(ended: dict[str, Any]) -> dict[str, Any]:
    """A result that is one block of text or JSON is what stands in it."""
    content = ended.get("result")
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], Mapping):
        block = content[0]
        if block.get("type") in {"text", "json"} and len(block.keys() - {"type"}) == 1:
            return {"result": args_of(next(block[key] for key in block if key != "type"))}
    return ended
