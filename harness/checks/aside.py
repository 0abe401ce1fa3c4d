"""Run blocking functions beside the event loop, one at a time, each for no longer than it may take."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final

Work = tuple[Callable[[], Any], asyncio.AbstractEventLoop, "asyncio.Future[Any]"]


class Aside:
    """A thread that is kept for the next function, and given up when one does not return.

    One at a time, because functions that people write for checks share their modules' state and expect no company.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[Work] | None = None
        self._turn: asyncio.Lock | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, function: Callable[[], Any], timeout_s: float) -> Any:
        """Call a function and give what it returns or raises.

        Raises:
            TimeoutError: when it takes too long; it is left alone, since nothing can end it.
        """
        loop = asyncio.get_running_loop()
        if self._turn is None or self._loop is not loop:
            self._turn, self._loop = asyncio.Lock(), loop
        async with self._turn:
            queue = self._queue or self._start()
            answer: asyncio.Future[Any] = loop.create_future()
            queue.put((function, loop, answer))
            done, _ = await asyncio.wait((answer,), timeout=timeout_s)
            if not done:
                answer.cancel()
                self._queue = None  # whoever comes next gets another thread
                raise TimeoutError(f"it has not returned after {timeout_s:g} s")
        return answer.result()

    def _start(self) -> SimpleQueue[Work]:
        queue: SimpleQueue[Work] = SimpleQueue()
        threading.Thread(target=_serve, args=(queue,), daemon=True, name="checks").start()
        self._queue = queue
        return queue


def _serve(queue: SimpleQueue[Work]) -> None:
    while True:
        function, loop, answer = queue.get()
        result, failed = None, None
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - also a function that exits must not end the thread
            failed = error
        try:
            loop.call_soon_threadsafe(_tell, answer, result, failed)
        except RuntimeError:  # nobody waits any more
            continue
        if answer.cancelled():  # it came too late, and this thread has been replaced
            return


def _tell(answer: asyncio.Future[Any], result: Any, failed: BaseException | None) -> None:
    if answer.done():
        return
    if failed is None:
        answer.set_result(result)
    elif isinstance(failed, Exception | SystemExit) and not isinstance(failed, StopIteration):
        answer.set_exception(failed)
    else:  # a future refuses it, or it would end the event loop
        answer.set_exception(RuntimeError(type(failed).__name__))


ASIDE: Final = Aside()
"""For the checks of this process."""
