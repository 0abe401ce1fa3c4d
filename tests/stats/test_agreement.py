"""Published values, statsmodels and scikit-learn's results, and what must hold of any ratings."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats import alpha, cohen, crosstab, fleiss, kappa, majority

FOUR = [[11, 3, 1, 0], [1, 9, 0, 1], [0, 1, 10, 0], [1, 2, 0, 10]]
FOURTEEN_RATERS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip
FOUR_CODERS = ["1233214120000", "1233224125030", "0333234225100", "1233244125100"]
"""Krippendorff (2011): 12 units; 0 is a missing rating."""
THREE_CODERS = ["000003412113303", "102133430000000", "002134402113304"]


def units(coders, width):
    return [[int(coder[place]) for coder in coders if coder[place] != "0"] for place in range(width)]


@pytest.mark.parametrize(
    ("table", "value", "se"),
    [
        ([[20, 5], [10, 15]], 0.4, 0.126996),
        ([[45, 15], [25, 15]], 0.130435, None),
        ([[25, 35], [5, 35]], 0.259259, None),
        (FOUR, 0.733475, 0.07524),
    ],
)
def test_cohen_s_kappa_of_published_tables(table, value, se):
    found = cohen(table)
    assert found.value == pytest.approx(value, abs=5e-7)
    assert se is None or found.se == pytest.approx(se, abs=5e-7)


@pytest.mark.parametrize(("weights", "value"), [("linear", 0.747475), ("quadratic", 0.766355)])
def test_weighted_kappa_as_scikit_learn_and_statsmodels_reckon_it(weights, value):
    assert cohen(FOUR, weights).value == pytest.approx(value, abs=5e-7)


def test_standard_errors_of_weighted_kappa_are_statsmodels():
    inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")
    for weights in ("linear", "quadratic"):
        theirs = inter_rater.cohens_kappa(FOUR, wt=weights)
        assert cohen(FOUR, weights).se == pytest.approx(theirs.std_kappa, abs=1e-9)


def test_fleiss_published_example():
    assert fleiss([dict(enumerate(row)) for row in FOURTEEN_RATERS]) == pytest.approx(0.209931, abs=5e-7)


@pytest.mark.parametrize(
    ("coders", "width", "expected"),
    [
        (FOUR_CODERS, 12, (0.743421, 0.815388, 0.849107, 0.797403)),
        (THREE_CODERS, 15, (0.691358, 0.806721, 0.810845, 0.808944)),
    ],
)
def test_krippendorff_s_examples_on_four_scales(coders, width, expected):
    found = [alpha(units(coders, width), scale) for scale in ("nominal", "ordinal", "interval", "ratio")]
    assert found == pytest.approx(expected, abs=5e-7)


def test_a_judge_of_one_verdict_agrees_by_chance_and_raters_of_one_category_say_nothing():
    assert cohen([[5, 0], [5, 0]]).value == pytest.approx(0.0)
    assert cohen([[5, 0], [0, 0]]).value is None
    assert kappa([("a", "a")] * 4, ["a", "b"]).interval is None
    assert fleiss([{"a": 3}, {"a": 3}]) is None
    assert alpha([[1, 1], [1, 1]]) is None
    assert alpha([[1], [2]]) is None


@pytest.mark.parametrize("table", [[], [[1, 2]], [[1, 2], [3]], [[-1, 2], [3, 4]], [[0, 0], [0, 0]]])
def test_a_table_that_is_none_is_refused(table):
    with pytest.raises(ValueError, match="agreement|count"):
        cohen(table)


def test_ratings_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match="same number"):
        fleiss([{"a": 3}, {"a": 2}])
    with pytest.raises(TypeError, match="numbers"):
        alpha([["a", "b"]], "ordinal")
    with pytest.raises(KeyError):
        crosstab([("a", "z")], ["a", "b"])


PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=40)


@given(PAIRS)
def test_kappa_is_symmetric_and_at_most_one(pairs):
    one, other = cohen(crosstab(pairs, [0, 1, 2])), cohen(crosstab([pair[::-1] for pair in pairs], [0, 1, 2]))
    assert (one.value is None) == (other.value is None)
    if one.value is not None:
        assert one.value == pytest.approx(other.value)
        assert one.value <= 1 + 1e-12


@given(PAIRS)
def test_the_order_of_categories_changes_no_unweighted_kappa(pairs):
    assert cohen(crosstab(pairs, [0, 1, 2])).value == pytest.approx(cohen(crosstab(pairs, [2, 0, 1])).value)


@given(st.lists(st.lists(st.integers(1, 4), max_size=4), min_size=1, max_size=20))
def test_alpha_by_its_shortcut_is_alpha_by_its_definition(ratings):
    paired = [unit for unit in ratings if len(unit) > 1]
    pooled = [rating for unit in paired for rating in unit]
    if len(set(pooled)) < 2:
        assert alpha(ratings, "interval") is None
        return
    inside = sum((a - b) ** 2 / (len(unit) - 1) for unit in paired for a in unit for b in unit)
    outside = sum((a - b) ** 2 for a in pooled for b in pooled)
    assert alpha(ratings, "interval") == pytest.approx(1 - (len(pooled) - 1) * inside / outside)


def test_the_bootstrap_interval_holds_the_estimate_and_clusters_widen_it():
    pairs = [("y", "y")] * 60 + [("n", "n")] * 20 + [("y", "n")] * 10 + [("n", "y")] * 10
    alone = kappa(pairs, ["y", "n"])
    together = kappa(pairs, ["y", "n"], clusters=[place // 10 for place in range(100)])
    assert alone.interval.low < alone.value < alone.interval.high
    assert alone.interval == pytest.approx(cohen(crosstab(pairs, ["y", "n"])).interval, abs=0.03)
    assert together.interval.high - together.interval.low > 1.5 * (alone.interval.high - alone.interval.low)
    assert kappa(pairs, ["y", "n"]) == alone


def test_the_majority_is_strict():
    assert majority("aab") == "a"
    assert majority("ab") is None
    assert majority("") is None
    assert Counter(majority(word) for word in ("aab", "abb", "abc")) == {"a": 1, "b": 1, None: 1}
