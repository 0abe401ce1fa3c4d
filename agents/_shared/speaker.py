"""An agent that says the words of its input and can be stopped: for cases on streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.adapters import Context, Request


async def speaker(request: Request, context: Context) -> AsyncIterator[tuple[str, dict[str, Any]]]:  # noqa: ARG001 - an agent's signature
    """Say every word; `hold` waits until somebody stops it, and `fail` breaks off."""
    for word in str(request.input).split():
        if word == "hold":
            await asyncio.sleep(30)
        elif word == "fail":
            raise RuntimeError("upstream closed")
        else:
            yield "text_delta", {"text": f"{word} "}
    yield "text_delta", {"text": f"({len(request.history)} before)"}
