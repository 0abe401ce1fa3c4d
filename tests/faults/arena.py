"""Agents of a user's own, with no code for faults: played with `tests/faults/conftest.py`."""

from __future__ import annotations

from typing import Any

from harness.llm.request import Message, ModelReply, ModelRequest


def policy(request: ModelRequest, *, seed: int, noise: float) -> ModelReply:
    """Answer with JSON, whatever is asked."""
    del seed, noise
    return ModelReply(f'{{"class": "equity", "asked": {len(request.messages)}}}')


async def asks(request: Any, context: Any) -> str:
    """Ask the model once, and let what goes wrong through."""
    reply = await context.model.complete(ModelRequest((Message("user", str(request.input)),)))
    return reply.text or "(nothing)"


async def copes(request: Any, context: Any) -> str:
    """Ask the model, and say so where it cannot be asked."""
    try:
        return await asks(request, context)
    except Exception as error:
        return f"could not: {type(error).__name__}"


def quote(symbol: str) -> dict[str, Any]:
    """A tool."""
    return {"symbol": symbol, "price": 100.0, "price_date": "2026-11-20", "market_open": True, "fx_rate": 1.08}


ORDERS: list[str] = []
"""Orders that arrived."""


async def order(symbol: str) -> dict[str, Any]:
    """A tool that is awaited."""
    ORDERS.append(symbol)
    return {"status": "filled", "symbol": symbol, "quantity": 10, "notional": 1000.0}


async def trades(request: Any, context: Any) -> dict[str, Any]:
    """Call both tools once, twice where it fails."""
    del request
    told: dict[str, Any] = {}
    for name, call in (("quote", context.tool(quote)), ("order", context.tool(order))):
        for _ in range(2):
            try:
                found = call(symbol="VTI")
                told[name] = found if isinstance(found, dict | str) else await found
                break
            except Exception as error:
                told[name] = f"{type(error).__name__}: {error}"
    return told
