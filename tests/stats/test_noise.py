"""Chance within cases is told from differences between them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from harness.stats import is_flaky, neyman, shares, spread, trial_variance
from harness.stats.beta import beta_cdf

COUNTED = st.integers(2, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.floats(0.001, 0.999), st.floats(0.5, 40), st.floats(0.5, 40))
def test_the_beta_law_is_scipy_s(x, a, b):
    assert beta_cdf(x, a, b) == pytest.approx(scipy_stats.beta.cdf(x, a, b), rel=1e-9, abs=1e-14)


@pytest.mark.parametrize(
    ("passed", "trials", "flaky"),
    [
        pytest.param(5, 10, True, id="half"),
        pytest.param(9, 10, False, id="one-of-ten-may-be-an-accident"),
        pytest.param(8, 10, True, id="two-of-ten"),
        pytest.param(10, 10, False, id="sure"),
        pytest.param(0, 10, False, id="sure-to-fail"),
        pytest.param(2, 4, False, id="too-few"),
        pytest.param(3, 5, True, id="five"),
    ],
)
def test_flaky_cases_are_mixed_and_surely_so(passed, trials, flaky):
    assert is_flaky(passed, trials) is flaky


def test_the_variance_of_a_case_is_unbiased():
    assert trial_variance(1, 2) == 0.5
    assert trial_variance(3, 3) == 0.0
    assert trial_variance(1, 1) is None


def test_a_suite_of_sure_cases_has_no_chance_in_it():
    found = spread([(5, 5), (0, 5), (5, 5), (5, 5)])

    assert found.within == 0.0
    assert found.between == pytest.approx(0.25 / 4)


def test_equal_cases_have_no_difference_between_them():
    assert spread([(5, 10)] * 8).between == 0.0
    assert spread([(1, 1), (0, 1)]) is None


@given(st.lists(COUNTED, min_size=1, max_size=20))
def test_shares_add_up_to_one_or_nothing(cases):
    assert sum(shares(cases)) == pytest.approx(1.0) or set(shares(cases)) == {0.0}


@given(st.lists(COUNTED, min_size=1, max_size=20), st.integers(0, 60), st.integers(1, 5))
def test_trials_are_divided_and_none_is_lost(cases, trials, most):
    given_out = neyman(cases, trials, most=most)

    assert sum(given_out) == max(len(cases), min(trials, most * len(cases)))
    assert all(1 <= count <= most for count in given_out)


def test_uncertain_cases_get_more_trials_than_sure_ones():
    sure, even = neyman([(10, 10), (5, 10)], 10)

    assert even > 2 * sure
    assert neyman([], 5) == ()
