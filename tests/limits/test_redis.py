"""Windows in a real Redis server: the limit holds for all hosts together, by the server's clock."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import Incomplete
from harness.limits.governor import Governor
from harness.limits.redis_ import RedisWindows
from harness.limits.values import Ask, ImpossibleAskError, Rates, Used

DONE = Used("ok", 1, 1, 0)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of this test's own; gives its socket."""
    if shutil.which("redis-server") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("redis-server is not installed; nox -s tests installs it where it may")
        pytest.skip("redis-server is not installed")
    path = tmp_path_factory.mktemp("redis") / "socket"
    words = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--daemonize", "no"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert any("ready to accept" in line.lower() for line in process.stdout)
    yield str(path)
    process.terminate()
    process.communicate()


def windows(server: str, rates: Rates, *, scope: str, holder: str = "here", seconds: float = 60.0) -> RedisWindows:
    from redis.asyncio import Redis

    return RedisWindows(Redis(unix_socket_path=server), {"m": rates}, holder=holder, scope=scope, seconds=seconds)


def with_windows(shared: RedisWindows, work: Coroutine[Any, Any, Any]) -> Any:
    async def main() -> Any:
        try:
            return await work
        finally:
            await shared.close()

    return asyncio.run(main())


def test_hosts_together_keep_to_the_limit(server: str) -> None:
    first, second = (windows(server, Rates(requests=5), scope="together", holder=name) for name in "ab")

    async def work() -> list[float]:
        waits = [await host.take(number, Ask("m", 1, 1)) for number in range(4) for host in (first, second)]
        await second.close()
        return waits

    waits = with_windows(first, work())
    assert waits[:5] == [0.0] * 5
    assert all(60.0 < wait <= 63.1 for wait in waits[5:])


def test_what_a_call_did_not_take_is_given_back(server: str) -> None:
    shared = windows(server, Rates(tokens=100), scope="back")

    async def work() -> tuple[float, float]:
        assert await shared.take(1, Ask("m", 60, 30)) == 0.0
        before = await shared.take(2, Ask("m", 40, 30))
        await shared.settle(1, Ask("m", 60, 30), Used("ok", 6, 3, 0))
        return before, await shared.take(2, Ask("m", 40, 30))

    before, after = with_windows(shared, work())
    assert before > 0
    assert after == 0.0


def test_a_span_later_there_is_room_again(server: str) -> None:
    shared = windows(server, Rates(requests=2), scope="later", seconds=0.2)

    async def work() -> float:
        for number in range(2):
            await shared.take(number, Ask("m", 1, 0))
            await shared.settle(number, Ask("m", 1, 0), Used("ok", 1, 0, 0))
        wait = await shared.take(3, Ask("m", 1, 0))
        await asyncio.sleep(wait)
        assert await shared.take(3, Ask("m", 1, 0)) == 0.0
        return wait

    assert 0 < with_windows(shared, work()) <= 0.2


def test_two_governors_wait_for_one_server(server: str) -> None:
    async def work() -> list[float]:
        loop, moments = asyncio.get_running_loop(), []
        hosts = [windows(server, Rates(requests=6), scope="governed", holder=name, seconds=0.3) for name in "ab"]
        governors = [Governor({"m": Rates(requests=6)}, shared=host, clock=loop.time) for host in hosts]

        async def call(governor: Governor) -> None:
            number = await governor.ask(Ask("m", 1, 1))
            moments.append(loop.time())
            governor.settle(number, DONE)

        await asyncio.gather(*(call(governor) for governor in governors for _ in range(9)))
        for governor in governors:
            await governor.close()
        return sorted(moments)

    moments = asyncio.run(work())
    assert len(moments) == 18
    assert moments[-1] - moments[0] >= 2 * 0.3


@given(weights=st.lists(st.integers(1, 12), min_size=1, max_size=25), scope=st.uuids())
@settings(max_examples=25)
def test_admits_what_an_exact_sliding_log_admits(server: str, weights: list[int], scope: object) -> None:
    pyrate = pytest.importorskip("pyrate_limiter")
    from redis import Redis

    shared = windows(server, Rates(tokens=50), scope=str(scope))
    with Redis(unix_socket_path=server) as connection:
        bucket = pyrate.RedisBucket.init([pyrate.Rate(50, 60_000)], connection, f"oracle-{scope}")
        expected = [bool(bucket.put(pyrate.RateItem("x", bucket.now(), weight=weight))) for weight in weights]

    async def work() -> list[bool]:
        return [await shared.take(number, Ask("m", weight, 0)) == 0.0 for number, weight in enumerate(weights)]

    assert with_windows(shared, work()) == expected


def test_a_call_larger_than_a_limit_is_refused(server: str) -> None:
    shared = windows(server, Rates(input_tokens=10), scope="large")

    with pytest.raises(ImpossibleAskError, match="11 input tokens"):
        with_windows(shared, shared.take(1, Ask("m", 11, 0)))


def test_a_model_without_limits_asks_nobody(tmp_path: Path) -> None:
    shared = windows(str(tmp_path / "nobody"), Rates(), scope="free")

    assert with_windows(shared, shared.take(1, Ask("m", 1, 1))) == 0.0


def test_without_a_server_no_call_is_made(tmp_path: Path) -> None:
    async def work() -> None:
        shared = windows(str(tmp_path / "nobody"), Rates(requests=1), scope="none")
        governor = Governor({"m": Rates(requests=1)}, shared=shared)
        try:
            await governor.ask(Ask("m", 1, 1))
        finally:
            await governor.close()

    with pytest.raises(Incomplete, match="shared limits cannot be asked"):
        asyncio.run(work())
