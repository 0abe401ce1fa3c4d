"""What a gate could see at all agrees with the published planning figures."""

import pytest

from harness.stats import Counts, detectable, least_lost, mean_variance, stratified, trials_needed


@pytest.mark.parametrize(
    ("cases", "trials", "points"),
    [
        (50, (1, 1), 14.5), (50, (3, 3), 8.4), (50, (5, 5), 6.5), (200, (1, 1), 7.3), (200, (3, 3), 4.2),
        (200, (5, 5), 3.2), (1000, (1, 1), 3.2), (1000, (3, 3), 1.9), (1000, (5, 5), 1.5),
        (50, (10, 1), 10.8), (200, (10, 1), 5.4), (1000, (10, 1), 2.4),
    ],
)  # fmt: skip
def test_detectable_drops_are_the_published_ones(cases, trials, points):
    assert 100 * detectable(cases, trials, variance=0.085) == pytest.approx(points, abs=0.06)


@pytest.mark.parametrize(("trials", "alpha"), [((1, 1), 0.05), ((10, 1), 0.05), ((5, 1), 0.02), ((5, 5), 0.05)])
def test_so_many_lost_cases_are_just_significant(trials, alpha):
    before, now = trials
    lost = least_lost(trials, alpha)

    assert stratified([Counts(before, before, 0, now)] * lost).worse <= alpha
    assert lost == 1 or stratified([Counts(before, before, 0, now)] * (lost - 1)).worse > alpha


def test_a_suite_without_chance_still_needs_a_lost_case():
    assert detectable(12, (10, 1), variance=0.0) == pytest.approx(1 / 12)
    assert detectable(2, (1, 1), variance=0.0) == 1.0


def test_chance_is_taken_from_repeats_where_there_are_any():
    assert mean_variance([(1, 2), (2, 2)]) == pytest.approx(0.25)
    assert mean_variance([(1, 1), (0, 1)]) == pytest.approx(0.25)
    assert mean_variance([]) == 0.25


def test_smaller_drops_take_more_trials_and_some_cannot_be_seen():
    assert trials_needed(0.11, 50, 10, variance=0.085) == 1
    assert trials_needed(0.06, 50, 10, variance=0.085) == 5
    assert trials_needed(0.01, 50, 10, variance=0.085) is None
