"""How tables are laid out, and what a comparison says of quantities that did not move."""

from __future__ import annotations

import pandas as pd
import pytest
from builders import a_case, a_job, a_manifest, a_model_call, a_result, an_outcome

from harness.frames import compare, tables
from harness.store import Store
from harness.summary.stored import totals_of

TEXT = {"label": "Case", "type_config": {"type": "text"}}
SHARE = {"label": "Rate", "type_config": {"type": "number", "format": "percent"}}


def test_columns_that_no_row_fills_are_left_out():
    rows = pd.DataFrame({"a": ["x", ""], "b": ["", "–"], "c": [None, float("nan")], "d": [0, 0]})

    assert tables.filled(rows, ["d", "a", "b", "c", "gone"]) == ["d", "a"]
    assert tables.filled(rows.head(0), ["a", "b"]) == ["a", "b"]


def test_shares_in_percent_have_one_decimal():
    rows = pd.DataFrame({"rate": [2 / 3, None], "case": ["A", "B"]})

    assert tables.rounded(rows, {"rate": SHARE, "case": TEXT})["rate"].tolist()[0] == 0.667
    assert rows["rate"].tolist()[0] == 2 / 3


@pytest.mark.parametrize(("texts", "low", "high"), [(["CH-01"] * 9, 60, 80), (["x" * 25] * 9, 180, 200), (["x" * 900] * 9, 320, 320)])  # fmt: skip
def test_a_column_is_as_wide_as_its_texts_within_bounds(texts, low, high):
    assert low <= tables.fitted(pd.Series(texts), TEXT)["width"] <= high


def test_one_long_text_does_not_make_a_column_wide():
    assert tables.fitted(pd.Series(["CH-01"] * 30 + ["x" * 900]), TEXT)["width"] < 130
    assert tables.fitted(pd.Series([1.0]), SHARE) is SHARE


def test_marks_that_hide_or_reorder_text_are_told_by_their_codes():
    rows = tables.cleaned(pd.DataFrame({"agent": ["a\u202eb\x1b[31m"], "trend": [[0.5, 1.0]], "n": [1]}))

    assert not {"\u202e", "\x1b"} & set(rows["agent"][0])
    assert (rows["trend"][0], rows["n"][0]) == ([0.5, 1.0], 1)


def test_short_tables_stand_whole_and_long_ones_show_that_they_go_on():
    assert tables.height(pd.DataFrame({"a": range(3)})) == 3 + 4 * 35
    assert tables.height(pd.DataFrame({"a": range(500)})) < 3 + 18 * 35


def test_what_costs_and_takes_the_same_is_neither_higher_nor_lower(tmp_path):
    with Store.open(tmp_path / "results.db") as store:
        for run in ("r1", "r2"):
            outcome = an_outcome("yes", steps=[a_model_call(cost_usd=0.01)], duration_s=1.0)
            results = [a_result(job=a_job(a_case(f"C-{number}")), outcome=outcome) for number in range(5)]
            store.begin(a_manifest(run), [result.job for result in results])
            store.add(run, results)
        found = compare.compare(store, totals_of(store, store.run("r1")), totals_of(store, store.run("r2")))

    rows = compare.shift_rows(found).set_index("what")
    assert rows.loc["Cost of a trial", ["change", "p"]].tolist() == ["0.0%", "1.0000"]
    assert rows.loc["Time of a trial", "says"].startswith("the same")
