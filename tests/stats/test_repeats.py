"""pass^k and pass@k count draws without replacement."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats import flake_rate, holm, pass_at_k, pass_hat_k


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.integers(1, 8))
def test_both_agree_with_every_possible_draw(trials, k):
    draws = list(combinations(trials, k))
    passed, n = sum(trials), len(trials)

    every = sum(map(all, draws)) / len(draws) if draws else None
    some = sum(map(any, draws)) / len(draws) if draws else None
    assert pass_hat_k(passed, n, k) == (None if every is None else pytest.approx(every))
    assert pass_at_k(passed, n, k) == (None if some is None else pytest.approx(some))


def test_they_are_different_things():
    assert (pass_hat_k(2, 4, 2), pass_at_k(2, 4, 2)) == (pytest.approx(1 / 6), pytest.approx(5 / 6))


def test_flake_rate_is_how_often_two_trials_disagree():
    assert flake_rate([(2, 4), (4, 4), (0, 1)]) == pytest.approx((4 / 6 + 0) / 2)
    assert flake_rate([(1, 1)]) is None


@pytest.mark.parametrize(
    ("given_p", "adjusted"),
    [
        pytest.param([0.01, 0.04, 0.03, 0.005], (0.03, 0.06, 0.06, 0.02), id="textbook"),
        pytest.param([0.5, 0.9], (1.0, 1.0), id="never-above-one"),
        pytest.param([], (), id="none"),
    ],
)
def test_holm_steps_down(given_p, adjusted):
    assert holm(given_p) == pytest.approx(adjusted)
