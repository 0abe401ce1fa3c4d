"""Agents that use up or change what their process shares with others; the case's input says how."""

# ruff: noqa: ASYNC251, ASYNC240, ASYNC221 - misbehaving is what these are for

import asyncio
import locale
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path


async def agent(request, context):
    return await DEEDS[request.input]()


async def hoard():
    held = []
    while True:
        held.append(bytearray(20_000_000))
        await asyncio.sleep(0)


async def thread_bomb():
    stop = threading.Event()
    try:
        while True:
            threading.Thread(target=stop.wait, daemon=True).start()
    finally:
        stop.set()


async def leave_threads():
    for _ in range(100):
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
    return "left threads"


async def change_all():
    Path("elsewhere").mkdir(exist_ok=True)
    os.chdir("elsewhere")
    os.environ["LEAK"] = "yes"
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    random.seed(1)
    return "changed"


async def look():
    return f"{Path.cwd().name == 'elsewhere'} {os.environ.get('LEAK')} {signal.getsignal(signal.SIGTERM)}"


async def draw():
    return str(random.random())


async def shout():
    print("by print")
    os.write(1, b"to the descriptor\n")
    subprocess.run([sys.executable, "-S", "-c", "print('from a child')"], check=True)
    return "shouted"


async def shout_and_leave():
    print("last words")
    os._exit(3)


async def close_output():
    sys.stdout.close()
    os.close(1)
    return "closed"


async def flood():
    block = b"x" * 1_000_000
    for _ in range(50):
        os.write(1, block)
    await asyncio.sleep(0.5)
    return "flooded"


async def escape():
    """Leave a process behind that is in no group of ours, and say its number."""
    ours, theirs = os.pipe()
    if os.fork() == 0:
        os.setsid()
        child = os.fork()
        if child == 0:
            time.sleep(30)
        else:
            os.write(theirs, str(child).encode())
        os._exit(0)
    return os.read(ours, 20).decode()


async def nest():
    def run():
        asyncio.run(asyncio.sleep(0))

    try:
        run()
    except RuntimeError:
        return "refused"


async def set_locale():
    locale.setlocale(locale.LC_ALL, "C")
    return "set"


async def fine():
    await asyncio.sleep(0.05)
    return "fine"


DEEDS = {
    "hoard": hoard,
    "thread bomb": thread_bomb,
    "leave threads": leave_threads,
    "change all": change_all,
    "look": look,
    "draw": draw,
    "shout": shout,
    "shout and leave": shout_and_leave,
    "close output": close_output,
    "flood": flood,
    "escape": escape,
    "nest": nest,
    "set locale": set_locale,
    "fine": fine,
}
