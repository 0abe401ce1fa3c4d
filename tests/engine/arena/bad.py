"""Agents that misbehave in every way known; the case's input says how."""

# ruff: noqa: ASYNC251, RSE102, SIM105 - misbehaving is what these are for

import asyncio
import ctypes
import os
import re
import signal
import sys
import threading
import time


class UnshowableError(Exception):
    def __str__(self):
        raise RuntimeError("I cannot be shown")


class OwnError(BaseException):
    pass


def cyclic():
    item = []
    item.append(item)
    return {"loop": item}


def deep():
    item = []
    for _ in range(10_000):
        item = [item]
    return {"deep": item}


REPLIES = {
    "none": lambda: None,
    "nan": lambda: {"numbers": [1.0, float("nan")]},
    "infinity": lambda: {"x": float("inf")},
    "bytes": lambda: b"bytes",
    "set": lambda: {"tags": {"a"}},
    "wrong type": object,
    "cyclic": cyclic,
    "deep": deep,
    "huge number": lambda: {"x": 10**400},
    "50 MB": lambda: "x" * 50_000_000,
    "surrogate": lambda: "half \ud800",
}
RAISED = {
    "raise": lambda: ValueError("boom"),
    "unshowable": UnshowableError,
    "base exception": lambda: OwnError("mine"),
    "sys.exit": lambda: SystemExit(0),
    "keyboard interrupt": KeyboardInterrupt,
    "cancelled": asyncio.CancelledError,
    "generator exit": GeneratorExit,
}


async def agent(request, context):
    how = request.input
    context.recorder.call("look", {"before": how})
    if how in REPLIES:
        return REPLIES[how]()
    if how in RAISED:
        raise RAISED[how]()
    await DEEDS[how]()
    return "fine"


async def leave():
    os._exit(0)


async def segfault():
    ctypes.string_at(0)


async def kill_self():
    os.kill(os.getpid(), signal.SIGKILL)


async def kill_parent():
    os.kill(os.getppid(), signal.SIGKILL)
    await asyncio.sleep(60)


async def hang():
    await asyncio.sleep(60)


async def block():
    time.sleep(60)


async def ignore_cancel():
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass


async def hold_lock():
    re.match(r"(a+)+$", "a" * 60 + "b")


async def recurse():
    await recurse()


async def stray_exit():
    async def leave_later():
        raise SystemExit(3)

    task = asyncio.get_running_loop().create_task(leave_later())
    await asyncio.sleep(0.05)
    task.exception()


async def close_everything():
    os.closerange(0, 1000)
    await asyncio.sleep(60)


async def ignore_sigterm():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)


async def leave_grandchild():
    if os.fork() == 0:
        time.sleep(60)
    os._exit(7)


async def fine():
    pass


DEEDS = {
    "os._exit": leave,
    "segfault": segfault,
    "sigkill": kill_self,
    "kill parent": kill_parent,
    "hang": hang,
    "block": block,
    "ignore cancel": ignore_cancel,
    "hold lock": hold_lock,
    "recurse": recurse,
    "stray exit": stray_exit,
    "close everything": close_everything,
    "ignore sigterm": ignore_sigterm,
    "grandchild": leave_grandchild,
    "fine": fine,
}


def stuck(request):
    time.sleep(60)


def sync_exit(request):
    sys.exit(5)


async def silent(request, context):
    for _ in ():
        yield "text_delta", {"text": ""}


async def after_done(request, context):
    yield "text_delta", {"text": "all"}
    yield "done", {}
    yield "text_delta", {"text": " and more"}


async def garbled(request, context):
    yield "text_delta", {"text": "all"}
    yield 7


async def mistaken(request, context):
    yield "tool_cal", {"id": "1"}


async def endless(request, context):
    while True:
        yield "text_delta", {"text": "and on "}


async def late_thread(request, context):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return "left a thread"
