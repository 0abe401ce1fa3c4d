"""A request in OpenAI's chat completions, as litellm takes it for every provider."""

from __future__ import annotations

import json
from typing import Any, Final

from .request import Message, ModelRequest

TOOL_ERROR_MARK: Final = "[tool error] "
"""Begins the text of a failed tool's result, for which this wire has no field."""


def to_wire(request: ModelRequest) -> dict[str, Any]:
    """Write a request as litellm takes it: OpenAI's chat completions, and no second request ever."""
    body: dict[str, Any] = {
        "messages": _messages(request),
        "max_tokens": request.max_tokens,
        "timeout": request.timeout_s,
        "num_retries": 0,
        "max_retries": 0,
        "no-log": True,
    }
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": dict(tool.parameters),
                },
            }
            for tool in request.tools
        ]
    if request.output_schema is not None:
        schema = {"name": "answer", "schema": dict(request.output_schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.seed is not None:
        body["seed"] = request.seed
    if request.thinking_tokens is not None:
        body["thinking"] = request.thinking()
    return body


def _messages(request: ModelRequest) -> list[dict[str, Any]]:
    system = [{"role": "system", "content": request.system}] if request.system else []
    return [*system, *(_message(message) for message in request.messages)]


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        text = f"{TOOL_ERROR_MARK}{message.text}" if message.is_error else message.text
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": text}
    written: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.replay:
        written["thinking_blocks"] = [dict(block) for block in message.replay]
    if message.tool_calls:
        written["content"] = message.text or None
        written["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.args)}}
            for call in message.tool_calls
        ]
    return written
