"""Measure rate limiters where it counts: by the arrival times that a server notes, with four processes calling it.

usage: python bench/rate_limits.py      (writes bench/rate_limits.md; needs redis-server; peers: pip install pyrate-limiter limits aiolimiter)

Each limiter may let 200 requests (or 20,000 tokens) through in any 5 seconds. Four processes want as much as they can get for
20 seconds. `most` is the largest number (or weight) that arrived within any span of 5 seconds, as a share of the limit: more
than 100 % is a limit that was broken. `used` is what got through, as a share of what the limit would have allowed.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SPAN_S = 5.0
LASTS_S = 20.0
PROCESSES = 4
CALLERS = 25
SCENES = {"requests": (200, 1, 1), "tokens": (20_000, 20, 400), "bursts": (200, 1, 1)}
"""Limit in a span, least and greatest weight of a call."""

Gate = Callable[[int], Awaitable[Callable[[int], None]]]
"""Waits for leave to make a call of some weight; gives what is called with the weight at its end."""


async def serve(path: str, log: str, ready: Any) -> None:
    """Note when each request arrives, and answer it after 20 ms."""
    with Path(log).open("w", buffering=1) as file:  # noqa: ASYNC230 - opened once, before anybody calls

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while line := await reader.readline():
                file.write(f"{time.monotonic()} {int(line)}\n")
                await asyncio.sleep(0.02)
                writer.write(b"ok\n")
            writer.close()

        server = await asyncio.start_unix_server(talk, path)
        ready.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(LASTS_S + 15)
        server.close()


async def call_on(path: str, scene: str, gate: Gate, seed: int) -> None:
    """Want as much as possible, until the time is over."""
    _, least, greatest = SCENES[scene]
    draw, end = random.Random(seed), time.monotonic() + LASTS_S

    async def caller() -> None:
        reader, writer = await asyncio.open_unix_connection(path)
        while time.monotonic() < end:
            if scene == "bursts" and int(time.monotonic() / 2) % 2:  # everybody at once, every other two seconds
                await asyncio.sleep(0.01)
                continue
            weight = draw.randint(least, greatest)
            try:
                done = await asyncio.wait_for(gate(weight), max(end - time.monotonic(), 0.01))
            except TimeoutError:
                break
            writer.write(f"{weight}\n".encode())
            await reader.readline()
            done(weight)
        writer.close()

    await asyncio.gather(*(caller() for _ in range(CALLERS)))


# ---- the limiters


def ours(address: str, _redis: str, _scene: str) -> Gate:
    """The governor of a run, asked over its socket."""
    from harness.limits.client import Client
    from harness.limits.values import Ask, Used

    client = Client(address)

    async def gate(weight: int) -> Callable[[int], None]:
        number = await client.ask(Ask("m", weight, 0, 0))
        client.sent(number)
        return lambda taken: client.settle(number, Used("ok", taken, 0, 0))

    return gate


def ours_in_redis(_address: str, redis: str, scene: str) -> Gate:
    """A governor in each process, with its windows in Redis."""
    from redis.asyncio import Redis

    from harness.limits.governor import Governor
    from harness.limits.redis_ import RedisWindows
    from harness.limits.values import Ask, Used

    rates = {"m": rates_of(scene)}
    shared = RedisWindows(Redis(unix_socket_path=redis), rates, holder=str(os.getpid()), scope=scene, seconds=SPAN_S)
    governor = Governor(rates, shared=shared)

    async def gate(weight: int) -> Callable[[int], None]:
        number = await governor.ask(Ask("m", weight, 0, 0))
        return lambda taken: governor.settle(number, Used("ok", taken, 0, 0))

    return gate


def pyrate(_address: str, redis: str, scene: str) -> Gate:
    """pyrate-limiter's sliding log in Redis."""
    from pyrate_limiter import Rate, RateItem, RedisBucket
    from redis import Redis

    bucket = RedisBucket.init(
        [Rate(SCENES[scene][0], round(SPAN_S * 1000))], Redis(unix_socket_path=redis), f"pyrate-{scene}"
    )

    async def gate(weight: int) -> Callable[[int], None]:
        while not bucket.put(RateItem("m", bucket.now(), weight=weight)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # it does not say how long to wait
        return lambda _taken: None

    return gate


def limits_redis(_address: str, redis: str, scene: str) -> Gate:
    """The moving window of limits, in Redis."""
    from limits import RateLimitItemPerSecond
    from limits.storage import RedisStorage
    from limits.strategies import MovingWindowRateLimiter

    limiter = MovingWindowRateLimiter(RedisStorage(f"redis+unix://{redis}"))
    item = RateLimitItemPerSecond(SCENES[scene][0], round(SPAN_S))

    async def gate(weight: int) -> Callable[[int], None]:
        while not limiter.hit(item, scene, cost=weight):  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # it does not say how long to wait
        return lambda _taken: None

    return gate


def aiolimiter_(_address: str, _redis: str, scene: str) -> Gate:
    """Leaky bucket: each process has its own, of a quarter."""
    from aiolimiter import AsyncLimiter

    limiter = AsyncLimiter(SCENES[scene][0] / PROCESSES, SPAN_S)

    async def gate(weight: int) -> Callable[[int], None]:
        await limiter.acquire(weight)
        return lambda _taken: None

    return gate


LIMITERS: dict[str, tuple[Callable[[str, str, str], Gate], str]] = {
    "finharness": (ours, "harness"),
    "finharness, windows in Redis": (ours_in_redis, "redis"),
    "pyrate-limiter, Redis": (pyrate, "pyrate_limiter"),
    "limits, moving window, Redis": (limits_redis, "limits"),
    "aiolimiter, a quarter each": (aiolimiter_, "aiolimiter"),
}


def rates_of(scene: str) -> Any:
    """A scene's limit as ours takes it."""
    from harness.limits.values import Rates

    limit = SCENES[scene][0]
    return Rates(tokens=limit) if scene == "tokens" else Rates(requests=limit)


# ---- measuring


def client_process(name: str, scene: str, seed: int, places: tuple[str, str, str]) -> None:
    """One of the four."""
    address, redis, path = places

    async def main() -> None:
        await call_on(path, scene, LIMITERS[name][0](address, redis, scene), seed)

    asyncio.run(main())


def server_process(path: str, log: str, ready: Any) -> None:
    """The one that counts."""
    asyncio.run(serve(path, log, ready))


def measured(name: str, scene: str, redis: str, folder: Path) -> dict[str, float]:
    """Run one limiter on one scene."""
    from harness.limits.governor import Governor
    from harness.limits.service import Service

    context = multiprocessing.get_context("spawn")
    path, log, ready = str(folder / "door"), str(folder / "log"), context.Event()
    service = Service(lambda: Governor({"m": rates_of(scene)}, seconds=SPAN_S))
    server = context.Process(target=server_process, args=(path, log, ready))
    server.start()
    ready.wait(30)
    words = [(name, scene, seed, (service.address, redis, path)) for seed in range(PROCESSES)]
    clients = [context.Process(target=client_process, args=word) for word in words]
    for client in clients:
        client.start()
    for client in clients:
        client.join(LASTS_S + 20)
        client.kill()
    server.terminate()
    server.join()
    service.close()
    Path(path).unlink(missing_ok=True)
    lines = [line.split() for line in Path(log).read_text().splitlines()]
    return judged([(float(moment), int(weight)) for moment, weight in lines], *SCENES[scene][:1])


def judged(arrivals: list[tuple[float, int]], limit: int) -> dict[str, float]:
    """The worst span and the use of the whole, as shares of the limit."""
    arrivals.sort()
    worst, total, first = 0, 0, 0
    for moment, weight in arrivals:
        total += weight
        while arrivals[first][0] <= moment - SPAN_S:
            total -= arrivals[first][1]
            first += 1
        worst = max(worst, total)
    spans = int(LASTS_S / SPAN_S)
    end = arrivals[0][0] + spans * SPAN_S
    return {"most": worst / limit, "used": sum(weight for moment, weight in arrivals if moment < end) / (limit * spans)}


def installed(limiter: str) -> bool:
    """Whether it can be measured here."""
    return importlib.util.find_spec(LIMITERS[limiter][1]) is not None


def row(limiter: str, redis: str, folder: Path) -> str:
    """A limiter's line of the table."""
    found = [measured(limiter, scene, redis, folder) for scene in SCENES]
    line = f"| {limiter} | " + " | ".join(f"{of['most']:.1%} | {of['used']:.1%}" for of in found) + " |"
    print(line, flush=True)
    return line


def main() -> None:
    """Measure all that is installed, print and write the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        redis = str(folder / "redis")
        words = ["redis-server", "--port", "0", "--unixsocket", redis, "--save", "", "--dir", name]
        if shutil.which("redis-server") is None:
            sys.exit("redis-server is not installed")
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
            time.sleep(1)
            try:
                rows = [row(limiter, redis, folder) for limiter in LIMITERS if installed(limiter)]
            finally:
                process.terminate()
    heads = " | ".join(f"{scene}: most | used" for scene in SCENES)
    text = "\n".join(
        [
            "# Rate limits",
            "",
            "`python bench/rate_limits.py`. Four processes, 25 callers each, 20 s; by the server's own arrival times.",
            f"`most`: the largest share of the limit that arrived within any {SPAN_S:g} s; over 100 % the limit was broken.",
            "`used`: what arrived, as a share of what the limit allows (bursts: callers are silent half of the time).",
            "",
            f"| limiter | {heads} |",
            f"|---|{'---|' * (2 * len(SCENES))}",
            *rows,
            "",
            "Goal: never over 100 %, and at least 95 % used of requests and tokens.",
            "",
        ]
    )
    (HERE / "rate_limits.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
