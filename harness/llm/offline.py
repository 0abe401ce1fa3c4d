"""The offline model: a policy in place of a provider, the same for the same seed, with no key and no network."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from harness.model import Usage, fingerprint

from .assembly import json_of
from .attempt import attempt, told, unreadable
from .errors import ModelError
from .prices import FREE, Price
from .request import ModelReply, ModelRequest, OnDelta

_CHARACTERS_PER_TOKEN: Final = 4
_PIECES = re.compile(r"\S+\s*|\s+")
_REFUSAL: Final = "I am sorry, but I cannot help with that request."


class Policy(Protocol):
    """A pure function that stands in for a model: it sees what a model sees and nothing else."""

    def __call__(self, request: ModelRequest, *, seed: int, noise: float) -> ModelReply:
        """Answer a request."""
        ...


class OfflineModel:
    """Answers with a policy; counts tokens by estimate; never waits, but says how long a real model would have taken."""

    provider = "offline"

    def __init__(
        self,
        policy: Policy,
        *,
        seed: int = 0,
        noise: float = 0.0,
        flake: float = 0.0,
        name: str = "offline",
        model_id: str = "offline",
        price: Price | None = None,
    ) -> None:
        self.name = name
        self.model_id = model_id
        self.price = price or FREE
        self._policy = policy
        self._seed = seed
        self._noise = noise
        self._flake = flake

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask the policy once; see `Model.complete`."""
        async with attempt(request.timeout_s, _policy_failed):
            reply = self.answer(request)
            tell = told(on_delta)
            await tell("thinking", reply.thinking)
            for piece in _PIECES.findall(reply.text) if on_delta is not None else ():
                await tell("text", piece)
            return reply
        raise AssertionError("unreachable")  # attempt never swallows

    def answer(self, request: ModelRequest) -> ModelReply:
        """The policy's reply as a provider would send it: with ids, a stop reason and estimated tokens."""
        found = self._policy(request, seed=self._seed, noise=self._noise)
        if not isinstance(found, ModelReply):
            raise ModelError("invalid_reply", f"the policy returned a {type(found).__name__}", fault="agent")
        chance = random.Random(fingerprint([self._seed, _seen(request)]))  # noqa: S311 - reproducible on purpose
        return self._dressed(request, self._flaky(_spoken(found), chance), chance)

    async def close(self) -> None:
        """Nothing to release."""

    def _flaky(self, reply: ModelReply, chance: random.Random) -> ModelReply:
        """Misbehave as models do, with the probability `flake`."""
        if chance.random() >= self._flake:
            return reply
        ways = [way for way in _WAYS if way(reply, chance) is not None]
        return chance.choice(ways)(reply, chance) or reply

    def _dressed(self, request: ModelRequest, reply: ModelReply, chance: random.Random) -> ModelReply:
        """Fill in what a provider adds to the model's words."""
        calls = tuple(replace(call, id=call.id or f"call_{n}") for n, call in enumerate(reply.tool_calls, 1))
        stop = reply.stop_reason
        if stop == "unknown":
            stop = "tool_use" if calls else "end"
        usage = Usage(tokens(_seen(request)), tokens(reply.text + reply.thinking + _written(reply)), 0)
        return replace(
            reply,
            tool_calls=calls,
            structured=None if request.output_schema is None else json_of(reply.text),
            stop_reason=stop,
            usage=usage,
            model=self.model_id,
            estimated=True,
            virtual_s=round(chance.uniform(0.3, 0.9) + (usage.output_tokens or 0) * chance.uniform(0.01, 0.03), 3),
        )


def tokens(text: str) -> int:
    """Estimate the tokens of a text: one for every four characters."""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)


def _seen(request: ModelRequest) -> str:
    """Everything that the model reads, as text."""
    parts = [request.system, *(f"{tool.name}{tool.description}{json.dumps(tool.parameters)}" for tool in request.tools)]
    if request.output_schema is not None:
        parts.append(json.dumps(request.output_schema))
    for message in request.messages:
        calls = "".join(f"{call.name}{json.dumps(call.args, default=str)}" for call in message.tool_calls)
        parts.append(f"{message.role}{message.text}{calls}")
    return "".join(parts)


def _spoken(reply: ModelReply) -> ModelReply:
    """Give a reply that is only structured its text, which is what a provider would send."""
    if reply.structured is None or reply.text:
        return reply
    return replace(reply, text=json.dumps(reply.structured, ensure_ascii=False))


def _written(reply: ModelReply) -> str:
    return "".join(f"{call.name}{json.dumps(call.args, default=str)}" for call in reply.tool_calls)


def _refuse(reply: ModelReply, _: random.Random) -> ModelReply | None:
    return replace(reply, text=_REFUSAL, structured=None, tool_calls=(), stop_reason="refusal")


def _cut(reply: ModelReply, chance: random.Random) -> ModelReply | None:
    """Stop in the middle, as at a limit of tokens."""
    if len(reply.text) < 8:
        return None
    return replace(reply, text=reply.text[: chance.randint(4, len(reply.text) - 1)], structured=None,
                   tool_calls=(), stop_reason="max_tokens")  # fmt: skip


def _misquote(reply: ModelReply, chance: random.Random) -> ModelReply | None:
    """Change one digit of the text."""
    places = [match.start() for match in re.finditer(r"[0-9]", reply.text)]
    if not places:
        return None
    place = chance.choice(places)
    digit = (int(reply.text[place]) + chance.randint(1, 9)) % 10
    return replace(reply, text=f"{reply.text[:place]}{digit}{reply.text[place + 1 :]}", structured=None)


def _skip_tools(reply: ModelReply, _: random.Random) -> ModelReply | None:
    """Answer from thin air instead of calling the tool."""
    if not reply.tool_calls:
        return None
    return replace(reply, text=reply.text or "I already have what I need.", tool_calls=(), stop_reason="end")


_WAYS: Final[tuple[Callable[[ModelReply, random.Random], ModelReply | None], ...]] = (
    _refuse,
    _cut,
    _misquote,
    _skip_tools,
)


def _policy_failed(error: Exception) -> ModelError:
    failed = unreadable(error)
    return ModelError("invalid_reply", f"the offline policy failed: {failed.problem}", fault="agent")
