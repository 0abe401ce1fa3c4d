"""The benchmark's generator: everything planted is found, and nothing else, in traces that it was not measured on."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "steps.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_steps", BENCH)
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_steps"] = module  # dataclasses look their module up
    path = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = path
    return module


def test_planted_defects_are_found(bench):
    table = bench.table(bench.detected, range(100_000, 100_100))

    assert set(table) == set(bench.CLASSES)
    for right, wrong, missed in table.values():
        assert right >= 5
        assert right / (right + wrong) >= 0.97
        assert right / (right + missed) >= 0.95


def test_counting_equal_calls_is_not_enough(bench):
    right, wrong, _ = bench.table(bench.duplicate_counter, range(40))["redundant"]

    assert right / (right + wrong) < 0.8
