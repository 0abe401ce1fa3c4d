"""The most that a model request can take, before anybody has counted."""

from __future__ import annotations

import json
from typing import Final

from harness.llm import ModelRequest
from harness.llm.prices import Price
from harness.model import Usage

_PER_MESSAGE: Final = 16
_PER_REQUEST: Final = 600


def most_input_tokens(request: ModelRequest) -> int:
    """An upper bound of a request's input tokens.

    A token of the byte-level vocabularies in use is at least one byte of UTF-8; added are what providers put around messages
    and, with tools, before them. The bound is two to four times what English takes; it is released once the call has ended.
    """
    size = len(request.system.encode())
    for message in request.messages:
        size += _PER_MESSAGE + len(message.text.encode())
        size += sum(len(call.name) + len(_plain(call.args)) for call in message.tool_calls)
        size += sum(len(_plain(block)) for block in message.replay)
    for tool in request.tools:
        size += len(tool.name) + len(tool.description.encode()) + len(_plain(tool.parameters))
    if request.output_schema is not None:
        size += len(_plain(request.output_schema))
    return size + _PER_REQUEST


def most_output_tokens(request: ModelRequest) -> int:
    """Most tokens that the reply can have, reasoning included."""
    return request.max_tokens + (request.thinking_tokens or 0)


def most_usd(request: ModelRequest, price: Price | None) -> float | None:
    """An upper bound of a request's price; None when the price is unknown."""
    if price is None:
        return None
    usage = Usage(input_tokens=most_input_tokens(request), output_tokens=most_output_tokens(request))
    fresh = price.of(usage)
    cached = price.of(usage, cache_write_tokens=usage.input_tokens)  # what is written to a cache costs more
    return None if fresh is None or cached is None else max(fresh, cached)


def _plain(data: object) -> str:
    return json.dumps(data, default=str, ensure_ascii=False)
