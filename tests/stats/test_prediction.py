"""ppi-python 0.2.3's results, the worked examples of the literature, and coverage by simulation."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats import corrected, ppi, rogan_gladen
from harness.stats.rates import mean

LABELS, JUDGED, REST = [1, 0, 1, 1, 0, 1, 0, 1], [1, 0, 1, 0, 0, 1, 1, 1], [1] * 60 + [0] * 40


@pytest.mark.parametrize(
    ("weight", "value", "low", "high"),
    [
        (1.0, 0.6, 0.298269, 0.901731),
        (None, 0.614532, 0.362892, 0.866172),
        (0.0, 0.625, 0.343461, 0.906539),
    ],
)
def test_ppi_of_binary_verdicts(weight, value, low, high):
    found = ppi(LABELS, JUDGED, REST, weight=weight, confidence=0.9)
    assert (found.value, *found.interval) == pytest.approx((value, low, high), abs=5e-7)


def test_ppi_of_likert_verdicts():
    labels, judged = [4, 3, 5, 2, 4, 4, 3, 5, 1, 4], [5, 3, 5, 3, 4, 5, 3, 5, 2, 4]
    found = ppi(labels, judged, [5] * 40 + [4] * 30 + [3] * 20 + [2] * 10, confidence=0.9)
    assert (found.value, *found.interval) == pytest.approx((3.6, 3.296704, 3.903296), abs=5e-7)


def test_rogan_and_gladen_s_example():
    assert rogan_gladen(0.72, sensitivity=0.9, specificity=0.85) == pytest.approx(0.76)


def test_lee_and_others_interval():
    found = corrected(0.4, 1000, sensitivity=(0.9, 200), specificity=(0.7, 200))
    assert (found.value, *found.interval) == pytest.approx((0.166667, 0.056351, 0.262733), abs=5e-7)


def test_a_judge_no_better_than_chance_says_nothing():
    with pytest.raises(ValueError, match="chance"):
        rogan_gladen(0.5, sensitivity=0.5, specificity=0.5)
    with pytest.raises(ValueError, match="chance"):
        corrected(0.5, 100, sensitivity=(0.5, 10), specificity=(0.5, 10))


@pytest.mark.parametrize("arguments", [([], [], [1]), ([1], [1, 0], [1]), ([1], [1], [])])
def test_too_little_for_an_estimate_is_refused(arguments):
    with pytest.raises(ValueError, match="PPI"):
        ppi(*arguments)


@given(st.lists(st.integers(0, 1), min_size=2, max_size=30), st.lists(st.integers(0, 1), min_size=2, max_size=30))
def test_without_trust_in_the_judge_the_labels_alone_remain(labels, rest):
    found = ppi(labels, labels, rest, weight=0.0)
    assert found.value == pytest.approx(mean(labels))
    assert found.interval.low <= found.value <= found.interval.high


@given(st.integers(2, 30))
def test_a_judge_of_one_verdict_is_not_trusted(n):
    assert ppi([0, 1] * n, [1] * 2 * n, [1] * 50).weight == 0.0


def test_the_interval_covers_the_truth_where_the_raw_rate_does_not():
    """Sensitivity .92, specificity .70, truth 90 %: 1,000 answers, 200 of them labelled (fewer repeats than published)."""
    chance, covered, raw = random.Random(1), 0, 0
    for _ in range(60):
        truth = [chance.random() < 0.9 for _ in range(1000)]
        said = [float(chance.random() < (0.92 if good else 0.3)) for good in truth]
        found = ppi([float(good) for good in truth[:200]], said[:200], said[200:])
        covered += found.interval.low <= 0.9 <= found.interval.high
        raw += abs(mean(said) - 0.9) < 1.96 * (0.9 * 0.1 / 1000) ** 0.5
    assert covered >= 52
    assert raw <= 10
