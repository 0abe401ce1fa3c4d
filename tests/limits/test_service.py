"""Processes of a run share one governor, and none of them can lose what it was granted."""

from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.limits.client import Client
from harness.limits.governor import Governor
from harness.limits.purse import Purse
from harness.limits.service import Service
from harness.limits.values import Ask, BudgetSpentError, Rates, Used

CHILD = """
import asyncio, sys
from harness.limits.client import Client
from harness.limits.values import Ask, Used

async def main():
    client = Client(sys.argv[1])
    for _ in range(60):
        try:
            number = await client.ask(Ask("m", 1, 1, 10))
        except Exception as error:
            print(type(error).__name__)
            break
        client.sent(number)
        await asyncio.sleep(0)
        client.settle(number, Used("ok", 1, 1, 7))
        print("called")
    await client.close()

asyncio.run(main())
"""


@pytest.fixture
def service() -> Iterator[Service]:
    it = Service(lambda: Governor({"slow": Rates(concurrency=1)}, Purse(micro_usd=300)))
    yield it
    it.close()
    assert not Path(it.address).parent.exists()


def test_processes_together_spend_no_more_than_the_budget(service: Service) -> None:
    words = [sys.executable, "-c", CHILD, service.address]
    children = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = "".join(child.communicate(timeout=60)[0] for child in children)

    assert service.governor is not None
    assert said.count("called") * 7 == service.governor.purse.spent_micro_usd <= 300
    assert said.count("BudgetSpentError") == 3


def test_a_process_that_dies_gives_back_its_place_and_not_its_money(service: Service) -> None:
    async def work() -> int:
        dying, living = Client(service.address), Client(service.address)
        await dying.ask(Ask("slow", 1, 1, 50))
        waiting = asyncio.create_task(living.ask(Ask("slow", 1, 1, 50)))
        await dying.close()
        number = await waiting
        living.settle(number, Used("ok", 1, 1, 5))
        with pytest.raises(BudgetSpentError):
            await living.ask(Ask("slow", 1, 1, 300))
        await living.close()
        assert service.governor is not None
        return service.governor.purse.spent_micro_usd

    assert asyncio.run(work()) == 55


def test_whoever_stops_waiting_is_forgotten(service: Service) -> None:
    async def work() -> None:
        client = Client(service.address)
        first = await client.ask(Ask("slow", 1, 1, 1))
        second = asyncio.create_task(client.ask(Ask("slow", 1, 1, 1)))
        await asyncio.sleep(0)
        second.cancel()
        third = asyncio.create_task(client.ask(Ask("slow", 1, 1, 1)))
        client.settle(first, Used("ok", 1, 1, 1))
        client.settle(await third, Used("ok", 1, 1, 1))
        assert await client.ask(Ask("slow", 1, 1, 1)) > 3  # the place is free again
        await client.close()

    asyncio.run(asyncio.wait_for(work(), 10))
    service.close()
    assert service.governor is not None
    assert service.governor.purse.spent_micro_usd == 3  # the first, the third and the one that was left open


def test_nobody_else_can_connect(service: Service) -> None:
    assert stat.S_IMODE(Path(service.address).parent.stat().st_mode) == 0o700


def test_without_a_governor_no_call_is_made(tmp_path: Path) -> None:
    async def work() -> None:
        await Client(str(tmp_path / "nobody")).ask(Ask("m", 1, 1))

    with pytest.raises(HarnessError, match="limits cannot be asked"):
        asyncio.run(work())


def test_a_governor_that_goes_away_refuses_who_waits() -> None:
    it = Service(lambda: Governor({"m": Rates(concurrency=1)}))

    async def work() -> None:
        client = Client(it.address)
        await client.ask(Ask("m", 1, 1))
        waiting = asyncio.create_task(client.ask(Ask("m", 1, 1)))
        await asyncio.sleep(0)
        await asyncio.to_thread(it.close)
        try:
            await waiting
        finally:
            await client.close()

    with pytest.raises(HarnessError):
        asyncio.run(asyncio.wait_for(work(), 10))
