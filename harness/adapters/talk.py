"""Talk with a framework's agent: run it, answer what it asks a person from the case's script, and run it on."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from harness.text import one_line

from .context import Context
from .native import Native, plain_of
from .python import run_turns
from .reply import TurnRecord
from .request import AgentReply, Request
from .target import TargetError

_YES: Final = frozenset({"yes", "y", "ok", "true", "approve", "approved", "accept", "confirm", "confirmed", "execute"})
_UNREACHED: Final = frozenset({
    "APIConnectionError", "APITimeoutError", "RateLimitError", "InternalServerError", "AuthenticationError",
    "PermissionDeniedError", "NotFoundError", "ServiceUnavailableError", "OverloadedError",
})  # fmt: skip


class Talk(ABC):
    """One conversation with a framework's agent, in the framework's own terms."""

    @abstractmethod
    def begun(self, request: Request, turn: TurnRecord) -> Any:
        """Begin a turn; gives what the framework is run with."""

    @abstractmethod
    async def run(self, given: Any) -> Any:
        """Run it until it ends or has asked a person; gives what it is run with next, None at the end."""

    @abstractmethod
    async def answer(self, turn: TurnRecord) -> None:
        """Write down what the turn's last run has put out."""

    def close(self) -> None:  # noqa: B027 - most have nothing to add
        """Write down what is left at the end of the conversation."""


class NativeDrive:
    """Runs a framework's agent through the turns of a trial."""

    def __init__(self, native: Native, talk_of: Callable[[Any, Context], Awaitable[Talk]]) -> None:
        self._native = native
        self._talk_of = talk_of

    async def __call__(self, inputs: Sequence[Any], first: Request, context: Context) -> None:
        """Run all turns."""
        async with self._native.opened(context) as agent:
            talk = await self._talk_of(agent, context)

            async def turn_of(request: Request, _: Context, turn: TurnRecord) -> None:
                given = talk.begun(request, turn)
                try:
                    while given is not None:
                        given = await talk.run(given)
                except Exception as error:
                    provider = unreached(error, self._native.target)
                    if provider is None:
                        raise
                    raise provider from error
                await talk.answer(turn)

            await run_turns(inputs, first, context, turn_of)
            talk.close()


def answered(output: Any, turn: TurnRecord) -> None:
    """Record a framework's output: text as it is, anything else as data."""
    if isinstance(output, str):
        if output:
            turn.returned(output)
    elif output is not None:
        structured = plain_of(output)
        text = json.dumps(structured, ensure_ascii=False, default=str)  # what is not plain is refused by `returned`
        turn.returned(structured if isinstance(structured, Mapping) else AgentReply(text, structured))


def refusal_of(answer: Any) -> str | None:
    """What a person's scripted answer says against what was asked; None where it is a yes, in any of the usual forms."""
    if _approves(answer):
        return None
    if isinstance(answer, Mapping):
        return str(answer.get("reason") or answer.get("message") or "it was not approved")
    return str(answer) if isinstance(answer, str) and answer else "it was not approved"


def _approves(answer: Any) -> bool:
    if isinstance(answer, Mapping):
        for key in ("approved", "approve", "decision", "action", "answer", "type"):
            if key in answer:
                return _approves(answer[key])
        return False
    return answer is True or (isinstance(answer, str) and answer.strip().lower().rstrip(".!") in _YES)


def unreached(error: BaseException, where: str) -> TargetError | None:
    """The provider's fault behind a framework's exception, which says nothing about the agent; None for any other."""
    seen: BaseException | None = error
    for _ in range(8):
        if seen is None:
            return None
        name, status = type(seen).__name__, getattr(seen, "status_code", None)
        ours = isinstance(status, int) and (status in {401, 403, 404, 408, 429} or status >= 500)
        if name in _UNREACHED or (ours and name.endswith(("HTTPError", "StatusError"))):
            return TargetError(
                "provider",
                f"the model's provider failed: {name}: {one_line(str(seen), 500)}",
                remedy="look at the model's key, address and limits",
                where=where,
            )
        seen = seen.__cause__ or seen.__context__
    return None
