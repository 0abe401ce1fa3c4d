"""A request as Bedrock's Converse takes it."""

from __future__ import annotations

import json
from typing import Any

from .request import Message, ModelRequest
from .turns import turns


def to_wire(request: ModelRequest, model_id: str) -> dict[str, Any]:
    """Write a request as Converse takes it."""
    limits: dict[str, Any] = {"maxTokens": request.max_tokens}
    body: dict[str, Any] = {
        "modelId": model_id,
        "messages": turns(request.messages, _blocks),
        "inferenceConfig": limits,
    }
    if request.system:
        body["system"] = [{"text": request.system}]
    if request.tools:
        body["toolConfig"] = {
            "tools": [
                {
                    "toolSpec": {
                        "name": tool.name,
                        "description": tool.description or tool.name,
                        "inputSchema": {"json": dict(tool.parameters)},
                    }
                }
                for tool in request.tools
            ]
        }
    if request.output_schema is not None:
        schema = {"schema": json.dumps(request.output_schema), "name": "answer"}
        body["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}
    if request.thinking_tokens is not None:
        body["additionalModelRequestFields"] = {"thinking": request.thinking()}
    elif request.temperature is not None:
        limits["temperature"] = request.temperature
    return body


def _blocks(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        result = {
            "toolUseId": message.tool_call_id,
            "content": [{"text": message.text}],
            "status": "error" if message.is_error else "success",
        }
        return [{"toolResult": result}]
    blocks: list[dict[str, Any]] = [{"reasoningContent": {"reasoningText": dict(block)}} for block in message.replay]
    if message.text:
        blocks.append({"text": message.text})
    for call in message.tool_calls:
        blocks.append({"toolUse": {"toolUseId": call.id, "name": call.name, "input": dict(call.args)}})
    return blocks
