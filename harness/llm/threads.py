"""Run a blocking call, or iterate a blocking stream, in a thread of its own that nobody has to wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")
_END = object()


async def in_thread(call: Callable[[], T]) -> T:
    """Call in a daemon thread.

    The thread of a call that hangs past its deadline is abandoned: a pool would wait for it when the process ends.
    """
    async for found in _items(lambda: (call(),)):
        return found  # type: ignore[no-any-return]  # of a queue of anything
    raise AssertionError("unreachable")  # a call returns or raises


async def stream_in_thread(items: Callable[[], Iterable[T]]) -> AsyncGenerator[T, None]:
    """Iterate in a daemon thread, handing over each item as it comes."""
    async for item in _items(items):
        yield item


async def _items(items: Callable[[], Iterable[Any]]) -> AsyncGenerator[Any, None]:
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[Any, Exception | None]] = asyncio.Queue()

    def hand_over(item: Any, error: Exception | None = None) -> bool:
        try:
            loop.call_soon_threadsafe(queue.put_nowait, (item, error))
        except RuntimeError:
            return False  # the loop is gone, and with it whoever asked
        return True

    threading.Thread(target=_work, args=(items, hand_over), name="finharness-model", daemon=True).start()
    while True:
        item, error = await queue.get()
        if error is not None:
            raise error
        if item is _END:
            return
        yield item


def _work(items: Callable[[], Iterable[Any]], hand_over: Callable[..., bool]) -> None:
    try:
        for item in items():
            if not hand_over(item):
                return
    except Exception as error:  # noqa: BLE001 - it is raised again where the call was made
        hand_over(_END, error)
    else:
        hand_over(_END)
