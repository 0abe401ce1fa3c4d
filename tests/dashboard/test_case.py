from __future__ import annotations

import pytest
from stored_runs import HOSTILE, RUNS, a_full_workspace, a_workspace

CASE = "pages/case.py"


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return a_full_workspace(tmp_path_factory.mktemp("workspace"))


def test_an_address_leads_to_the_trial(opened, full):
    app = opened(full, run=RUNS[-1], case="CH-01", trial="1")

    assert not app.exception
    assert app.title[0].value == "CH-01"
    assert app.text[1].value == "finance:chart-spec: the slices add up to 98.0, not to 100"
    assert {card.label: card.value for card in app.metric} == {
        "Score": "0.62", "Time": "1.4 s", "Steps": "5", "Tokens": "2,638", "Cost": "$0.0070",
    }  # fmt: skip
    assert app.code[-1].value == "finharness eval cases/alex/charter.yaml --case CH-01 --repeat 2"


def test_checks_and_steps_are_tables_and_both_sides_are_shown(opened, full):
    app = opened(full, run=RUNS[-1], case="CH-01")
    checks, steps = (table.value for table in app.dataframe)

    assert checks["check"].tolist() == ["finance:chart-spec", "is-json", "trajectory:efficiency"]
    assert checks["where"][0] == "step s5 $.series[*].value two slices"
    assert steps["name"].tolist() == ["offline", "get_portfolio", "get_prices", "get_fx", "offline"]
    assert [block.value for block in app.code[:2]] == [
        '{\n  "total": 100,\n  "tolerance": 0.05\n}',
        '{\n  "total": 98.0,\n  "slices": [\n    11.2,\n    86.8\n  ]\n}',
    ]


def test_the_conversation_is_plain_text(opened, full):
    app = opened(full, run=RUNS[-1], case="TG-05")

    said = [[*message.text, *message.code][0].value for message in app.chat_message]
    assert said[0] == "Hello?"
    assert said[1].startswith("Hello. <script>")
    assert said[2].startswith('{\n  "ask": "<script>')
    assert "\x1b" not in "".join(said)


def test_nothing_hostile_is_interpreted(opened, full):
    app = opened(full, run=RUNS[-1], case=HOSTILE)

    assert not app.exception
    assert app.title[0].value.startswith("``<script>")
    interpreted = [item.value for item in (*app.markdown, *app.caption, *app.subheader)]
    assert not any("alert(1)" in text for text in interpreted)
    shown = [item.value for item in (*app.text, *app.code)]
    assert not any("\x1b" in text or "\u202e" in text for text in shown)


def test_another_trial_is_a_click_away(opened, full):
    app = opened(full, run=RUNS[-1], case="CH-03", trial="1")
    assert "✗ failed" in app.markdown[0].value

    app.segmented_control[0].select(2).run()

    assert app.query_params["trial"] == ["2"] or app.query_params["trial"] == "2"
    assert "✓ passed" in app.markdown[0].value


def test_without_an_address_a_case_is_chosen_from_a_list(opened, full):
    app = opened(full, CASE)
    assert app.title[0].value == "Case"
    assert app.dataframe[0].value["case"].tolist()[0] == "CH-01"

    app.selectbox[1].select_index(1).run()

    assert app.title[0].value == "CH-03"


@pytest.mark.parametrize("query", [{"run": "none"}, {"case": "none"}, {"trial": "99"}, {"case": "../../etc/passwd"}])
def test_an_address_that_leads_nowhere_says_what_there_is(opened, full, query):
    app = opened(full, **{"case": "CH-01", **query})

    assert not app.exception
    assert app.title[0].value == "No such trial"
    assert "Next: " in app.text[0].value


def test_without_results_it_says_what_to_do_next(opened, tmp_path):
    app = opened(a_workspace(tmp_path), CASE)

    assert not app.exception
    assert "Next: run finharness eval first" in app.text[0].value
