"""Read tool calls and token counts in the spellings that agents and providers use."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

_CALL_NAMES: Final = ("name", "tool", "tool_name", "toolName")
_CALL_IDS: Final = ("id", "tool_call_id", "toolCallId", "call_id", "toolUseId")
_CALL_ARGS: Final = ("args", "arguments", "input", "input_arguments", "parameters")
_RESULTS: Final = ("result", "output", "content", "response")
_FAILED: Final = ("is_error", "isError")
_TOKENS: Final[Mapping[str, tuple[str, ...]]] = {
    "input_tokens": ("input_tokens", "prompt_tokens", "inputTokens", "promptTokens", "prompt"),
    "output_tokens": ("output_tokens", "completion_tokens", "outputTokens", "completionTokens", "completion"),
    "cached_tokens": ("cached_tokens", "cache_read_input_tokens", "cacheReadInputTokens"),
}
_NOTHING: Final = object()


def call_of(item: Any) -> dict[str, Any] | None:
    """The `id`, `name` and `args` of a tool call; None where it has no name."""
    if not isinstance(item, Mapping):
        return None
    inner = item.get("function")
    if isinstance(inner, Mapping):  # as OpenAI writes it
        item = {**item, **inner}
    elif isinstance(inner, str):
        item = {"name": inner, **item}
    name = first(item, _CALL_NAMES)
    if not isinstance(name, str) or not name:
        return None
    return {"id": first(item, _CALL_IDS, ""), "name": name, "args": args_of(first(item, _CALL_ARGS, {}))}


def result_of(item: Any) -> dict[str, Any]:
    """The `result` or the `error` of a tool call that has ended; empty where it has not."""
    if not isinstance(item, Mapping):
        return {}
    error = item.get("error")
    found = first(item, _RESULTS, _NOTHING)
    if error not in (None, "", False):
        return {"error": error if isinstance(error, str) else json.dumps(error, ensure_ascii=False)}
    if found is _NOTHING:
        return {}
    failed = any(item.get(name) is True for name in _FAILED) or item.get("status") == "error"
    return {"error": said(found)} if failed else {"result": found}


def usage_of(item: Any) -> dict[str, Any]:
    """Token counts, and model and cost where they are given; empty where there are none."""
    if not isinstance(item, Mapping):
        return {}
    counts: dict[str, Any] = {}
    for name, spellings in _TOKENS.items():
        count = first(item, spellings, None)
        if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
            counts[name] = count
    if not counts:
        return {}
    for name in ("model", "provider", "stop_reason"):
        if isinstance(item.get(name), str):
            counts[name] = item[name]
    cost = item.get("cost_usd")
    if isinstance(cost, int | float) and not isinstance(cost, bool) and cost >= 0:
        counts["cost_usd"] = cost
    return counts


def args_of(item: Any) -> Any:
    """Arguments as data, where they are JSON in a text."""
    if not isinstance(item, str):
        return item
    try:
        return json.loads(item)
    except (ValueError, RecursionError):
        return item


def said(item: Any) -> str:
    """What a content says: text, the texts of its blocks, or its JSON."""
    if isinstance(item, str):
        return item
    if isinstance(item, Iterable) and not isinstance(item, Mapping):
        texts = [block if isinstance(block, str) else _text_of(block) for block in item]
        if all(text is not None for text in texts):
            return "".join(text for text in texts if text is not None)
    return json.dumps(item, ensure_ascii=False)


def _text_of(block: Any) -> str | None:
    text = block.get("text") if isinstance(block, Mapping) else None
    return text if isinstance(text, str) else None


def first(item: Mapping[str, Any], names: Iterable[str], otherwise: Any = None) -> Any:
    """The value under the first of these keys that is there."""
    return next((item[name] for name in names if name in item), otherwise)
