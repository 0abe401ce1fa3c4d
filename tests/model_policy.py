"""What the model behind the small foreign agents says: it acts on what it is told, as `conformance` describes."""

from __future__ import annotations

import json

from harness.testing import Fault, ModelReply, ModelRequest, ToolCall, Usage

USED = Usage(120, 18, 0)


def answer(request: ModelRequest) -> ModelReply | Fault:
    """One reply."""
    last = request.messages[-1]
    if last.role == "tool":
        return _after(request, last.text)
    said = last.text
    if said.startswith("price "):
        return _call("get_price", symbol=said.removeprefix("price "))
    if said.startswith("buy "):
        return _call("buy", symbol=said.removeprefix("buy "), usd=500)
    if said == "which?":
        asked = next(item.text for item in request.messages if item.role == "user")
        return _say(f"You asked for {asked.removeprefix('price ')}.")
    if said == "typed":
        return _call("final_result", VTI=60, BND=40)
    if said == "allocation":
        return _say('{"VTI": 60, "BND": 40}')
    if said == "hang":
        return Fault("hang")
    if said == "outage":
        return Fault("status", status=503, message="overloaded")
    if said == "fail":
        return _call("no_such_tool")
    return _say("" if said == "silent" else said.removeprefix("echo "))


def _after(request: ModelRequest, result: str) -> ModelReply:
    asked = next(item.text for item in reversed(request.messages) if item.role == "user")
    if "price" in result:
        return _say(f"{asked.removeprefix('price ')} costs ${_price(result):.2f}.")
    return _say(f"Done: {result}.")


def _price(result: str) -> float:
    return float(json.loads(result.replace("'", '"'))["price"])


def _say(text: str) -> ModelReply:
    return ModelReply(text, usage=USED)


def _call(name: str, **args: object) -> ModelReply:
    return ModelReply("", tool_calls=(ToolCall("call_1", name, args),), stop_reason="tool_use", usage=USED)
