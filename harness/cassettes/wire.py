"""Requests to models and their replies as plain data, without what changes from one run to the next."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from harness.llm.errors import ErrorKind, ModelError
from harness.llm.request import Message, ModelReply, ModelRequest
from harness.shape import MisfitsError, plain, read

_NUMBER = "$number"
_LEFT_OUT = ("timeout_s", "seed")
_NONCE = re.compile(r"\b[0-9a-f]{16}\b")
_OURS = re.compile(r"‹nonce ([0-9]+)›")


def request_data(request: ModelRequest, model: str) -> dict[str, Any]:
    """A request; the seed and the time that is left are no part of what is asked."""
    data: dict[str, Any] = plain(request)
    for name in _LEFT_OUT:
        data.pop(name, None)
    data["messages"] = [_message(message) for message in request.messages]
    if any(message.tool_calls for message in request.messages):
        data = written(data)
    return {"model": model, **data}


def _message(message: Message) -> dict[str, Any]:
    data: dict[str, Any] = plain(message)
    data.pop("replay", None)  # the provider's own signed blocks, as they were in the reply
    return data


def reply_data(reply: ModelReply) -> dict[str, Any]:
    """A reply."""
    data: dict[str, Any] = plain(reply)
    return written(data) if reply.tool_calls or reply.structured is not None else data


def reply_of(data: Mapping[str, Any]) -> ModelReply:
    """The reply that was recorded.

    Raises:
        ModelError: where a failure was recorded, or what is there is no reply.
    """
    if "error" in data:
        raise _error_of(data["error"])
    try:
        found: ModelReply = read(ModelReply, _numbers(data) if "tool_calls" in data or "structured" in data else data)
    except MisfitsError as error:
        raise ModelError("invalid_reply", f"the recording holds no reply: {error}") from error
    return found


def error_data(error: ModelError) -> dict[str, Any] | None:
    """A failure that the same request brings about every time; None for one that may pass, which is not recorded."""
    if error.fault == "provider":
        return None
    return {"error": {"kind": error.kind, "problem": error.problem, "status": error.status}}


def _error_of(data: Any) -> ModelError:
    kind: ErrorKind = data.get("kind", "invalid_reply") if isinstance(data, Mapping) else "invalid_reply"
    known = data if isinstance(data, Mapping) else {}
    return ModelError(kind, str(known.get("problem", "")), status=known.get("status"), fault="agent")


def written(item: Any) -> Any:
    """Plain data in which numbers that JSON has no form for are marked: models do ask for NaN dollars."""
    if isinstance(item, float) and not math.isfinite(item):
        return {_NUMBER: str(item)}
    if isinstance(item, Mapping):
        return {str(key): written(content) for key, content in item.items()}
    return [written(content) for content in item] if isinstance(item, list | tuple) else item


def _numbers(item: Any) -> Any:
    """What `written` marked, as numbers again."""
    if isinstance(item, Mapping):
        if len(item) == 1 and item.get(_NUMBER) in ("nan", "inf", "-inf"):
            return float(item[_NUMBER])
        return {key: _numbers(content) for key, content in item.items()}
    return [_numbers(content) for content in item] if isinstance(item, list | tuple) else item


class Nonces:
    """Takes the random words of a judge's request out, so that it can be found again, and puts them into the reply."""

    def __init__(self, request: ModelRequest) -> None:
        self._words = list(dict.fromkeys(_NONCE.findall(request.system)))

    def without(self, item: Any) -> Any:
        """Plain data with each random word replaced by its number."""
        return self._through(item, self._number)

    def back(self, item: Any) -> Any:
        """Plain data with the numbers replaced by the words of this request."""
        return self._through(item, lambda text: _OURS.sub(self._word, text))

    def _number(self, text: str) -> str:
        for number, word in enumerate(self._words, 1):
            text = text.replace(word, f"‹nonce {number}›")
        return text

    def _word(self, match: re.Match[str]) -> str:
        place = int(match[1]) - 1
        return self._words[place] if place < len(self._words) else match[0]

    def _through(self, item: Any, change: Any) -> Any:
        if isinstance(item, str):
            return change(item)
        if isinstance(item, Mapping):
            return {change(key): self._through(content, change) for key, content in item.items()}
        return [self._through(content, change) for content in item] if isinstance(item, list | tuple) else item
