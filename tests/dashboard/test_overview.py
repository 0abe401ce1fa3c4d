from __future__ import annotations

import pytest
from stored_runs import HOSTILE, RUNS, a_full_workspace, a_workspace

from harness.errors import StoreError
from harness.frames import find_workspace, open_store


def html_of(app):
    return "".join(item.proto.body for item in app.get("html"))


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return a_full_workspace(tmp_path_factory.mktemp("workspace"))


def test_the_newest_run_of_each_suite_is_summed_up(opened, full):
    app = opened(full)

    assert not app.exception
    assert app.title[0].value == "Overview"
    cards = {card.label: (card.value, card.delta) for card in app.metric}
    assert list(cards) == ["Pass rate", "pass^1", "Failed", "Errored", "Undecided", "Cost", "Typical time"]
    assert cards["Pass rate"][0] == "77.3%"
    assert cards["Failed"] == ("5", "of 24 trials")
    assert cards["Errored"] == ("1", "of 24 trials")
    assert cards["Undecided"] == ("1", "not judged: 1")


def test_suites_and_open_cases_are_listed(opened, full):
    suites, cases = (table.value for table in opened(full).dataframe[:2])

    assert suites["suite"].tolist() == ["alex/charter", "alex/tagger"]
    assert suites["run"].tolist() == [RUNS[-1]] * 2
    assert cases["case"].tolist()[:2] == ["CH-01", "CH-03"]
    assert cases["link"].tolist()[0] == f"/?run={RUNS[-1]}&suite=alex%2Fcharter&case=CH-01&agent=charter&trial=0"
    assert set(cases["result"]) == {"✗ failed", "⚠ errored", "? undecided"}


def test_one_suite_can_be_looked_at_alone(opened, full):
    app = opened(full)

    app.selectbox[0].select("alex/tagger").run()

    assert app.metric[0].value == "75.0%"
    assert app.dataframe[0].value["suite"].tolist() == ["alex/tagger"]
    assert set(app.dataframe[1].value["suite"]) == {"alex/tagger"}


def test_flaky_cases_and_figures_below_their_floor_are_named(opened, full):
    app = opened(full)
    tables = {tuple(table.value.columns)[:2]: table.value for table in app.dataframe}

    assert tables["case", "suite"]["case"].tolist() == ["CH-03"]
    alerts = tables["state", "what"]
    assert alerts["state"].tolist() == ["⚠ below", "⚠ below"]
    assert alerts["what"].tolist() == ["charter: success", "tagger: success"]
    assert "2 of 2 figures are below what is asked for" in app.error[0].value


def test_without_a_baseline_the_command_that_makes_one_is_named(opened, full):
    said = [item.value for item in opened(full).text]

    assert any("no baseline" in text and "finharness bless" in text for text in said)


def test_hostile_text_is_never_markup(opened, full):
    app = opened(full)

    assert any(HOSTILE[:40] in why for why in app.dataframe[1].value["why"])
    assert not any("alert(1)" in item.value for item in (*app.markdown, *app.caption, *app.title, *app.subheader))


def test_without_results_it_says_what_to_do_next(opened, tmp_path):
    app = opened(a_workspace(tmp_path))

    assert not app.exception
    assert app.title[0].value == "Nothing to show yet"
    assert "No results are stored yet." in html_of(app)
    assert "Next: run finharness eval first" in html_of(app)
    assert "finharness eval" in app.code[0].value


def test_without_a_workspace_it_says_so(opened, tmp_path):
    app = opened(tmp_path / "nowhere")

    assert not app.exception
    assert app.title[0].value == "Nothing to show yet"


def test_a_damaged_store_is_named(opened, tmp_path):
    (tmp_path / ".harness").mkdir()
    (a_workspace(tmp_path) / ".harness/results.db").write_bytes(b"not a database" * 100)

    app = opened(tmp_path)

    assert not app.exception
    assert "It is not a result store" in html_of(app)


def test_the_store_cannot_be_written_to(full):
    workspace = find_workspace({"FINHARNESS_WORKSPACE": str(full / "harness.toml")})

    with open_store(workspace) as store, pytest.raises(StoreError, match="read-only"):
        store.end(RUNS[0], "incomplete")
