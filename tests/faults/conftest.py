"""Play an agent of a user's own under faults, and grade it."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.connector import Connector
from harness.adapters.context import Clock, Context
from harness.adapters.python import drive_of
from harness.adapters.request import Request
from harness.faults.plan import FaultPlan, begin
from harness.model import Event, Trace, fold
from harness.recorder import Recorder
from harness.workspace import ModelSettings

_SPEC = importlib.util.spec_from_file_location("fault_arena", Path(__file__).parent / "arena.py")
assert _SPEC is not None
assert _SPEC.loader is not None
arena: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(arena)


@dataclass
class Played:
    """What came of a trial."""

    trace: Trace
    plan: FaultPlan
    error: Exception | None
    passed: list[float]
    """Seconds that passed on the virtual clock."""
    orders: list[str]
    """Orders that really arrived."""


@pytest.fixture
def play() -> Callable[..., Played]:
    """Run an agent of the arena under faults."""

    def run(name: str, *faults: Any, seed: int = 7, attempts: int = 4) -> Played:
        recorder = Recorder(iter(range(10**6)).__next__)
        settings = ModelSettings(provider="offline", id="offline", name="offline", attempts=attempts)
        plans: list[FaultPlan] = []
        passed: list[float] = []
        arena.ORDERS.clear()

        async def trial() -> Exception | None:
            plans.append(begin(faults, seed, recorder))
            if faults:
                plans[0].on_pass.append(passed.append)
            context = Context(
                recorder, clock=Clock(), seed=seed, settings={}, connect=Connector(settings, arena.policy, {})
            )
            agent = drive_of(getattr(arena, name), name=name, where="arena.py")
            try:
                await agent(["What is VTI?"], Request("What is VTI?"), context)
            except Exception as error:
                return error
            return None

        error = asyncio.run(trial())
        return Played(fold(Event(*event) for event in recorder.wire), plans[0], error, passed, [*arena.ORDERS])

    return run
