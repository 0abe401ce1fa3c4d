"""An agent for workspaces that last one exercise: it writes down that it began, asks its model, and may wait for a signal."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from harness.llm.request import Message, ModelReply, ModelRequest

if TYPE_CHECKING:
    from harness.adapters import Context, Request

_HERE = Path(__file__).parent


async def asks(request: Request, context: Context) -> str:
    """Ask the model about the input; one that begins with `slow` waits until there is a file `go`."""
    with (_HERE / "begun").open("a", encoding="utf-8") as log:
        log.write(f"{request.input}\n")
    while str(request.input).startswith("slow") and not (_HERE / "go").exists():  # noqa: ASYNC110 - the file comes from another process
        await asyncio.sleep(0.02)
    reply = await context.model.complete(ModelRequest((Message("user", str(request.input)),), max_tokens=64))
    return str(reply.text)


def policy(request: ModelRequest, *, seed: int, noise: float) -> ModelReply:  # noqa: ARG001 - an offline policy's signature
    """Say something about the question that depends on the seed, and write down that it was asked."""
    with (_HERE / "asked").open("a", encoding="utf-8") as log:
        log.write(f"{request.messages[-1].text}\n")
    return ModelReply(f"about {request.messages[-1].text}: {seed % 1000:03}")
