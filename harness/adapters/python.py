"""Drive a Python agent through the turns of one trial."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Any, Final, Protocol

from harness.recorder import Recorder

from .context import Context
from .reply import TurnRecord
from .request import InvalidOutputError, Request
from .shapes import Form, arity, form_of, takes_input

_END: Final = object()

threads_here: ContextVar[list[threading.Thread]] = ContextVar("threads")
"""Threads that were started for the running trial."""


class Drive(Protocol):
    """One agent, as something that runs all turns of a trial."""

    async def __call__(self, inputs: Sequence[Any], first: Request, context: Context) -> None:
        """Run the turns in order, recording everything."""
        ...


def drive_of(agent: Any, *, name: str, where: str) -> Drive:
    """Prepare an agent of any form.

    Raises:
        AgentError: when it cannot be driven.
    """
    form = form_of(agent, where=where)
    if form == "session":
        from .session import SessionDrive

        return SessionDrive(agent, where=where)
    return _FunctionDrive(agent, form, takes=arity(agent, name=name, most=2, where=where))


class _FunctionDrive:
    """A function that is called once for each turn."""

    def __init__(self, function: Callable[..., Any], form: Form, *, takes: int) -> None:
        self._function = function
        self._form = form
        self._takes = takes
        self._takes_input = takes == 1 and takes_input(function)

    async def __call__(self, inputs: Sequence[Any], first: Request, context: Context) -> None:
        await run_turns(inputs, first, context, self._turn)

    async def _turn(self, request: Request, context: Context, turn: TurnRecord) -> None:
        args = (request.input,) if self._takes_input else (request, context)[: self._takes]
        if self._form == "blocking":
            await blocking(lambda: collect(self._function(*args), turn), turn)
        else:
            await consume(self._function(*args), turn)


async def run_turns(
    inputs: Sequence[Any],
    first: Request,
    context: Context,
    turn_of: Callable[[Request, Context, TurnRecord], Awaitable[None]],
    *,
    metered: bool = True,
) -> None:
    """Run the turns one after the other, each ended by a `done` event.

    Args:
        inputs: What the user says.
        first: The first turn's request.
        context: The trial's means.
        turn_of: Takes one turn.
        metered: Whether no model call is seen only where there was none; an agent elsewhere may not tell.
    """
    recorder = context.recorder
    history: tuple[tuple[Any, str], ...] = ()
    request = first
    for number, said in enumerate(inputs):
        if number:
            request = Request(said, number, first.world, first.as_of, first.seed, history)
        turn, calls = TurnRecord(recorder), recorder.model_calls
        await turn_of(request, context, turn)
        if not turn.has_spoken:
            raise InvalidOutputError("answer", "the agent ended its turn without saying anything")
        untold = {} if metered or recorder.model_calls > calls else {"unmetered": True}
        recorder.emit("done", turn=number, **untold)
        if number + 1 < len(inputs):
            history = (*history, (said, recorder.last_answer))


async def consume(reply: Any, turn: TurnRecord) -> None:
    """Record a reply that may still have to be awaited or iterated."""
    if inspect.isawaitable(reply):
        reply = await reply
    if hasattr(reply, "__aiter__"):
        async for item in reply:
            turn.yielded(item)
    elif inspect.isgenerator(reply):
        for item in reply:
            turn.yielded(item)
    else:
        turn.returned(reply)


def collect(reply: Any, turn: TurnRecord) -> Any:
    """Record what a blocking function gave; what must be awaited is handed back to the event loop."""
    if inspect.isawaitable(reply) or hasattr(reply, "__aiter__"):
        return reply
    if inspect.isgenerator(reply):
        for item in reply:
            turn.yielded(item)
    else:
        turn.returned(reply)
    return _END


async def blocking(work: Callable[[], Any], turn: TurnRecord) -> None:
    """Do work in a thread of its own, so that it cannot hold up the event loop."""
    left = await in_thread(work)
    if left is not _END:
        await consume(left, turn)


async def in_thread(work: Callable[[], Any]) -> Any:
    """Run a function in a new daemon thread: a pool's threads could be used up by functions that never return."""
    loop = asyncio.get_running_loop()
    finished: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def report(result: Any, error: BaseException | None) -> None:
        if finished.done():
            return
        if error is None:
            finished.set_result(result)
        else:
            finished.set_exception(_settable(error))

    def body() -> None:
        result, failed = None, None
        try:
            result = context.run(work)
        except BaseException as error:  # noqa: BLE001 - SystemExit of an agent must end its trial, not its thread only
            failed = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(report, result, failed)

    thread = threading.Thread(target=body, daemon=True, name="agent")
    threads_here.get([]).append(thread)
    thread.start()
    return await _until_done(finished)


async def _until_done(finished: asyncio.Future[Any]) -> Any:
    """Wait for a thread even when cancelled: a trial has not ended while its code still runs."""
    cancelled: asyncio.CancelledError | None = None
    while not finished.done():
        try:
            await asyncio.wait((finished,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        finished.exception()
        raise cancelled
    return finished.result()


class RaisedError(Exception):
    """Carries an exception that a future refuses to hold."""


def _settable(error: BaseException) -> BaseException:
    if isinstance(error, StopIteration):
        carrier = RaisedError(f"StopIteration: {error.value!r}")
        carrier.__cause__ = error
        return carrier
    return error


def finish(recorder: Recorder, world: Any) -> None:
    """Record the end state of a world and close it."""
    if world is None:
        return
    try:
        artifacts = getattr(world, "artifacts", None)
        for name, content in (artifacts() if callable(artifacts) else {}).items():
            recorder.artifact(str(name), content)
    finally:
        close = getattr(world, "close", None)
        if callable(close):
            close()
