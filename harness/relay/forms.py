"""Write what happens in a trial as a stream: seven kinds of event, or the ten of their later form.

Every event is one JSON object with `type`, `id`, `session_id`, `timestamp` and `metadata`, encoded once. What the agent records
besides (model calls, end states, handoffs) is no part of either form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

from harness.model import Event

Form: TypeAlias = Literal["seven", "ten"]
Wire: TypeAlias = dict[str, Any]

SEVEN: Final = ("text_delta", "text_done", "thinking", "tool_call", "tool_result", "error", "done")
"""The first form."""

TEN: Final = (
    "start", "content_block_start", "content_block_end", "text_delta", "thinking_delta", "tool_call", "tool_call_delta",
    "tool_result", "error", "done",
)  # fmt: skip
"""The later one."""


def seven(event: Event) -> Wire | None:
    """An event in the first form; None for one that it does not have.

    The end of a turn that is not the last is none either: nothing may come after `done`, which the relay writes itself. An error
    that an agent reports and goes on after says that it is not `final`.
    """
    data = event.data
    match event.kind:
        case "text_delta":
            return {"type": "text_delta", "text": data.get("text", "")}
        case "text_done":
            known = {"structured": data["structured"]} if "structured" in data else {}
            return {"type": "text_done", "text": data.get("text", ""), **known}
        case "thinking":
            return {"type": "thinking", "thinking": data.get("text", "")}
        case "tool_call":
            call = {"id": data.get("id"), "name": data.get("name"), "arguments": data.get("args") or {}}
            return {"type": "tool_call", "tool_call": call}
        case "tool_result":
            failed = data.get("error") is not None
            result = {
                "id": data.get("id"),
                "content": data.get("error") if failed else data.get("result"),
                "isError": failed,
            }
            return {"type": "tool_result", "tool_result": result}
        case "error":
            return {"type": "error", "error": data.get("message", ""), "final": False}
    return None


def enveloped(wire: Mapping[str, Any], number: int, *, session: str, at: float, metadata: Mapping[str, Any]) -> Wire:
    """An event as it is sent: with its number, whose it is and when it was.

    Args:
        wire: Its type and content.
        number: Its number in the stream.
        session: Trial that it belongs to.
        at: Unix time.
        metadata: What else is known.
    """
    when = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {**wire, "id": number, "session_id": session, "timestamp": when, "metadata": dict(metadata)}


class TenForm:
    """Writes the later form: text and thoughts stand in blocks that are opened and closed."""

    def __init__(self) -> None:
        self._begun = False
        self._open: str = ""
        self._index = -1
        self._spoken = ""

    def feed(self, wire: Mapping[str, Any]) -> Iterator[Wire]:
        """The events of the later form that one of the first form stands for."""
        if not self._begun:
            self._begun = True
            yield {"type": "start"}
        match wire["type"]:
            case "text_delta":
                yield from self._in_block("text")
                self._spoken += wire["text"]
                yield {"type": "text_delta", "index": self._index, "text": wire["text"]}
            case "thinking":
                yield from self._in_block("thinking")
                yield {"type": "thinking_delta", "index": self._index, "thinking": wire["thinking"]}
            case "text_done":
                yield from self._said(wire)
            case _:
                yield from self._close()
                yield dict(wire)

    def _said(self, wire: Mapping[str, Any]) -> Iterator[Wire]:
        """A whole text is the end of its block; what had not been streamed comes in one piece."""
        if wire["text"] != self._spoken or self._open != "text":
            yield from self._close() if self._open != "text" or not wire["text"].startswith(self._spoken) else ()
            rest = wire["text"].removeprefix(self._spoken) if self._open == "text" else wire["text"]
            yield from self._in_block("text")
            yield {"type": "text_delta", "index": self._index, "text": rest}
        yield from self._close()

    def _in_block(self, kind: str) -> Iterator[Wire]:
        if self._open != kind:
            yield from self._close()
            self._open, self._spoken = kind, ""
            self._index += 1
            yield {"type": "content_block_start", "index": self._index, "content_type": kind}

    def _close(self) -> Iterator[Wire]:
        if self._open:
            yield {"type": "content_block_end", "index": self._index, "content_type": self._open}
        self._open, self._spoken = "", ""
