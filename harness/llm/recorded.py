"""A model whose calls are written into the trial's trace, failed ones included."""

from __future__ import annotations

from typing import Any, Protocol

from harness.text import one_line, shorten

from .errors import ModelError
from .prices import Price, lookup
from .request import DeltaKind, Model, ModelReply, ModelRequest, OnDelta

_PREVIEW = 2000
_ID_LENGTH = 200


class Recording(Protocol):
    """What is needed of a recorder; `harness.recorder.Recorder` is one."""

    def elapsed(self) -> float:
        """Seconds since the trial started."""
        ...

    def emit(self, kind: Any, /, **data: Any) -> object:
        """Write an event."""
        ...


class RecordedModel:
    """Asks another model and emits one `llm_call` event for each call."""

    def __init__(self, model: Model, recorder: Recording, *, agent: str = "") -> None:
        self._model = model
        self._recorder = recorder
        self._agent = agent
        self.name = model.name
        self.provider = model.provider
        self.model_id = model.model_id
        self.price: Price | None = getattr(model, "price", None) or lookup(model.model_id, model.provider)

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask once; see `Model.complete`."""
        started = self._recorder.elapsed()
        chunks = _Chunks(self._recorder, on_delta)
        try:
            reply = await self._model.complete(request, on_delta=None if on_delta is None else chunks)
        except BaseException as error:  # a call that was cancelled at the trial's deadline was made, too
            known = getattr(error, "facts", {}) if isinstance(error, ModelError) else {}
            self._emit(started, error=_words(error), **known, **chunks.facts(started))
            raise
        self._emit(started, **facts_of(reply, self.price), **chunks.facts(started))
        return reply

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()

    def _emit(self, started: float, **facts: Any) -> None:
        known = {"agent": self._agent} if self._agent else {}
        offline = {"offline": True} if self.provider == "offline" else {}
        self._recorder.emit(
            "llm_call", model=self.model_id, provider=self.provider, started_s=started, **known, **offline, **facts
        )


def facts_of(reply: ModelReply, price: Price | None) -> dict[str, Any]:
    """What an `llm_call` event says of a reply."""
    usage = reply.usage
    facts: dict[str, Any] = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "cost_usd": _cost(reply, price),
        "stop_reason": reply.stop_reason,
        "text": shorten(reply.text, _PREVIEW),
    }
    extra = {"virtual_s": reply.virtual_s, "estimated": reply.estimated or None, "answered_by": reply.model}
    extra |= {"reply_id": shorten(reply.reply_id, _ID_LENGTH), "cache_hit": reply.cache_hit or None}
    return facts | {name: fact for name, fact in extra.items() if fact}


def _cost(reply: ModelReply, price: Price | None) -> float | None:
    """The price of a reply; one that a cache gave costs nothing."""
    if reply.cache_hit:
        return 0.0
    return None if price is None else price.of(reply.usage, cache_write_tokens=reply.cache_write_tokens)


class _Chunks:
    """Notes when the pieces of a streamed reply come, and passes them on."""

    def __init__(self, recorder: Recording, on_delta: OnDelta | None) -> None:
        self._recorder = recorder
        self._on_delta = on_delta
        self._count = 0
        self._first_s = self._last_s = 0.0

    async def __call__(self, kind: DeltaKind, piece: str) -> None:
        self._last_s = self._recorder.elapsed()
        if not self._count:
            self._first_s = self._last_s
        self._count += 1
        if self._on_delta is not None:
            await self._on_delta(kind, piece)

    def facts(self, started: float) -> dict[str, float]:
        """What is known of them; nothing of a reply that was not streamed."""
        facts = {"first_chunk_s": self._first_s - started} if self._count else {}
        if self._count > 1:
            facts["chunk_s"] = (self._last_s - self._first_s) / (self._count - 1)
        return {name: round(max(0.0, seconds), 6) for name, seconds in facts.items()}


def _words(error: BaseException) -> str:
    if isinstance(error, ModelError):
        return f"{error.kind}: {one_line(error.problem)}"
    return one_line(f"{type(error).__name__}: {error}")
