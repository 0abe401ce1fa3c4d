"""Small stand-ins for tests of checks, engines and agents."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.llm.assembly import json_of
from harness.llm.attempt import told
from harness.llm.errors import ModelError
from harness.llm.offline import OfflineModel, Policy
from harness.llm.request import ModelReply, ModelRequest, OnDelta


class QueuedModel:
    """A model that gives prepared replies, or raises prepared errors, in order, and keeps what it was asked."""

    provider = "offline"

    def __init__(
        self,
        replies: Iterable[ModelReply | str | Exception] | Callable[[ModelRequest], ModelReply | str | Exception],
        *,
        name: str = "queued",
    ) -> None:
        self.name = name
        self.model_id = name
        self.requests: list[ModelRequest] = []
        """What it was asked."""
        self.closed = False
        """Whether it was closed."""
        self._queue = None if callable(replies) else iter(replies)
        self._function = replies if callable(replies) else None

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Give the next reply; see `Model.complete`."""
        self.requests.append(request)
        answer = self._next(request)
        if isinstance(answer, Exception):
            raise answer
        reply = ModelReply(answer, stop_reason="end") if isinstance(answer, str) else answer
        await told(on_delta)("text", reply.text)
        if request.output_schema is None or reply.structured is not None:
            return reply
        return ModelReply(reply.text, structured=json_of(reply.text), stop_reason=reply.stop_reason, usage=reply.usage)

    async def close(self) -> None:
        """Note that it was closed."""
        self.closed = True

    def _next(self, request: ModelRequest) -> ModelReply | str | Exception:
        if self._function is not None:
            return self._function(request)
        nothing = ModelError("invalid_reply", "the queue has no reply left")
        return next(self._queue, nothing) if self._queue is not None else nothing


def served(
    policy: Policy, *, seed: int = 0, noise: float = 0.0, flake: float = 0.0
) -> Callable[[ModelRequest], ModelReply]:
    """Make an offline policy something that `ModelServer` can serve, with ids, stop reasons and estimated tokens."""
    return OfflineModel(policy, seed=seed, noise=noise, flake=flake).answer


class FixedClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, at: str | datetime = "2026-11-20T15:00:00+00:00") -> None:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        self._now = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        self._start = self._now

    def now(self) -> datetime:
        """The time."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return (self._now - self._start).total_seconds()

    def advance(self, seconds: float) -> None:
        """Move it."""
        self._now += timedelta(seconds=seconds)


def scripted_agent(
    answers: Mapping[str, Any] | Iterable[Any] | Callable[[Any], Any],
) -> Callable[[Any, Any], Awaitable[Any]]:
    """Make an agent that gives prepared answers: by input, in order, or by a function of the input.

    An answer that is an exception is raised.
    """
    queue = None if callable(answers) or isinstance(answers, Mapping) else iter(answers)

    async def agent(request: Any, context: Any) -> Any:  # noqa: ARG001 - the shape of an agent
        await asyncio.sleep(0)
        if queue is not None:
            answer = next(queue, LookupError("the script has no answer left"))
        elif callable(answers):
            answer = answers(request.input)
        else:
            answer = _by_input(answers, request.input)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return agent


def _by_input(answers: object, asked: object) -> Any:
    if isinstance(answers, Mapping) and isinstance(asked, str) and asked in answers:
        return answers[asked]
    return LookupError(f"the script has no answer to {asked!r}")
