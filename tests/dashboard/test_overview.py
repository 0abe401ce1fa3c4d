from __future__ import annotations

import pytest
from stored_runs import HOSTILE, RUNS, a_full_workspace, a_workspace

from harness.errors import StoreError
from harness.frames import find_workspace, open_store


@pytest.fixture
def full(tmp_path):
    return a_full_workspace(tmp_path)


def test_the_newest_run_of_each_suite_is_summed_up(opened, full):
    app = opened(full)

    assert not app.exception
    assert app.title[0].value == "Overview"
    cards = {card.label: (card.value, card.delta) for card in app.metric}
    assert list(cards) == ["Pass rate", "Failed", "Errored", "Undecided", "Cost", "Typical time"]
    assert cards["Pass rate"][0] == "77.3%"
    assert cards["Failed"] == ("5", "of 24 trials")
    assert cards["Errored"] == ("1", "of 24 trials")
    assert cards["Undecided"] == ("1", "not judged: 1")


def test_suites_and_open_cases_are_listed(opened, full):
    suites, cases, _ = (table.value for table in opened(full).dataframe)

    assert suites["suite"].tolist() == ["alex/charter", "alex/tagger"]
    assert suites["run"].tolist() == [RUNS[-1]] * 2
    assert cases["case"].tolist()[:2] == ["CH-01", "CH-03"]
    assert cases["link"].tolist()[0] == f"/?run={RUNS[-1]}&suite=alex%2Fcharter&case=CH-01&agent=charter&trial=0"
    assert set(cases["result"]) == {"✗ failed", "⚠ errored", "? undecided"}


def test_one_suite_can_be_looked_at_alone(opened, full):
    app = opened(full)

    app.selectbox[0].select("alex/tagger").run()

    assert app.metric[0].value == "75.0%"
    assert [len(table.value) for table in app.dataframe] == [1, 3, 3]


def test_hostile_text_is_never_markup(opened, full):
    app = opened(full)

    assert any(HOSTILE[:40] in why for why in app.dataframe[1].value["why"])
    assert not any("alert(1)" in item.value for item in (*app.markdown, *app.caption, *app.title, *app.subheader))


def test_without_results_it_says_what_to_do_next(opened, tmp_path):
    app = opened(a_workspace(tmp_path))

    assert not app.exception
    assert app.title[0].value == "Nothing to show yet"
    assert "No results are stored yet.\nNext: run finharness eval first" in app.text[0].value
    assert "finharness eval" in app.code[0].value


def test_without_a_workspace_it_says_so(opened, tmp_path):
    app = opened(tmp_path / "nowhere")

    assert not app.exception
    assert app.title[0].value == "Nothing to show yet"


def test_a_damaged_store_is_named(opened, full):
    (full / ".harness/results.db").write_bytes(b"not a database" * 100)

    app = opened(full)

    assert not app.exception
    assert "It is not a result store" in app.text[0].value


def test_the_store_cannot_be_written_to(full):
    workspace = find_workspace({"FINHARNESS_WORKSPACE": str(full / "harness.toml")})

    with open_store(workspace) as store, pytest.raises(StoreError, match="read-only"):
        store.end(RUNS[0], "incomplete")
