"""A model whose every attempt is reserved before it is made and settled after it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol

from harness.llm import Model, ModelError, ModelReply, ModelRequest, OnDelta
from harness.llm.prices import Price
from harness.text import one_line

from .estimate import most_input_tokens, most_output_tokens, most_usd
from .values import Ask, Ending, Used, micro

_ENDINGS: Final[dict[str, Ending]] = {
    "rate_limit": "throttled",
    "overloaded": "throttled",
    "authentication": "refused",
    "not_found": "refused",
    "timeout": "failed",
    "connection": "failed",
    "invalid_reply": "failed",
    "truncated": "failed",
}
_BROKEN_STATUSES: Final = frozenset({500, 502, 503, 504})


class Governs(Protocol):
    """Who is asked: the governor itself, or a client of it."""

    async def ask(self, ask: Ask) -> int:
        """Wait for leave."""
        ...

    def sent(self, number: int) -> None:
        """It is being made."""
        ...

    def arrived(self, number: int) -> None:
        """Its reply has begun."""
        ...

    def settle(self, number: int, used: Used) -> None:
        """It has ended."""
        ...


class GovernedModel:
    """Asks the governor, then the model."""

    def __init__(
        self,
        model: Model,
        governor: Governs,
        *,
        price: Price | None = None,
        waiting: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """Wrap a model.

        Args:
            model: Makes one attempt for each call.
            governor: Decides when.
            price: Of the model; by default its own.
            waiting: Entered while leave is waited for, so that a deadline can stand still.
        """
        self._model = model
        self._governor = governor
        self._waiting = waiting
        self.name = model.name
        self.provider = model.provider
        self.model_id = model.model_id
        self.price: Price | None = price if price is not None else getattr(model, "price", None)

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask once; see `Model.complete`.

        Raises:
            BudgetSpentError: when the run may not spend more.
            ImpossibleAskError: when the request is larger than a limit.
            ClosedError: when the model is not to be asked.
        """
        ask = Ask(
            self.name or self.model_id,
            most_input_tokens(request),
            most_output_tokens(request),
            _ceiling(most_usd(request, self.price)),
        )
        with self._waiting():
            number = await self._governor.ask(ask)
        used = Used("lost")
        try:
            self._governor.sent(number)
            reply = await self._model.complete(request, on_delta=self._listening(number, on_delta))
            used = self._used(reply)
            return reply
        except ModelError as error:
            used = ending_of(error)
            raise
        finally:
            self._governor.settle(number, used)

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()

    def _listening(self, number: int, on_delta: OnDelta | None) -> OnDelta | None:
        if on_delta is None:
            return None
        begun = False

        async def listen(kind: object, piece: str) -> None:
            nonlocal begun
            if not begun:
                begun = True
                self._governor.arrived(number)
            await on_delta(kind, piece)  # type: ignore[arg-type]  # passed on as it came

        return listen

    def _used(self, reply: ModelReply) -> Used:
        usage = reply.usage
        usd = None if self.price is None else self.price.of(usage, cache_write_tokens=reply.cache_write_tokens)
        if reply.cache_hit:
            return Used("ok", 0, 0, 0)
        return Used("ok", usage.input_tokens, usage.output_tokens, micro(usd))


def ending_of(error: ModelError) -> Used:
    """What a failed attempt took: nothing when it was turned away with a status, unknown when it was cut."""
    ending = _ENDINGS.get(error.kind, "ok")  # a refusal or a bad request says that the provider is well
    if error.kind == "overloaded" and error.status in _BROKEN_STATUSES:
        ending = "failed"
    nothing = error.status is not None and error.status >= 400
    taken = 0 if nothing else None
    return Used(ending, taken, taken, taken, retry_after_s=error.retry_after_s, problem=one_line(error.problem, 200))


def _ceiling(usd: float | None) -> int | None:
    most = micro(usd)
    return None if most is None else most + 1
