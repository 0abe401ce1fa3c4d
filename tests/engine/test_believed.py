"""An agent that writes to its worker's socket can spoil its own trial, and nothing else."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from arena_runner import ARENA, run_on_workers, trial
from builders import a_job
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.engine.ending import outcome_of
from harness.engine.flight import Flight
from harness.model import KINDS, Budget
from harness.registry import Services
from harness.score import score
from harness.store.rows import encode
from harness.telemetry.redact import Redactor
from harness.telemetry.rules import CREDENTIALS
from harness.telemetry.scrub import Scrubber
from harness.workspace import AgentSettings, Workspace

NUMBERS = st.integers(-(10**400), 10**400) | st.floats() | st.sampled_from([1e308, -1, True, 0.5])
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
FIELDS = (
    "text", "name", "args", "id", "model", "input_tokens", "output_tokens", "cached_tokens", "cost_usd", "error", "result",
    "agent", "parent", "value", "structured", "message", "passed", "started_s", "to", "task", "first_chunk_s", "chunk_s",
)  # fmt: skip
DATA = st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=6)
EVENTS = st.tuples(st.floats(0, 9) | ANYTHING, st.sampled_from(sorted(KINDS)) | ANYTHING, DATA | ANYTHING).map(list)


@settings(max_examples=300)
@given(
    events=st.lists(EVENTS, max_size=4),
    seconds=st.floats(0, 9) | ANYTHING,
    stdout=st.just("") | ANYTHING,
    status=st.sampled_from(["completed", "agent_failed", "timed_out", "?"]),
    error=st.none() | st.lists(st.text(max_size=3) | ANYTHING, max_size=4) | ANYTHING,
)
def test_whatever_is_reported_can_be_scored_cleaned_and_stored(
    events: Any, seconds: Any, stdout: Any, status: str, error: Any
) -> None:
    outcome = outcome_of(status, error, events, budget=Budget(), seconds=seconds, stdout=stdout)
    result = asyncio.run(score(a_job(), outcome, Services(root=Path())))

    assert encode(Scrubber(Redactor({}, CREDENTIALS)).result(result))
    assert json.dumps(outcome.trace.duration_s, allow_nan=False)


@pytest.mark.parametrize("said", ["numbers", "types", "garbage", "half a line", "nobody's end"])
def test_a_lie_on_the_socket_costs_the_liar_and_nobody_else(said: str) -> None:
    settings_of = {name: AgentSettings(name=name, target="liar.py:agent") for name in ("agent",)}
    jobs = [trial("agent", what, limit_s=5, name=what) for what in (said, "honest", "honest too")]

    ended = run_on_workers(jobs, workspace=Workspace.at(ARENA, agents=settings_of), concurrency=3)

    assert {ended[name].status for name in ("honest", "honest too")} == {"completed"}
    assert said in ended
    if said in {"numbers", "types", "half a line"}:
        assert ended[said].status != "completed"


def test_a_trial_that_says_that_it_is_held_up_does_not_go_on_for_ever() -> None:
    flight = Flight(1, a_job(), "a", limit_s=2.0)
    flight.start(100.0, time.time())
    for seconds in (1e18, float("nan"), -5.0, 1e18):
        flight.put_off(seconds)
    flight.hold(5000.0, held=True)

    assert flight.deadline == 102.0 + 3600.0 + 40.0
    assert not flight.is_held(5001.0)


def test_a_trial_that_waits_for_a_limit_gets_its_time_back() -> None:
    flight = Flight(1, a_job(), "a", limit_s=2.0)
    flight.start(100.0, time.time())
    flight.hold(101.0, held=True)
    assert flight.is_held(900.0)
    flight.hold(901.0, held=False)

    assert flight.deadline == 902.0
