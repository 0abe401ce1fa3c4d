"""The libraries that people use, unmodified, each asked in the same few ways."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

from gateway_kit import KEY, TOOL

FUNCTION = {
    "type": "function",
    "function": {"name": "get_price", "description": "A price.", "parameters": {"type": "object"}},
}
SPEC = {"toolSpec": {"name": "get_price", "description": "A price.", "inputSchema": {"json": {"type": "object"}}}}


class Said(dict[str, Any]):
    """Text, calls (id, name, arguments), stop reason and tokens of a reply."""


@contextmanager
def anthropic(url: str, **options: Any) -> Iterator[Any]:
    from anthropic import Anthropic

    with Anthropic(base_url=url, **{"api_key": KEY, "max_retries": 0, "timeout": 20.0, **options}) as client:
        yield client


@contextmanager
def openai(url: str, **options: Any) -> Iterator[Any]:
    from openai import OpenAI

    with OpenAI(base_url=f"{url}/v1", **{"api_key": KEY, "max_retries": 0, "timeout": 20.0, **options}) as client:
        yield client


def boto3(url: str, *, key: str = KEY, attempts: int = 1) -> AbstractContextManager[Any]:
    import boto3 as library
    from botocore.config import Config

    config = Config(retries={"total_max_attempts": attempts, "mode": "standard"}, read_timeout=20)
    session = library.Session(aws_access_key_id=key, aws_secret_access_key="none", region_name="us-east-1")
    return closing(session.client("bedrock-runtime", endpoint_url=url, config=config))


def ask_anthropic(client: Any, model: str, *, stream: bool = False, tools: bool = False, max_tokens: int = 50) -> Said:
    given: dict[str, Any] = {"model": model, "max_tokens": max_tokens, "messages": [{"role": "user", "content": "hi"}]}
    given |= {"tools": [TOOL]} if tools else {}
    if stream:
        with client.messages.stream(**given) as events:
            found = events.get_final_message()
    else:
        found = client.messages.create(**given)
    blocks = found.content
    return Said(
        text="".join(block.text for block in blocks if block.type == "text"),
        calls=[(block.name, block.input) for block in blocks if block.type == "tool_use"],
        stop=found.stop_reason,
        tokens=(found.usage.input_tokens, found.usage.output_tokens),
    )


def ask_openai(client: Any, model: str, *, stream: bool = False, tools: bool = False, max_tokens: int = 50) -> Said:
    given: dict[str, Any] = {"model": model, "max_tokens": max_tokens, "messages": [{"role": "user", "content": "hi"}]}
    given |= {"tools": [FUNCTION]} if tools else {}
    if not stream:
        found = client.chat.completions.create(**given)
        choice, usage = found.choices[0], found.usage
        calls = [(call.function.name, json.loads(call.function.arguments)) for call in choice.message.tool_calls or ()]
        return Said(text=choice.message.content or "", calls=calls, stop=choice.finish_reason, tokens=_tokens(usage))
    text, stop, usage, parts = "", None, None, {}
    for chunk in client.chat.completions.create(**given, stream=True, stream_options={"include_usage": True}):
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            stop = choice.finish_reason or stop
            for call in choice.delta.tool_calls or ():
                name, args = parts.setdefault(call.index, ["", ""])
                parts[call.index] = [name or call.function.name or "", args + (call.function.arguments or "")]
    calls = [(name, json.loads(args)) for name, args in parts.values()]
    return Said(text=text, calls=calls, stop=stop, tokens=_tokens(usage))


def _tokens(usage: Any) -> tuple[int, int] | None:
    return None if usage is None else (usage.prompt_tokens, usage.completion_tokens)


def ask_boto3(client: Any, model: str, *, stream: bool = False, tools: bool = False, max_tokens: int = 50) -> Said:
    given: dict[str, Any] = {
        "modelId": model,
        "messages": [{"role": "user", "content": [{"text": "hi"}]}],
        "inferenceConfig": {"maxTokens": max_tokens},
    }
    given |= {"toolConfig": {"tools": [SPEC]}} if tools else {}
    if not stream:
        found = client.converse(**given)
        blocks = found["output"]["message"]["content"]
        return Said(
            text="".join(block.get("text", "") for block in blocks),
            calls=[(block["toolUse"]["name"], block["toolUse"]["input"]) for block in blocks if "toolUse" in block],
            stop=found["stopReason"],
            tokens=_counts(found.get("usage")),
        )
    return _converse_stream(client.converse_stream(**given)["stream"])


def _converse_stream(events: Any) -> Said:
    said, names, args = Said(text="", calls=[], stop=None, tokens=None), {}, {}
    with closing(events):
        for event in events:
            match event:
                case {"contentBlockStart": {"contentBlockIndex": index, "start": {"toolUse": call}}}:
                    names[index] = call["name"]
                case {"contentBlockDelta": {"delta": {"text": piece}}}:
                    said["text"] += piece
                case {"contentBlockDelta": {"contentBlockIndex": index, "delta": {"toolUse": {"input": piece}}}}:
                    args[index] = args.get(index, "") + piece
                case {"messageStop": {"stopReason": stop}}:
                    said["stop"] = stop
                case {"metadata": {"usage": usage}}:
                    said["tokens"] = _counts(usage)
    if said["stop"] is None:
        raise EOFError("the stream ended before messageStop")  # boto3 itself does not mind
    said["calls"] = [(name, json.loads(args.get(index, "{}"))) for index, name in names.items()]
    return said


def _counts(usage: Mapping[str, int] | None) -> tuple[int, int] | None:
    return None if usage is None else (usage["inputTokens"], usage["outputTokens"])


CLIENTS = {"anthropic": anthropic, "litellm": openai, "bedrock": boto3}
ASK = {"anthropic": ask_anthropic, "litellm": ask_openai, "bedrock": ask_boto3}
