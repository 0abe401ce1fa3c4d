"""A model that is recorded, and one that is played: neither key nor network is needed for the latter."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.llm.connection import price_of
from harness.llm.errors import ModelError
from harness.llm.request import Model, ModelReply, ModelRequest, OnDelta
from harness.workspace import ModelSettings

from .deck import Deck
from .here import JUDGED
from .wire import Nonces, error_data, reply_data, reply_of, request_data

_PIECES = re.compile(r"\S+\s*|\s+")


class _Known:
    """What a model is known by, from its settings alone."""

    def __init__(self, settings: ModelSettings) -> None:
        self.name = settings.name or settings.provider
        self.provider: str = settings.provider
        self.model_id = settings.id or settings.provider
        self.price = price_of(settings)
        self.asked_as = f"{self.provider}/{self.model_id}"


class RecordingModel(_Known):
    """Asks another model and records its replies; failures that may pass are not recorded.

    Where the recordings are a cache, what is there is not asked for again.
    """

    def __init__(self, model: Model, settings: ModelSettings, deck: Deck) -> None:
        super().__init__(settings)
        self._model = model
        self._deck = deck

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask once; see `Model.complete`."""
        asked = request_data(request, self.asked_as)
        known = self._deck.find("model", asked)
        if known is not None:
            kept = replace(reply_of(known), cache_hit=True)
            await said(kept, on_delta)
            return kept
        try:
            reply = await self._model.complete(request, on_delta=on_delta)
        except ModelError as error:
            failed = error_data(error)
            if failed is not None:
                self._deck.put("model", asked, failed)
            raise
        self._deck.put("model", asked, reply_data(reply))
        return reply

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()


class PlayedModel(_Known):
    """Gives recorded replies; a request without one ends the trial as an error of the harness."""

    def __init__(self, settings: ModelSettings, deck: Deck) -> None:
        super().__init__(settings)
        self._deck = deck

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Play the recording of a request.

        Raises:
            ReplayMiss: when there is none.
            ModelError: where a failure was recorded.
        """
        reply = reply_of(self._deck.take("model", request_data(request, self.asked_as)))
        await said(reply, on_delta)
        return reply

    async def close(self) -> None:
        """Nothing is open."""


class JudgedModel(_Known):
    """A judge's model, recorded or played with the trial that is being graded; its random words are taken out before."""

    def __init__(self, settings: ModelSettings, connect: Callable[[], Model]) -> None:
        super().__init__(settings)
        self._connect = connect
        self._model: Model | None = None

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask once, or play; see `Model.complete`."""
        deck, nonces = JUDGED.get(), Nonces(request)
        if deck is None:
            return await self._connected().complete(request, on_delta=on_delta)
        asked = nonces.without(request_data(request, self.asked_as))
        if deck.replays:
            return reply_of(nonces.back(deck.take("judge", asked)))
        known = deck.find("judge", asked)
        if known is not None:
            return replace(reply_of(nonces.back(known)), cache_hit=True)
        reply = await self._connected().complete(request, on_delta=on_delta)
        deck.put("judge", asked, nonces.without(reply_data(reply)))
        return reply

    async def close(self) -> None:
        """Close the model, where it was ever connected."""
        if self._model is not None:
            await self._model.close()

    def _connected(self) -> Model:
        if self._model is None:
            self._model = self._connect()
        return self._model


async def said(reply: ModelReply, on_delta: OnDelta | None) -> None:
    """Say a recorded reply piece by piece."""
    if on_delta is None:
        return
    if reply.thinking:
        await on_delta("thinking", reply.thinking)
    for piece in _PIECES.findall(reply.text):
        await on_delta("text", piece)


def taped(model: Callable[[], Model], settings: ModelSettings, deck: Deck | None) -> Any:
    """A trial's model: as it is, recorded, or played."""
    if deck is None:
        return model()
    return PlayedModel(settings, deck) if deck.replays else RecordingModel(model(), settings, deck)
