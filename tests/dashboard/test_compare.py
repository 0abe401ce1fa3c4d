from __future__ import annotations

import pytest
from stored_runs import RUNS, a_full_workspace, a_workspace

COMPARE = "pages/compare.py"


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return a_full_workspace(tmp_path_factory.mktemp("workspace"))


def test_the_newest_run_is_compared_with_the_one_before(opened, full):
    app = opened(full, COMPARE)

    assert not app.exception
    assert [box.value for box in app.selectbox[:2]] == [RUNS[1], RUNS[2]]
    assert {card.label: card.value for card in app.metric}["Lost"] == "1"
    pairs = app.dataframe[1].value
    assert pairs["flip"].tolist()[0] == "✗ lost"
    assert pairs.loc[0, ["case", "before", "after"]].tolist() == ["CH-01", "3 of 3", "0 of 3"]
    assert "No difference is shown" in app.text[1].value or "It got worse" in app.text[1].value


def test_an_address_names_both_runs(opened, full):
    app = opened(full, page="compare", baseline=RUNS[0], run=RUNS[1])

    assert [box.value for box in app.selectbox[:2]] == [RUNS[0], RUNS[1]]


def test_cases_are_filtered_by_what_became_of_them_and_by_words(opened, full):
    app = opened(full, COMPARE)

    app.text_input[0].set_value("CH-0").run()
    assert set(app.dataframe[1].value["case"]) == {f"CH-0{number}" for number in range(1, 7)}

    app.segmented_control[0].select("✗ lost").run()
    assert app.dataframe[1].value["case"].tolist() == ["CH-01"]


def test_the_other_run_can_judge_instead_of_a_baseline(opened, full):
    app = opened(full, COMPARE)
    assert any("Not judged" in item.value for item in app.text)

    app.segmented_control[1].select("run").run()

    decisions = {row["suite"]: row for row in app.dataframe[2].value.to_dict("records")}
    assert not app.exception
    assert set(decisions) == {"alex/charter"}  # the other suite has a case that was never decided
    assert decisions["alex/charter"]["decision"] in {"✗ regressed", "? inconclusive"}


def test_one_run_is_not_enough(opened, tmp_path):
    app = opened(a_workspace(tmp_path), COMPARE)

    assert not app.exception
    assert "finharness eval" in app.code[0].value
