"""Paired tests agree with each other, with scipy and with published figures."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from harness.errors import MissingExtra
from harness.stats import Counts, mcnemar, stratified
from harness.stats import compare as compare_module


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_a_sign_test(lost, gained):
    test = mcnemar(lost, gained)

    exact = scipy_stats.binomtest(gained, lost + gained).pvalue if lost + gained else 1.0
    assert test.exact_two_sided == pytest.approx(exact)
    assert test.worse + test.better == pytest.approx(1.0)


def test_the_published_retail_regression_is_beyond_doubt():
    assert mcnemar(43, 5).exact_two_sided < 1e-6


def test_mid_p_counts_half_of_what_was_seen():
    assert mcnemar(3, 0).worse == pytest.approx(1 / 16)
    assert mcnemar(3, 0).exact_worse == pytest.approx(1 / 8)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_one_trial_each_is_mcnemar(lost, gained, same):
    cases = [Counts(1, 1, 0, 1)] * lost + [Counts(0, 1, 1, 1)] * gained + [Counts(1, 1, 1, 1)] * same

    assert stratified(cases) == pytest.approx(mcnemar(lost, gained))


@given(st.integers(0, 9), st.integers(0, 9))
def test_one_case_is_fisher(baseline, candidate):
    test = stratified([Counts(baseline, 9, candidate, 9)])
    table = [[candidate, 9 - candidate], [baseline, 9 - baseline]]

    assert test.exact_worse == pytest.approx(scipy_stats.fisher_exact(table, "less").pvalue)
    assert test.exact_better == pytest.approx(scipy_stats.fisher_exact(table, "greater").pvalue)


def test_no_difference_and_no_case_decide_nothing():
    assert stratified([]).two_sided == 1.0
    assert stratified([Counts(1, 2, 1, 2)]).worse == pytest.approx(0.5)
    assert stratified([Counts(3, 3, 0, 0)]).worse == pytest.approx(0.5)


def test_many_trials_give_the_same_answer_with_numpy_and_without(monkeypatch):
    cases = [Counts(3, 5, 2, 5), Counts(5, 5, 4, 5), Counts(1, 3, 0, 4)] * 20
    plain = stratified(cases)
    monkeypatch.setattr(compare_module, "_PLAIN_LIMIT", 0)

    assert stratified(cases) == pytest.approx(plain, rel=1e-9)


def test_small_tails_keep_their_relative_size():
    assert 0 < stratified([Counts(5, 5, 0, 5)] * 100).exact_worse == pytest.approx((1 / 252) ** 100, rel=1e-9)


def test_without_numpy_large_comparisons_name_the_extra(monkeypatch):
    monkeypatch.setattr(compare_module, "_PLAIN_LIMIT", 0)
    monkeypatch.setitem(sys.modules, "numpy", None)

    with pytest.raises(MissingExtra, match="optional dependency"):
        stratified([Counts(3, 5, 2, 5)] * 3)
