"""The routing matrix counts what was asked for against what was reached."""

import importlib.util
import sys
from pathlib import Path

import pytest

from harness.model import Case, CheckSpec, Event, Job, Outcome, Result, fold

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def routing():
    spec = importlib.util.spec_from_file_location("bench_routing", ROOT / "bench" / "routing.py")
    module = sys.modules["bench_routing"] = importlib.util.module_from_spec(spec)  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module


def trial(wanted, taken):
    check = CheckSpec(type="python", params={"value": "cases/_checks/clera.py:route", "params": {"route": wanted}})
    events = [Event(0.0, "handoff", {"to": name, "task": "x"}) for name in taken] + [
        Event(1.0, "text_done", {"text": "a"})
    ]
    job = Job(Case(id="x", checks=(check,)), "clera", 0, 1)
    return Result(job=job, status="passed", outcome=Outcome("completed", fold(events)), verdicts=(), score=1.0)


def test_first_handoffs_and_whole_ways_are_counted_apart(routing):
    found = routing.routed(
        [
            trial(["portfolio"], ["portfolio"]),
            trial(["analyst", "portfolio"], ["analyst"]),
            trial([], ["trade"]),
            trial([], []),
        ]
    )

    assert (found.trials, found.exact) == (4, 2)
    assert found.accuracy == 0.75
    assert found.first.counts[("nobody", "trade")] == 1


def test_the_matrix_has_a_row_for_each_member(routing):
    lines = list(routing.table(routing.routed([trial(["trade"], ["analyst"])])))

    assert lines[4] == "| trade | 0 | 1 | 0 | 0 | 0.0% |"
    assert lines[-1] == "| nobody | 0 | 0 | 0 | 0 | – |"


def test_the_committed_table_is_above_the_floor(routing):
    page = (ROOT / "bench" / "routing.md").read_text("utf-8")

    assert page.count("above the floor") == 3
    assert "BELOW" not in page
