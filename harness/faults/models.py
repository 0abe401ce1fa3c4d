"""A model with faults in front of it, and the patience of whoever waits for it: on the trial's clock, so nobody waits."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from harness.llm.errors import ErrorKind
from harness.llm.request import DeltaKind, Model, ModelReply, ModelRequest, OnDelta
from harness.model import Usage
from harness.model.fault import Fault

from .errors import InjectedError
from .plan import FaultPlan

SLOW_S: Final = 30.0
"""How long something slow takes where the case does not say."""

FIRST_WAIT_S: Final = 1.0
"""Wait before the second attempt; doubled before each further one, unless the provider says how long."""

_PIECES = re.compile(r"\S+\s*|\s+")
_UNEXPECTED: Final = {"unexpected": True}
_ERRORS: Final[dict[str, tuple[ErrorKind, int | None, str]]] = {
    "rate_limit": ("rate_limit", 429, "too many requests"),
    "server_error": ("overloaded", 500, "internal server error"),
    "overloaded": ("overloaded", 529, "the provider is overloaded"),
    "reset": ("connection", None, "the connection was reset"),
    "invalid_reply": ("invalid_reply", 200, "what came is no reply of this provider"),
    "timeout": ("timeout", None, "no reply in time"),
    "truncated": ("truncated", None, "the stream ended before the reply did"),
}


class FaultyModel:
    """Asks another model, except where a fault strikes."""

    def __init__(self, model: Model, plan: FaultPlan) -> None:
        self._model = model
        self._plan = plan
        self.name = model.name
        self.provider = model.provider
        self.model_id = model.model_id
        self.price = getattr(model, "price", None)

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask once, or fail as the case says; see `Model.complete`."""
        fault = self._plan.next("model", self.name or self.model_id)
        if fault is None:
            return await self._model.complete(request, on_delta=on_delta)
        if fault.kind == "slow":
            return await self._slow(fault, request, on_delta)
        if fault.kind == "empty":
            return ModelReply("", stop_reason="end", usage=Usage(0, 0, 0), model=self.model_id)
        if fault.kind in ("malformed", "wrong_schema"):
            return await self._told(_spoiled(fault, await self._model.complete(request)), on_delta)
        if fault.kind == "truncated" and on_delta is not None:
            await self._half(request, on_delta)
        if fault.kind == "timeout":
            await self._take(fault, request.timeout_s)
        kind, status, said = _ERRORS[fault.kind]
        raise InjectedError(kind, said, status=status, retry_after_s=fault.retry_after_s)

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()

    async def _slow(self, fault: Fault, request: ModelRequest, on_delta: OnDelta | None) -> ModelReply:
        seconds = fault.seconds or SLOW_S
        await self._take(fault, min(seconds, request.timeout_s))
        if seconds >= request.timeout_s:
            raise InjectedError("timeout", "no reply in time")
        reply = await self._model.complete(request, on_delta=on_delta)
        return reply if fault.real else replace(reply, virtual_s=(reply.virtual_s or 0.0) + seconds)

    async def _take(self, fault: Fault, seconds: float) -> None:
        if fault.real:
            await asyncio.sleep(seconds)
        else:
            self._plan.pass_(seconds)

    async def _half(self, request: ModelRequest, on_delta: OnDelta) -> None:
        """Say the first half of the reply."""
        pieces = _PIECES.findall((await self._model.complete(request)).text)
        for piece in pieces[: -(-len(pieces) // 2)]:
            await on_delta("text", piece)

    @staticmethod
    async def _told(reply: ModelReply, on_delta: OnDelta | None) -> ModelReply:
        for piece in _PIECES.findall(reply.text) if on_delta is not None else ():
            assert on_delta is not None
            await on_delta("text", piece)
        return reply


class Patience:
    """Tries again what a fault spoiled, as `harness.limits.patient` does for real providers, but on the virtual clock.

    Waits are not drawn but as long as they may be, so that a case can say how long they are: 1, 2, 4 seconds and so on, or
    what `Retry-After` asks for.
    """

    def __init__(self, model: Model, plan: FaultPlan, *, attempts: int = 4, cap_s: float = 60.0) -> None:
        self._model = model
        self._plan = plan
        self._attempts = attempts
        self._cap_s = cap_s
        self.name = model.name
        self.provider = model.provider
        self.model_id = model.model_id
        self.price = getattr(model, "price", None)

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask until no fault strikes, or patience ends; see `Model.complete`."""
        heard = _Heard(on_delta)
        for attempt in range(1, self._attempts + 1):
            try:
                return await self._model.complete(request, on_delta=None if on_delta is None else heard)
            except InjectedError as error:
                wait = self._wait(error, attempt)
                if wait is None or heard.any:
                    raise
            await self._plan.wait(wait)
        raise AssertionError  # the last attempt returns or raises

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()

    def _wait(self, error: InjectedError, attempt: int) -> float | None:
        if not error.may_pass or attempt >= self._attempts:
            return None
        if error.retry_after_s is not None:
            return error.retry_after_s if error.retry_after_s <= self._cap_s else None
        return min(self._cap_s, FIRST_WAIT_S * float(2 ** (attempt - 1)))


class _Heard:
    """Passes pieces of a reply on, and knows whether there were any: such a reply is not begun anew."""

    def __init__(self, on_delta: Callable[[DeltaKind, str], Awaitable[None]] | None) -> None:
        self._on_delta = on_delta
        self.any = False

    async def __call__(self, kind: DeltaKind, piece: str) -> None:
        self.any = True
        if self._on_delta is not None:
            await self._on_delta(kind, piece)


def _spoiled(fault: Fault, reply: ModelReply) -> ModelReply:
    """The reply with text that is no JSON, or JSON of another shape; a tool it asks for is not asked for."""
    if fault.kind == "wrong_schema":
        return replace(reply, text=json.dumps(_UNEXPECTED), structured=dict(_UNEXPECTED), tool_calls=())
    half = reply.text[: len(reply.text) // 2] or "{"
    return replace(reply, text=half if half.startswith("{") else f'{{"text": "{half}', structured=None, tool_calls=())
