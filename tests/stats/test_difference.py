"""Differences come with the error that fits the question asked."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats import Counts, agresti_min, cases_needed, difference


@st.composite
def a_pair(draw):
    baseline, candidate = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    return Counts(draw(st.integers(0, baseline)), baseline, draw(st.integers(0, candidate)), candidate)


@given(st.lists(a_pair(), min_size=1, max_size=20))
def test_the_difference_lies_in_its_interval(cases):
    found = difference(cases)

    assert -1 <= found.value <= 1
    if found.interval is not None and any(case.baseline > 1 or case.candidate > 1 for case in cases):
        assert found.interval.low - 1e-12 <= found.value <= found.interval.high + 1e-12


@given(st.lists(a_pair(), min_size=1, max_size=20))
def test_swapping_the_runs_turns_the_sign(cases):
    there = difference(cases)
    back = difference([Counts(*case[2:], *case[:2]) for case in cases])

    assert back.value == pytest.approx(-there.value)
    if there.interval is not None:
        assert (back.interval.low, back.interval.high) == pytest.approx((-there.interval.high, -there.interval.low))


def test_these_cases_and_cases_like_these_are_two_questions():
    found = difference([Counts(4, 4, 4, 4), Counts(0, 4, 4, 4)] * 5)

    assert found.suite_se == 0.0
    assert found.population_se == pytest.approx(math.sqrt(0.25 / 9))


def test_suite_error_is_that_of_independent_trials():
    found = difference([Counts(1, 2, 1, 2), Counts(2, 4, 1, 2)])

    assert found.suite_se == pytest.approx(math.sqrt(0.25 + 0.25 + 0.25 / 3 + 0.25) / 2)
    assert difference([Counts(1, 1, 1, 2)]).suite_se is None


def test_one_trial_per_case_uses_half_a_case_in_each_cell():
    cases = [Counts(1, 1, 0, 1)] * 43 + [Counts(0, 1, 1, 1)] * 5 + [Counts(1, 1, 1, 1)] * 52

    assert difference(cases).interval == agresti_min(43, 5, 100)
    assert agresti_min(43, 5, 100) == pytest.approx((-38 / 102 - 0.113425, -38 / 102 + 0.113425), abs=1e-6)
    assert agresti_min(0, 0, 10).low < 0 < agresti_min(0, 0, 10).high


def test_nothing_in_common_has_no_difference():
    assert difference([]) is None
    assert difference([Counts(0, 0, 1, 1)]) is None


def test_planning_reproduces_millers_example():
    assert cases_needed(0.03, between=1 / 9) == 969


def test_more_trials_need_fewer_cases():
    once = cases_needed(0.1, between=0.05, within=(0.2, 0.2))
    five = cases_needed(0.1, between=0.05, within=(0.2, 0.2), trials=(5, 5))

    assert once > five
