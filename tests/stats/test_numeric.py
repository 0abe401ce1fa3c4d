"""Numbers are compared by permuting trials within their case."""

import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from harness.errors import MissingExtra
from harness.stats import Samples, bootstrap, logs, shift
from harness.stats import numeric as module


def test_one_case_is_scipy_s_permutation_test():
    before, now = (1.0, 2.0, 1.5, 1.2, 1.1), (2.1, 1.9, 2.5)
    theirs = scipy_stats.permutation_test(
        (np.array(now), np.array(before)), lambda x, y: x.mean() - y.mean(), alternative="greater"
    )

    assert shift([Samples(before, now)]).p == pytest.approx(theirs.pvalue, abs=0.02)


def test_single_trials_are_a_sign_flip_test():
    gaps = [0.5, 1.0, -0.2, 0.7, 0.9, 0.4]
    flips = np.array(np.meshgrid(*[[-1, 1]] * 6)).reshape(6, -1).T @ np.array(gaps)
    by_hand = (flips > sum(gaps) + 1e-9).mean() + (abs(flips - sum(gaps)) < 1e-9).mean() / 2

    assert shift([Samples((0.0,), (gap,)) for gap in gaps]).p == pytest.approx(by_hand, abs=0.01)


def test_many_cases_are_normal_and_agree_with_permuting(monkeypatch):
    random = np.random.default_rng(4)
    cases = [Samples(tuple(random.normal(0, 1, 5)), tuple(random.normal(0.05, 1, 2))) for _ in range(120)]
    fast = shift(cases).p
    monkeypatch.setattr(module, "_MANY", 1000)

    assert fast == pytest.approx(shift(cases).p, abs=0.02)


def test_false_alarms_keep_their_level():
    random = np.random.default_rng(5)
    p = [
        shift([Samples(tuple(random.exponential(1, 4)), tuple(random.exponential(1, 1))) for _ in range(100)]).p
        for _ in range(400)
    ]

    assert 0.02 < np.mean(np.array(p) <= 0.05) < 0.08


def test_a_ratio_is_a_shift_of_logarithms():
    cases = [Samples(logs([1.0 + i, 1.1 + i]), logs([2 * (1.0 + i), 2 * (1.1 + i)])) for i in range(12)]

    found = shift(cases)

    assert math.exp(found.value) == pytest.approx(2.0)
    assert found.p < 0.001
    assert math.exp(found.limit) >= 2.0


def test_what_never_varies_says_nothing():
    assert shift([Samples((1.0, 1.0), (1.0,))]).p == 1.0
    assert shift([Samples((1.0,), ())]) is None
    assert shift([Samples((1.0, 2.0), (1.0,))]).limit == math.inf


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match="not finite"):
        shift([Samples((1.0, bad), (1.0,))])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_a_bootstrap_interval_lies_within_the_data(values):
    low, high = bootstrap(values, draws=200)

    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


def test_a_bootstrap_agrees_with_the_formula_for_a_mean():
    values = np.random.default_rng(6).normal(0, 1, 400).tolist()
    low, high = bootstrap(values)

    assert (high - low) / 2 == pytest.approx(1.96 / 20, rel=0.15)
    with pytest.raises(ValueError, match="nothing"):
        bootstrap([])


def test_without_numpy_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)

    with pytest.raises(MissingExtra, match="comparing cost"):
        shift([Samples((1.0, 2.0), (3.0,))])
