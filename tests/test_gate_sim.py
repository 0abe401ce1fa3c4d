"""The simulator's fast formulas are those of harness.stats, and its table is the one that is committed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def simulator():
    spec = importlib.util.spec_from_file_location("gate_sim", ROOT / "bench" / "gate_sim.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_fast_and_exact_formulas_agree(simulator):
    assert simulator.agrees(np.random.default_rng(8)) < 1e-9


def test_false_alarms_and_power_are_near_what_is_committed(simulator):
    random = np.random.default_rng(9)
    quiet = simulator.screen_and_confirm(simulator.suites(400, 50, "none", random), random)
    broken = simulator.screen_and_confirm(simulator.suites(400, 50, "break 5", random), random)

    assert quiet.failed.mean() < 0.08
    assert broken.failed.mean() > 0.72
    assert broken.trials.mean() < 2.1


def test_a_whole_decision_over_a_thousand_cases_takes_less_than_a_second(simulator):
    assert simulator.speed() < 1.0


def test_using_one_baseline_twice_would_raise_false_alarms(simulator):
    """Why the baseline is split: the same trials for choosing and confirming are no fair measure."""
    random = np.random.default_rng(10)
    suite = simulator.suites(400, 200, "none", random)
    stored, seen, fresh = (
        random.binomial(5, suite.before),
        random.binomial(1, suite.after),
        random.binomial(5, suite.after),
    )
    suspects = (seen == 0) & (stored > 2)

    p = simulator.mid_p(stored, 5, fresh, 5, suspects)

    assert (p <= simulator.CONFIRM).mean() > 0.15
