"""Write down a model call that a framework makes itself."""

from __future__ import annotations

import time

from harness.model import Usage
from harness.recorder import Recorder


class ModelCall:
    """A call under way: it begins when this is made."""

    __slots__ = ("_began", "_recorder", "agent", "first_chunk_s", "model", "provider", "started_s")

    def __init__(self, recorder: Recorder, *, model: str = "", provider: str = "", agent: str = "") -> None:
        self._recorder = recorder
        self._began = time.monotonic()
        self.started_s: float | None = round(recorder.elapsed(), 6)
        """When it began, in seconds of the trial; None where that was not seen."""
        self.first_chunk_s: float | None = None
        """How long its first piece took."""
        self.model = model
        """Name of the model."""
        self.provider = provider
        """Who serves it, where the framework says so."""
        self.agent = agent
        """Which agent asks, where there are several."""

    @classmethod
    def unseen(cls, recorder: Recorder) -> ModelCall:
        """A call whose beginning nobody saw."""
        call = cls(recorder)
        call.started_s = None
        return call

    def piece(self) -> None:
        """A piece of the reply has come."""
        if self.first_chunk_s is None:
            self.first_chunk_s = round(time.monotonic() - self._began, 6)

    def ended(self, usage: Usage, text: str) -> None:
        """Record it, with its list price where that is known."""
        from harness.llm.prices import cost

        told = {
            "provider": self.provider, "agent": self.agent, "text": text,
            "started_s": self.started_s, "first_chunk_s": self.first_chunk_s,
        }  # fmt: skip
        self._recorder.llm_call(
            model=self.model,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_tokens=usage.cached_tokens,
            cost_usd=cost(usage, self.model, "litellm"),
            **{name: item for name, item in told.items() if item not in (None, "")},
        )

    def failed(self, problem: str) -> None:
        """Record that it was not answered."""
        self._recorder.llm_call(model=self.model, error=problem, started_s=self.started_s)
