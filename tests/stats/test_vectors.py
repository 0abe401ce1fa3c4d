"""Published figures, and statsmodels' results for the same tables."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats import (
    Counts,
    benjamini_hochberg,
    clopper_pearson,
    drop_bound,
    holm,
    mcnemar,
    pass_at_k,
    pass_hat_k,
    spent,
    stratified,
    wilson,
)  # fmt: skip

RABBITS = [((0, 6), (0, 5)), ((3, 3), (0, 6)), ((6, 0), (2, 4)), ((5, 1), (6, 0)), ((2, 0), (5, 0))]
"""R's Rabbits: penicillin level by level, (cured, died) with no delay and with 1.5 h."""


def test_mcnemar_s_published_tables():
    assert mcnemar(1, 7).exact_two_sided == pytest.approx(0.070313, abs=1e-6)
    assert mcnemar(1, 7).two_sided == pytest.approx(0.039063, abs=1e-6)
    assert mcnemar(86, 150).exact_two_sided == pytest.approx(3.716e-5, rel=1e-3)
    assert mcnemar(6, 16).exact_two_sided == pytest.approx(0.0524788, abs=1e-7)


def test_the_exact_mantel_haenszel_test_of_r_s_rabbits():
    cases = [Counts(a, a + b, c, c + d) for (a, b), (c, d) in RABBITS]

    assert stratified(cases).exact_worse == pytest.approx(0.0199725, abs=1e-6)
    assert stratified(cases).exact_two_sided == pytest.approx(0.0399449, abs=1e-6)


def test_small_stratified_tables():
    assert stratified([Counts(5, 5, 1, 5)]).exact_worse == pytest.approx(0.0238095, abs=1e-7)
    three = stratified([Counts(5, 5, 1, 3), Counts(5, 5, 3, 3), Counts(3, 5, 0, 3)])
    assert (three.exact_worse, three.worse) == (pytest.approx(0.0191327, abs=1e-7), pytest.approx(0.0095663, abs=1e-7))


@pytest.mark.parametrize(
    ("interval", "passed", "n", "expected"),
    [
        (wilson, 81, 263, (0.255289, 0.366210)), (wilson, 15, 148, (0.062386, 0.160487)),
        (wilson, 0, 20, (0, 0.161125)), (wilson, 1, 29, (0.006113, 0.171755)),
        (clopper_pearson, 81, 263, (0.252737, 0.367622)), (clopper_pearson, 0, 20, (0, 0.168433)),
    ],
)  # fmt: skip
def test_published_intervals(interval, passed, n, expected):
    assert interval(passed, n) == pytest.approx(expected, abs=1e-6)


def test_published_repeats():
    assert (pass_at_k(3, 5, 2), pass_hat_k(3, 5, 2)) == pytest.approx((0.9, 0.3))
    assert (pass_at_k(4, 10, 3), pass_hat_k(4, 10, 3)) == pytest.approx((0.833333, 0.033333), abs=1e-6)


@given(st.integers(0, 80), st.integers(0, 80))
def test_mcnemar_agrees_with_statsmodels(lost, gained):
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    theirs = tables.mcnemar([[10, lost], [gained, 10]], exact=True).pvalue

    assert mcnemar(lost, gained).exact_two_sided == pytest.approx(min(1.0, theirs))


def test_the_chi_square_of_large_tables_is_near():
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    corrected = tables.mcnemar([[1, 86], [150, 1]], exact=False, correction=True)
    plain = tables.mcnemar([[1, 86], [150, 1]], exact=False, correction=False)

    assert (corrected.statistic, plain.statistic) == pytest.approx((16.8178, 17.3559), abs=1e-3)
    assert mcnemar(86, 150).exact_two_sided == pytest.approx(corrected.pvalue, rel=0.15)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjustments_agree_with_statsmodels(p_values):
    multitest = pytest.importorskip("statsmodels.stats.multitest")

    for ours, method in ((holm, "holm"), (benjamini_hochberg, "fdr_bh")):
        assert ours(p_values) == pytest.approx(multitest.multipletests(p_values, method=method)[1], abs=1e-12)


@given(st.integers(1, 300), st.data())
def test_intervals_agree_with_statsmodels(n, data):
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    passed = data.draw(st.integers(0, n))

    assert wilson(passed, n) == pytest.approx(proportion.proportion_confint(passed, n, method="wilson"), abs=1e-9)
    assert clopper_pearson(passed, n) == pytest.approx(
        proportion.proportion_confint(passed, n, method="beta"), abs=1e-9
    )


def test_large_strata_agree_with_the_asymptotic_mantel_haenszel_test():
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    cases = [Counts(40 + i, 60, 33 + i, 60) for i in range(12)]
    theirs = tables.StratifiedTable([[[c, 60 - c], [b, 60 - b]] for b, _, c, _ in cases]).test_null_odds().pvalue

    assert stratified(cases).two_sided == pytest.approx(theirs, rel=0.03)


def test_a_divided_level_is_one_p_value():
    assert spent([(0.01, 0.4), (0.9, 0.6)]) == pytest.approx(0.025)
    assert spent([(0.5, 0.4), (0.9, 0.6)]) == 1.0
    assert spent([]) == 1.0


def test_the_bound_of_the_drop_shrinks_with_trials_and_cases():
    few = drop_bound([Counts(9, 10, 1, 1)] * 12)

    assert few > drop_bound([Counts(9, 10, 5, 5)] * 12) > drop_bound([Counts(9, 10, 5, 5)] * 200)
    assert 0 < drop_bound([Counts(10, 10, 1, 1)] * 100) < 0.05
    with pytest.raises(ValueError, match="nothing"):
        drop_bound([])


def test_a_lost_suite_is_bounded_by_all_of_it():
    assert 0.9 < drop_bound([Counts(10, 10, 0, 5)] * 100) <= 1.0


def test_the_bound_of_single_trials_is_agresti_and_min_s():
    cases = [Counts(1, 1, 0, 1)] * 7 + [Counts(0, 1, 1, 1)] + [Counts(1, 1, 1, 1)] * 32
    n, lost, gained = 42, 7.5, 1.5
    by_hand = (lost - gained) / n + 1.6448536 * math.sqrt((lost + gained) - (lost - gained) ** 2 / n) / n

    assert drop_bound(cases) == pytest.approx(by_hand, abs=1e-6)
