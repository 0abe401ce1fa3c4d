"""Every attempt is reserved at its largest and settled with what it took."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress

import pytest

from harness.limits.estimate import most_input_tokens
from harness.limits.governed import GovernedModel
from harness.limits.values import Ask, Used
from harness.llm import Message, ModelError, ModelReply, ModelRequest, Tool
from harness.llm.prices import Price
from harness.model import Usage

PRICE = Price(3e-6, 15e-6)
REQUEST = ModelRequest(messages=(Message("user", "What is my portfolio worth?"),), max_tokens=100)


class Notes:
    """A governor that grants everything and writes it down."""

    def __init__(self) -> None:
        self.said: list[object] = []

    async def ask(self, ask: Ask) -> int:
        self.said.append(ask)
        return 7

    def sent(self, number: int) -> None:
        self.said.append(("sent", number))

    def arrived(self, number: int) -> None:
        self.said.append(("arrived", number))

    def settle(self, number: int, used: Used) -> None:
        self.said.append(used)


class Once:
    name, provider, model_id = "claude", "anthropic", "claude-x"

    def __init__(self, outcome: ModelReply | BaseException) -> None:
        self.outcome = outcome

    async def complete(self, request, *, on_delta=None) -> ModelReply:
        if on_delta is not None:
            await on_delta("text", "a")
            await on_delta("text", "b")
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome

    async def close(self) -> None: ...


def notes_of(outcome: ModelReply | BaseException, *, price: Price | None = PRICE, on_delta=None) -> list[object]:
    notes = Notes()
    with suppress(ModelError, asyncio.CancelledError):
        asyncio.run(GovernedModel(Once(outcome), notes, price=price).complete(REQUEST, on_delta=on_delta))
    return notes.said


def test_asks_for_the_largest_and_settles_what_it_was() -> None:
    ask, sent, used = notes_of(ModelReply("x", usage=Usage(input_tokens=12, output_tokens=5)))

    assert isinstance(ask, Ask)
    assert ask.output_tokens == 100
    assert ask.input_tokens >= 12
    assert ask.micro_usd is not None
    assert ask.micro_usd >= ask.input_tokens * 3 + 1500
    assert sent == ("sent", 7)
    assert used == Used("ok", 12, 5, 12 * 3 + 5 * 15)


def test_says_when_the_reply_begins() -> None:
    async def hear(_kind: str, _piece: str) -> None: ...

    said = notes_of(ModelReply("ab", usage=Usage(input_tokens=1, output_tokens=1)), on_delta=hear)

    assert said.count(("arrived", 7)) == 1


def test_an_unknown_price_is_asked_for_as_unknown() -> None:
    ask = notes_of(ModelReply("x"), price=None)[0]

    assert isinstance(ask, Ask)
    assert ask.micro_usd is None


@pytest.mark.parametrize(
    ("error", "used"),
    [
        (ModelError("rate_limit", "slow", status=429, retry_after_s=2.0), ("throttled", 0, 2.0)),
        (ModelError("overloaded", "busy", status=529), ("throttled", 0, None)),
        (ModelError("overloaded", "broken", status=500), ("failed", 0, None)),
        (ModelError("authentication", "key", status=401), ("refused", 0, None)),
        (ModelError("timeout", "late"), ("failed", None, None)),
        (ModelError("truncated", "cut"), ("failed", None, None)),
        (ModelError("bad_request", "you", status=400), ("ok", 0, None)),
        (asyncio.CancelledError(), ("lost", None, None)),
    ],
)
def test_tells_what_is_known_of_a_failure(error: BaseException, used) -> None:
    last = notes_of(error)[-1]

    assert isinstance(last, Used)
    assert (last.ending, last.micro_usd, last.retry_after_s) == used


def test_a_reply_from_a_cache_took_nothing() -> None:
    assert notes_of(ModelReply("x", cache_hit=True))[-1] == Used("ok", 0, 0, 0)


def test_says_that_it_waits() -> None:
    seen: list[str] = []

    @contextmanager
    def waiting():
        seen.append("begins")
        yield
        seen.append("ends")

    asyncio.run(GovernedModel(Once(ModelReply("x")), Notes(), waiting=waiting).complete(REQUEST))
    assert seen == ["begins", "ends"]


def test_the_estimate_counts_all_that_is_sent() -> None:
    plain = most_input_tokens(REQUEST)
    tool = Tool("price", "Looks up a price", {"type": "object", "properties": {"ticker": {"type": "string"}}})

    assert plain > len("What is my portfolio worth?")
    assert most_input_tokens(ModelRequest(messages=REQUEST.messages, tools=(tool,))) > plain + 60
    assert most_input_tokens(ModelRequest(messages=REQUEST.messages, system="é" * 50)) == plain + 100
