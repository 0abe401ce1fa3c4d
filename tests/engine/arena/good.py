"""Agents that behave, in every form."""

# ruff: noqa: ASYNC240, ASYNC251 - misbehaving is what these are for

import asyncio
import contextvars
import os
import sys
import threading
import time
from pathlib import Path

from harness.adapters import AgentReply
from harness.model import Event

seen = contextvars.ContextVar("seen", default="nothing")


async def echo(request, context):
    return f"you said {request.input}"


async def nap(request, context):
    await asyncio.sleep(float(request.input))
    return "rested"


def plain(request):
    return {"said": request.input, "thread": threading.current_thread().name}


async def chatty(request, context):
    print("to stdout", request.input)
    print("to stderr", file=sys.stderr)
    return "printed"


async def loud(request, context):
    for _ in range(60):
        print("x" * 100_000)
    return "printed a lot"


async def stream(request, context):
    yield "text_delta", {"text": "one "}
    yield Event(0.0, "text_delta", {"text": "two"})
    yield "done", {}


async def where(request, context):
    return {
        "cwd": str(Path.cwd()),
        "environ": dict(os.environ),
        "initial": Path("/proc/self/environ").read_text() if Path("/proc/self/environ").exists() else "",
        "limit": context.remaining(),
        "now": context.clock.now().isoformat(),
    }


class Counter:
    def start(self, request, context):
        self.said = []
        self.context = context

    async def step(self, request):
        self.said.append(request.input)
        return f"turn {request.turn}: {len(request.history)} before, {len(self.said)} said"

    def close(self):
        self.context.recorder.artifact("said", self.said)


async def rich(request, context):
    return AgentReply("text", {"total": 3}, {"ledger": {"cash": 10}})


async def asks(request, context):
    return {"answers": [context.ask("May I buy?"), context.ask("And sell?")]}


async def spender(request, context):
    for number in range(100):
        context.recorder.llm_call(model="m", input_tokens=10, output_tokens=5, cost_usd=0.01)
        context.recorder.result(context.recorder.call("look", {"n": number}), number)
    return "done"


async def stubborn_spender(request, context):
    while True:
        try:
            context.recorder.call("look")
        except BaseException:
            return "I noticed nothing"


async def brief_block(request, context):
    time.sleep(1.7)
    return "sorry"


def open_world(spec, *, as_of, seed, root):
    if spec.get("broken"):
        raise RuntimeError("no such portfolio")
    return World(spec)


class World:
    def __init__(self, spec):
        self.ledger = {"cash": spec.get("cash", 0)}

    def artifacts(self):
        return {"ledger": self.ledger}

    def close(self):
        self.ledger = None


async def trader(request, context):
    context.world.ledger["cash"] -= 10
    if request.input == "crash":
        raise ValueError("after the trade")
    return "bought"


async def provider(request, context):
    from harness.llm import ModelError

    raise ModelError(request.input, "the provider said so")


async def wraps_provider(request, context):
    from harness.llm import ModelError

    try:
        raise ModelError("overloaded", "busy")
    except ModelError as error:
        raise RuntimeError("my tool failed") from error


async def modelless(request, context):
    return str(context.model)
