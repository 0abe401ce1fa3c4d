"""The supervisor's end of a run on several machines: gives workers to the stations, and hears what becomes of them."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from harness.engine.wire import LOST

from .station import PULSE_S
from .tunnel import Tail

if TYPE_CHECKING:
    from harness.engine.launch import Listener

    from .cluster import RayCluster

_AWAY_S: Final = 2.5 * PULSE_S
_LOST_S: Final = 20.0
_REPLACEMENTS_MOST: Final = 3


class RemoteWorker:
    """The supervisor's end of one worker on another machine; see `member.Link`."""

    def __init__(self, post: Desk, number: int, listener: Listener) -> None:
        self.post = post
        self._number = number
        self._fault = ""
        self._output = ""
        self.listener = listener

    @property
    def away(self) -> bool:
        """Whether its machine has not been heard of for a while."""
        return self.post.away

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message."""
        self.post.order("send", self._number, dict(message))

    def kill(self) -> None:
        """End its process group."""
        self.post.order("kill", self._number)

    def signal(self, number: int) -> None:
        """Send a signal to its process group."""
        self.post.order("signal", self._number, int(signal.Signals(number)))

    def close(self) -> None:
        """Hang up."""
        self.post.order("close", self._number)
        self.post.workers.pop(self._number, None)

    def fault(self) -> str:
        """What its interpreter wrote last, as far as it has arrived."""
        return self._fault

    def output(self) -> str:
        """What its trial has printed, as far as it has arrived."""
        return self._output

    def looked_at(self, fault: str, output: str) -> None:
        """Keep what its station found in its files."""
        self._fault, self._output = fault, output


class Desk:
    """Workers that are wanted, and the orders for them."""

    def __init__(self) -> None:
        self.workers: dict[int, RemoteWorker] = {}
        self.orders: list[tuple[Any, ...]] = []

    @property
    def away(self) -> bool:
        """Whether nothing has been heard for a while that should have been."""
        return False

    def hire(self, number: int, listener: Listener) -> RemoteWorker:
        """Want a worker."""
        worker = self.workers[number] = RemoteWorker(self, number, listener)
        self.order("spawn", number)
        return worker

    def order(self, kind: str, number: int, *more: Any) -> None:
        """Note an order."""
        self.orders.append((kind, number, *more))

    def lose(self, code: int | None = None) -> None:
        """All its workers are gone; without a code, they have never begun."""
        workers, self.workers, self.orders = self.workers, {}, []
        for worker in workers.values():
            worker.listener.gone(code, 0)


class Post(Desk):
    """One station, as long as it is there."""

    def __init__(self, fleet: Fleet, node: str, actor: Any, cpus: int) -> None:
        super().__init__()
        self._fleet = fleet
        self._actor = actor
        self._wake = asyncio.Event()
        self._heard_at = time.monotonic()
        self.node = node
        self.cpus = cpus
        self._tail = None if fleet.limits is None else Tail(fleet.limits, self.order)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._speak()), loop.create_task(self._listen())]

    @property
    def away(self) -> bool:
        """Whether it has not been heard of for a while."""
        return time.monotonic() - self._heard_at > _AWAY_S

    def order(self, kind: str, number: int, *more: Any) -> None:
        """Give an order, which is sent with others of the same moment."""
        super().order(kind, number, *more)
        self._wake.set()

    def take_over(self, desk: Desk) -> None:
        """Start the workers that have waited for a machine."""
        for number, worker in desk.workers.items():
            self.workers[number] = worker
            worker.post = self
        for order in desk.orders:
            self.order(*order)
        desk.workers, desk.orders = {}, []

    def close(self) -> None:
        """Listen no more."""
        for task in self._tasks:
            task.cancel()
        if self._tail is not None:
            self._tail.close()

    async def _speak(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            orders, self.orders = self.orders, []
            try:
                await self._actor.tell.remote(orders)
            except self._fleet.errors as error:
                self._lost(error)
                return

    async def _listen(self) -> None:
        try:
            while True:
                for kind, number, *more in await asyncio.wait_for(self._next(), _LOST_S):
                    self._take(kind, number, more)
        except self._fleet.errors as error:
            self._lost(error)

    async def _next(self) -> list[tuple[Any, ...]]:
        told: list[tuple[Any, ...]] = await self._actor.hear.remote()
        self._heard_at = time.monotonic()
        return told

    def _take(self, kind: str, number: int, more: list[Any]) -> None:
        if kind == "limit":
            if self._tail is not None:
                self._tail.heard(number, more[0])
            return
        worker = self.workers.get(number)
        if worker is None:
            return
        if kind == "heard":
            worker.listener.heard(more[0])
        elif kind == "fault":
            worker.looked_at(*more)
        elif kind == "garbage":
            worker.listener.garbage(more[0])
        elif kind == "gone":
            del self.workers[number]
            worker.listener.gone(*more)

    def _lost(self, error: BaseException) -> None:
        """The machine, or our process on it, is gone, and with it all that ran there."""
        self.close()
        self._fleet.lost(self, error)
        self.lose(LOST)


class Fleet:
    """Starts workers on the stations, each where there is the most room; see `Launching`."""

    def __init__(self, cluster: RayCluster, stations: Mapping[str, Any]) -> None:
        self._cluster = cluster
        self._numbers = count(1)
        self._replaced: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._log = ""
        self._closed = False
        self._waiting = Desk()
        self.errors = cluster.errors
        self.limits = cluster.errand.limits
        self._posts = [Post(self, node, actor, cluster.machines[node]) for node, actor in stations.items()]

    def spawn(self, listener: Listener) -> RemoteWorker:
        """Start a worker; where no machine is left, it has ended before it began."""
        number = next(self._numbers)
        if self._posts:
            post = min(self._posts, key=lambda item: (len(item.workers) + 1) / item.cpus)
            return post.hire(number, listener)
        worker = self._waiting.hire(number, listener)
        if not self._tasks:  # and none will come back
            asyncio.get_running_loop().call_soon(self._waiting.lose)
        return worker

    def log(self) -> str:
        """Why machines were lost."""
        return self._log

    def close(self) -> None:
        """Listen no more; the cluster ends the stations and with them the workers."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        for post in self._posts:
            post.close()

    def lost(self, post: Post, error: BaseException) -> None:
        """Do without a station, and put another on its machine if that is still there."""
        if post not in self._posts:
            return
        self._posts.remove(post)
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        self._log = f"a machine of the cluster was lost: {reason[:300]}"
        task = asyncio.get_running_loop().create_task(self._replace(post))
        self._tasks.add(task)
        task.add_done_callback(self._replaced_or_not)

    def _replaced_or_not(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._posts and not self._tasks:
            self._waiting.lose()

    async def _replace(self, post: Post) -> None:
        self._replaced[post.node] = self._replaced.get(post.node, 0) + 1
        if self._replaced[post.node] > _REPLACEMENTS_MOST or not await asyncio.to_thread(
            self._cluster.is_alive, post.node
        ):
            return
        try:
            actor = await asyncio.to_thread(self._cluster.station, post.node)
        except Exception as error:  # noqa: BLE001 - we do without it, and say so if nothing is left
            self._log = f"a machine of the cluster was lost: {error}"
            return
        if not self._closed:
            following = Post(self, post.node, actor, post.cpus)
            following.take_over(self._waiting)
            self._posts.append(following)
