"""A model that fails as a case says, and the patience that the agents have with it: on the trial's clock, so nobody waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from harness.errors import UserError, nearest
from harness.limits.patient import PatientModel
from harness.llm.errors import ErrorKind, ModelError
from harness.llm.request import Model, ModelReply, ModelRequest, OnDelta

if TYPE_CHECKING:
    from harness.adapters import Context

ATTEMPTS: Final = 3
"""Attempts at one request, the first included."""

FIRST_WAIT_S: Final = 1.0
"""Wait before the second attempt; doubled before each further one, unless the provider says how long."""

_KINDS: Final = (*get_args(ErrorKind), "empty", "ok")


def troubled(context: Context) -> Model | None:
    """The trial's model as its world lets it be reached, or None where the world says nothing about it."""
    world = context.world
    faults = world.conditions.model_faults if world is not None else ()
    if not faults:
        return None
    left: list[Any] = world.kept.setdefault("model_faults", list(faults))
    waits: list[float] = world.kept.setdefault("waits", [])

    async def sleep(seconds: float) -> None:
        world.clock.advance(seconds)
        waits.append(seconds)
        context.recorder.artifact("waits", waits)

    failing = FailingModel(context.model, left, context)
    return PatientModel(failing, attempts=ATTEMPTS, first_s=FIRST_WAIT_S, draw=lambda _, longest: longest, sleep=sleep)


class FailingModel:
    """Fails once for each fault that is left: a kind of error, `{rate_limit: seconds to wait}`, `empty` or `ok`."""

    def __init__(self, model: Model, left: list[Any], context: Context) -> None:
        self._model = model
        self._left = left
        self._context = context
        self.name = model.name
        self.provider = model.provider
        self.model_id = model.model_id
        self.price = getattr(model, "price", None)

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask once, or fail; see `Model.complete`."""
        fault = self._left.pop(0) if self._left else "ok"
        kind, retry_after = next(iter(fault.items())) if isinstance(fault, Mapping) else (fault, None)
        if kind == "ok":
            return await self._model.complete(request, on_delta=on_delta)
        if kind == "empty":
            self._record(stop_reason="end", input_tokens=0, output_tokens=0, text="")
            return ModelReply("", stop_reason="end")
        if kind not in _KINDS:
            raise UserError(f"unknown fault {kind!r} of a model", remedy=nearest(str(kind), _KINDS))
        if kind == "timeout":
            self._context.world.clock.advance(request.timeout_s)
        self._record(error=f"{kind}: as the case says")
        raise ModelError(cast("ErrorKind", kind), "the provider did not answer", retry_after_s=retry_after)

    async def close(self) -> None:
        """Nothing of its own to close."""

    def _record(self, **facts: Any) -> None:
        started = self._context.recorder.elapsed()
        self._context.recorder.llm_call(
            model=self.model_id, provider=self.provider, started_s=started, cost_usd=0.0, **facts
        )
