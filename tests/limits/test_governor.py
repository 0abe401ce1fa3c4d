"""Calls are let through in order, within every limit, and a sick provider is left alone."""

from __future__ import annotations

import asyncio

import pytest

from harness.errors import HarnessError
from harness.limits.governor import Governor
from harness.limits.purse import Purse
from harness.limits.turnstile import BROKEN_AFTER, BROKEN_S
from harness.limits.values import Ask, BudgetSpentError, ClosedError, ImpossibleAskError, Rates, Used

from .clockwork import counted

DONE = Used("ok", 1, 1, 1)


def governor(purse: Purse | None = None, **rates: int) -> Governor:
    loop = asyncio.get_running_loop()
    return Governor({"m": Rates(**rates)}, purse, clock=loop.time)


async def call(it: Governor, seconds: float = 0.1, used: Used = DONE, ask: Ask | None = None) -> float:
    """Make one call; the moment at which it was let through."""
    number = await it.ask(ask or Ask("m", 1, 1, 1))
    it.sent(number)
    granted = asyncio.get_running_loop().time()
    await asyncio.sleep(seconds)
    it.settle(number, used)
    return granted


def test_lets_as_many_through_as_a_minute_allows_and_no_more() -> None:
    async def work() -> list[float]:
        it = governor(requests=10)
        return await asyncio.gather(*(call(it) for _ in range(35)))

    moments = sorted(counted(work()))
    assert [sum(start <= moment < start + 60 for moment in moments) for start in moments[:25]] == [10] * 25
    assert moments[-1] < 3 * 60.5


def test_weighs_tokens() -> None:
    async def work() -> list[float]:
        it = governor(tokens=100)
        big = Ask("m", 40, 10, 0)
        return await asyncio.gather(*(call(it, used=Used("ok", 40, 10, 0), ask=big) for _ in range(4)))

    assert [round(moment) for moment in counted(work())] == [0, 0, 60, 60]


def test_is_first_come_first_served() -> None:
    async def work() -> list[int]:
        it, order = governor(tokens=100), []

        async def one(index: int, tokens: int) -> None:
            await call(it, used=Used("ok", tokens, 0, 0), ask=Ask("m", tokens, 0, 0))
            order.append(index)

        await asyncio.gather(*(one(index, tokens) for index, tokens in enumerate([90, 50, 1, 60, 1])))
        return order

    assert counted(work()) == [0, 1, 2, 3, 4]  # small ones do not overtake a large one, which so is never starved


def test_keeps_to_the_concurrency() -> None:
    async def work() -> int:
        it, running, most = governor(concurrency=3), 0, 0

        async def one() -> None:
            nonlocal running, most
            number = await it.ask(Ask("m", 1, 1))
            running, most = running + 1, max(most, running + 1)
            await asyncio.sleep(1)
            running -= 1
            it.settle(number, DONE)

        await asyncio.gather(*(one() for _ in range(10)))
        return most

    assert counted(work()) == 3


def test_models_do_not_wait_for_each_other() -> None:
    async def work() -> float:
        it = governor(requests=1)
        await asyncio.gather(call(it), call(it, ask=Ask("other", 1, 1)), call(it, ask=Ask("other", 1, 1)))
        return asyncio.get_running_loop().time()

    assert counted(work()) < 1


def test_a_throttling_provider_is_asked_less_and_later() -> None:
    async def work() -> tuple[float, float]:
        it = governor(concurrency=8)
        throttled = Used("throttled", 0, 0, 0, retry_after_s=30.0)
        await asyncio.gather(*(call(it, used=throttled) for _ in range(8)))
        moments = await asyncio.gather(*(call(it, seconds=1.0) for _ in range(2)))
        return min(moments), max(moments)

    first, last = counted(work())
    assert first >= 30
    assert last >= first + 1  # one at a time, until it does well again


def test_a_broken_provider_is_left_alone_and_then_tried_once() -> None:
    async def work() -> list[object]:
        it = governor()
        for _ in range(BROKEN_AFTER):
            await call(it, used=Used("failed"))
        seen: list[object] = [await asyncio.gather(call(it), return_exceptions=True)]
        await asyncio.sleep(BROKEN_S + 1)
        probe = asyncio.create_task(call(it, seconds=1.0))
        await asyncio.sleep(0.5)
        after = asyncio.create_task(call(it))
        seen += [await probe, await after]
        return seen

    [refused], probe, after = counted(work())
    assert isinstance(refused, ClosedError)
    assert after >= probe + 1


def test_a_model_that_cannot_be_called_is_not_called_again() -> None:
    async def work() -> None:
        it = governor()
        await call(it, used=Used("refused", 0, 0, 0, problem="no such key"))
        await call(it)

    with pytest.raises(ClosedError, match="'m' is not asked any more: no such key"):
        counted(work())


def test_a_call_larger_than_a_limit_is_refused_at_once() -> None:
    async def work() -> None:
        await governor(output_tokens=50).ask(Ask("m", 10, 51))

    with pytest.raises(ImpossibleAskError, match="51 output tokens, more than its limit of 50 a minute"):
        counted(work())


def test_the_budget_is_never_overshot_by_calls_that_are_bounded() -> None:
    async def work() -> tuple[int, int]:
        purse = Purse(micro_usd=1000)
        it = governor(purse)
        calls = [call(it, used=Used("ok", 1, 1, 7), ask=Ask("m", 1, 1, 10)) for _ in range(400)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        return purse.spent_micro_usd, sum(isinstance(item, BudgetSpentError) for item in results)

    spent, refused = counted(work())
    assert spent == (400 - refused) * 7
    assert 1000 - 10 < spent <= 1000


def test_tells_once_that_the_money_is_spent() -> None:
    async def work() -> list[str]:
        told: list[str] = []
        loop = asyncio.get_running_loop()
        it = Governor({}, Purse(micro_usd=5), clock=loop.time, on_spent=lambda error: told.append(error.problem))
        await asyncio.gather(*(call(it, ask=Ask("m", 1, 1, 6)) for _ in range(3)), return_exceptions=True)
        return told

    assert len(counted(work())) == 1


def test_whoever_stops_waiting_gives_up_the_place() -> None:
    async def work() -> float:
        it = governor(concurrency=1)
        first = await it.ask(Ask("m", 1, 1))
        second = asyncio.create_task(it.ask(Ask("m", 1, 1)))
        third = asyncio.create_task(call(it))
        await asyncio.sleep(1)
        second.cancel()
        await asyncio.sleep(1)
        it.settle(first, DONE)
        return await third

    assert counted(work()) == 2


def test_at_the_end_nobody_waits_for_ever() -> None:
    async def work() -> BaseException | None:
        it = governor(concurrency=1)
        await it.ask(Ask("m", 1, 1))
        waiting = asyncio.create_task(it.ask(Ask("m", 1, 1)))
        await asyncio.sleep(1)
        await it.close()
        return (await asyncio.gather(waiting, return_exceptions=True))[0]

    assert isinstance(counted(work()), HarnessError)
