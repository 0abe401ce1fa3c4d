"""Agents that tell where they run, and some that do not come back."""

# ruff: noqa: ASYNC110, ASYNC251 - not coming back is what some are for

import asyncio
import os
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


async def traveller(request, context):
    said = request.input
    if said == "leave":
        os._exit(3)
    if said == "hang":
        time.sleep(60)
    if said == "wait":
        while not (ROOT / "go").exists():
            await asyncio.sleep(0.05)
        return "gone on"
    await asyncio.sleep(0.25)
    return {"parent": os.getppid(), "cases": sorted(path.name for path in (ROOT / "cases").glob("*"))}
