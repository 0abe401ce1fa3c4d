"""A model's reply put together from its pieces, the same way for every provider."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from harness.model import Usage

from .attempt import told
from .errors import ModelError
from .request import ModelReply, ModelRequest, OnDelta, StopReason, ToolCall

_MOST_TOKENS: Final = 1_000_000_000
"""More than any model reads or writes; such a count is a provider's mistake, hence unknown."""


class Assembly:
    """The pieces of one reply so far."""

    def __init__(self, request: ModelRequest, on_delta: OnDelta | None = None) -> None:
        self._request = request
        self._tell = told(on_delta)
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._tools: dict[int, _ToolPieces] = {}
        self._replay: list[Mapping[str, Any]] = []
        self._reply_id = ""
        self._cache_hit = False

    async def text(self, piece: str) -> None:
        """Add visible text and tell it."""
        self.add_text(piece)
        await self._tell("text", piece)

    async def think(self, piece: str) -> None:
        """Add reasoning text and tell it."""
        self.add_thinking(piece)
        await self._tell("thinking", piece)

    def add_text(self, piece: str) -> None:
        """Add visible text."""
        self._text.append(_string(piece))

    def add_thinking(self, piece: str) -> None:
        """Add reasoning text."""
        self._thinking.append(_string(piece))

    def tool(self, index: int, call_id: str | None, name: str | None) -> None:
        """Begin a tool call, or add to what is known of it."""
        pieces = self._tools.setdefault(index, _ToolPieces())
        pieces.id = call_id or pieces.id
        pieces.name = name or pieces.name

    def tool_json(self, index: int, piece: str | None) -> None:
        """Add a piece of a tool call's arguments, as JSON text."""
        if index not in self._tools:
            raise ModelError("invalid_reply", "the reply has arguments of a tool call that never began")
        self._tools[index].json.append(_string(piece or ""))

    def keep(self, block: Mapping[str, Any]) -> None:
        """Keep a block of the provider's own that has to be sent back."""
        self._replay.append(block)

    def identity(self, reply_id: object, *, cache_hit: object = False) -> None:
        """Say which reply this is, and whether a cache gave it; what is no text names nothing."""
        self._reply_id = reply_id if isinstance(reply_id, str) else self._reply_id
        self._cache_hit = self._cache_hit or cache_hit is True

    def reply(
        self, stop_reason: StopReason, usage: Usage, model: str, *, cache_write_tokens: int | None = None
    ) -> ModelReply:
        """Finish.

        Raises:
            ModelError: for a reply without any content, or with a tool call that cannot be read.
        """
        text = "".join(self._text)
        calls = self._calls(stop_reason)
        if not text and not calls and stop_reason in {"end", "unknown", "stop_sequence", "tool_use"}:
            raise ModelError("invalid_reply", "the reply is empty: neither text nor a tool call")
        return ModelReply(
            text=text,
            tool_calls=calls,
            structured=None if self._request.output_schema is None else json_of(text),
            thinking="".join(self._thinking),
            stop_reason=stop_reason,
            usage=usage,
            model=str(model),
            cache_write_tokens=cache_write_tokens,
            replay=tuple(self._replay),
            reply_id=self._reply_id,
            cache_hit=self._cache_hit,
        )

    def _calls(self, stop_reason: StopReason) -> tuple[ToolCall, ...]:
        calls: list[ToolCall] = []
        for number, (_, pieces) in enumerate(sorted(self._tools.items())):
            args = pieces.args()
            if args is None and stop_reason == "max_tokens":
                continue  # the limit cut it short; the stop reason says so
            if args is None or not pieces.name:
                raise ModelError(
                    "invalid_reply", f"the model called {pieces.name!r} with malformed JSON", fault="agent"
                )
            calls.append(ToolCall(pieces.id or f"call_{number + 1}", pieces.name, args))
        return tuple(calls)


class _ToolPieces:
    """What is known of one tool call."""

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.json: list[str] = []

    def args(self) -> Mapping[str, Any] | None:
        text = "".join(self.json).strip()
        found = json_of(text) if text else {}
        return found if isinstance(found, dict) else None


def json_of(text: str) -> Any:
    """Read JSON text strictly; None when it is not JSON (nor are NaN and the infinities)."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def count(number: object) -> int | None:
    """Take a provider's token count; None for what cannot be one."""
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= _MOST_TOKENS:
        return None
    return number


def usage_of(fresh: object, output: object, cache_read: object = None, cache_write: object = None) -> Usage:
    """Make a usage in which the input includes what was read from and written to the cache.

    Args:
        fresh: Input tokens that no cache was involved in.
        output: Output tokens.
        cache_read: Input tokens that came from the cache, on top of `fresh`.
        cache_write: Input tokens that were put into the cache, on top of `fresh`.
    """
    uncached = count(fresh)
    read, written = count(cache_read) or 0, count(cache_write) or 0
    return Usage(
        input_tokens=None if uncached is None else uncached + read + written,
        output_tokens=count(output),
        cached_tokens=None if uncached is None else read,
    )


def fresh_of(usage: Usage, cache_write: int | None) -> int | None:
    """Input tokens that no cache was involved in: what `usage_of` was given. An absurd count stays one, so that it is noticed."""
    if usage.input_tokens is None:
        return None
    cached = (usage.cached_tokens or 0) + (cache_write or 0)
    return max(usage.input_tokens - cached, min(usage.input_tokens, 0))


def _string(piece: object) -> str:
    if not isinstance(piece, str):
        raise ModelError("invalid_reply", f"the reply has a {type(piece).__name__} where text belongs")
    return piece


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
