"""Rates and their uncertainty agree with published figures and with scipy."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from harness.stats import bernoulli_se, clopper_pearson, clustered_se, mean, mean_se, wilson


@st.composite
def counted(draw):
    n = draw(st.integers(1, 3000))
    return draw(st.integers(0, n)), n


@given(counted(), st.sampled_from([0.8, 0.95, 0.99]))
def test_intervals_agree_with_scipy(count, confidence):
    passed, n = count
    test = scipy_stats.binomtest(passed, n)

    for ours, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        theirs = test.proportion_ci(confidence, method)
        assert ours(passed, n, confidence=confidence) == pytest.approx((theirs.low, theirs.high), rel=1e-9, abs=1e-12)


def test_no_failure_in_n_leaves_about_three_in_n():
    assert clopper_pearson(0, 1000, confidence=0.90).high == pytest.approx(3 / 1000, rel=0.01)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
@pytest.mark.parametrize(("passed", "n"), [(1, 0), (-1, 5), (6, 5), (0, 0)])
def test_what_is_no_rate_is_refused(interval, passed, n):
    with pytest.raises(ValueError, match="is no rate"):
        interval(passed, n)


def test_standard_error_of_a_mean_follows_miller():
    values = [0.0, 1.0, 1.0, 0.5]
    centre = sum(values) / 4

    assert mean_se(values) == pytest.approx(math.sqrt(sum((x - centre) ** 2 for x in values) / (4 * 3)))
    assert mean_se([1.0]) is None
    assert bernoulli_se(0.42, 200) == pytest.approx(0.0349, abs=5e-5)


def test_clusters_of_one_are_independent_values():
    values = [0.0, 1.0, 1.0, 0.0, 1.0]

    assert clustered_se({i: [x] for i, x in enumerate(values)}) == pytest.approx(mean_se(values))


def test_copies_of_a_trial_add_no_certainty():
    once = {case: [float(case % 2)] for case in range(10)}
    ten_times = {case: values * 10 for case, values in once.items()}

    assert clustered_se(ten_times) == pytest.approx(clustered_se(once))


def test_one_cluster_says_nothing_about_the_spread():
    assert clustered_se({"a": [1.0, 0.0]}) is None
    assert clustered_se({"a": [1.0], "b": []}) is None


def test_the_mean_of_nothing_is_refused():
    with pytest.raises(ValueError, match="nothing"):
        mean([])
