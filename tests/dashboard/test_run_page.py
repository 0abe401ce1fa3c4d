"""The page of one run: what is chosen is what is counted, and the address says what is chosen."""

from __future__ import annotations

import pytest
from stored_runs import HOSTILE, RUNS, a_full_workspace, a_workspace

PAGE = "pages/run.py"


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return a_full_workspace(tmp_path_factory.mktemp("workspace"))


def cards(app):
    return {card.label: card.value for card in app.metric}


def test_an_address_leads_to_the_run(opened, full):
    app = opened(full, page="run", run=RUNS[1])

    assert not app.exception
    assert app.title[0].value == "Run"
    assert RUNS[1] in app.text[0].value
    assert cards(app)["Failed"] == "2"


def test_cases_that_did_not_pass_come_first_with_the_reason(opened, full):
    app = opened(full, PAGE)
    rows = app.dataframe[0].value

    assert rows["result"].tolist()[:5] == ["✗ failed", "✗ failed", "✗ failed", "⚠ errored", "? undecided"]
    assert rows["case"].tolist()[:2] == ["CH-01", "CH-03"]
    assert rows["why"][0] == "finance:chart-spec: the slices add up to 98.0, not to 100"
    assert rows["trials"].tolist()[:2] == ["0 of 3 passed", "2 of 3 passed"]
    assert f"run={RUNS[-1]}" in rows["link"][0]
    assert "case=CH-01" in rows["link"][0]


@pytest.mark.parametrize(
    ("wanted", "cases"),
    [
        pytest.param({"status": "failed"}, ["CH-01", "CH-03", "<script>"], id="status"),
        pytest.param({"agent": "tagger", "status": "undecided"}, ["TG-05"], id="agent-and-status"),
        pytest.param({"suite": "alex/tagger", "status": "passed"}, ["TG-01", "TG-02", "TG-03"], id="suite"),
        pytest.param({"tag": "team=alex", "status": "failed"}, ["CH-01", "CH-03"], id="tag"),
        pytest.param({"check": "finance:chart-spec"}, ["CH-01", "CH-03"], id="check"),
        pytest.param({"severity": "major"}, ["CH-01", "CH-03", "<script>", "TG-05"], id="severity"),
        pytest.param({"q": "tg-0"}, ["TG-04", "TG-05", "TG-01", "TG-02", "TG-03"], id="search-case"),
        pytest.param({"q": "add up to 98"}, ["CH-01", "CH-03"], id="search-reason"),
    ],
)
def test_filters_stand_in_the_address(opened, full, wanted, cases):
    app = opened(full, page="run", run=RUNS[-1], **wanted)

    assert not app.exception
    assert [name.split("alert")[0] if "alert" in name else name for name in app.dataframe[0].value["case"]] == [
        f"{case}" for case in cases
    ]


def test_choosing_a_filter_changes_every_figure(opened, full):
    app = opened(full, PAGE)
    assert cards(app)["Failed"] == "5"

    app.multiselect(key="agent").select("tagger").run()

    assert cards(app)["Failed"] == "1"
    assert set(app.dataframe[0].value["agent"]) == {"tagger"}
    (money,) = (item.proto.body for item in app.get("html") if "Per trial" in item.proto.body)
    assert "tagger" in money
    assert "charter" not in money


def test_what_fits_nothing_says_so_and_can_be_cleared(opened, full):
    app = opened(full, page="run", q="no such words")
    assert app.info[0].value == "No trial fits these filters."

    app.button[0].click().run()

    assert cards(app)["Failed"] == "5"


@pytest.mark.parametrize(
    "query", [{"status": "nonsense"}, {"agent": HOSTILE}, {"q": HOSTILE}, {"sort": "x"}, {"page_number": "-1"}]
)
def test_nonsense_in_the_address_breaks_nothing(opened, full, query):
    app = opened(full, page="run", **query)

    assert not app.exception


def test_an_unknown_run_names_the_newest(opened, full):
    app = opened(full, page="run", run="none")

    assert not app.exception
    assert app.title[0].value == "No such run"


def test_nothing_hostile_is_interpreted(opened, full):
    app = opened(full, PAGE)

    interpreted = [item.value for item in (*app.markdown, *app.caption, *app.subheader, *app.title)]
    assert not any("alert(1)" in text for text in interpreted)
    assert not any(
        "\x1b" in str(cell) or "\u202e" in str(cell) for table in app.dataframe for cell in table.value.to_numpy().flat
    )


def test_without_results_it_says_what_to_do_next(opened, tmp_path):
    app = opened(a_workspace(tmp_path), PAGE)

    assert not app.exception
    assert any("finharness eval" in block.value for block in app.code)
