"""A model whose settings bound what agents may ask of it."""

from __future__ import annotations

from dataclasses import replace

from .prices import Price
from .request import Model, ModelReply, ModelRequest, OnDelta


class LimitedModel:
    """Caps the tokens of every request and gives a temperature to those that have none."""

    def __init__(self, model: Model, *, max_tokens: int | None = None, temperature: float | None = None) -> None:
        self._model = model
        self._max_tokens = max_tokens
        self._temperature = temperature
        self.name = model.name
        self.provider = model.provider
        self.model_id = model.model_id
        self.price: Price | None = getattr(model, "price", None)

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask once; see `Model.complete`."""
        if self._max_tokens is not None:
            request = replace(request, max_tokens=min(request.max_tokens, self._max_tokens))
        if request.temperature is None:
            request = replace(request, temperature=self._temperature)
        return await self._model.complete(request, on_delta=on_delta)

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()
