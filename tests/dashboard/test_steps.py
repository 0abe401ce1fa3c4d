from __future__ import annotations

from dataclasses import replace

import pytest
from builders import a_call, a_case, a_job, a_manifest, a_result, an_outcome
from stored_runs import HOSTILE, a_workspace

from harness.model import Reference
from harness.shape import read
from harness.steps import analyse
from harness.store import Store

STEPS = "pages/steps.py"


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """Trials that are routed rightly and wrongly, repeat calls and go in circles."""
    root = a_workspace(tmp_path_factory.mktemp("workspace"))
    results = [
        walk("R-1", ["analyst"], "analyst"),
        walk("R-2", ["trader"], "analyst"),
        walk("R-3", [], "trader"),
        walk(HOSTILE, ["analyst"], "analyst", repeats=4),
    ]
    with Store.open(root / ".harness/results.db") as store:
        store.begin(a_manifest(), [result.job for result in results])
        store.add(a_manifest().id, results)
        store.end(a_manifest().id, "complete")
    return root


def walk(case_id, handed, expected, *, repeats=1):
    reference = read(Reference, {"steps": [{"name": "get_price"}], "route": [expected]})
    case = a_case(case_id, agent="clera", reference=reference)
    steps = [replace(a_call(name), kind="handoff") for name in handed]
    steps += [a_call("get_price", {"symbol": "VTI"}, {"price": 1.5}, t0=1.0 + n, t1=1.5 + n) for n in range(repeats)]
    outcome = an_outcome("yes", steps=steps, duration_s=9.0)
    return a_result(job=a_job(case), outcome=outcome, steps=analyse(outcome.trace, case, passed=True))


def test_agents_are_summed_up(opened, walked):
    app = opened(walked, STEPS)

    assert not app.exception
    cards = {card.label: card.value for card in app.metric}
    assert cards["Redundant calls"] == "42.9%"
    assert cards["Right agent first"] == "50.0%"
    agents = app.dataframe[0].value.to_dict("records")
    assert [(row["agent"], row["trials"], row["routed"], row["misrouted"]) for row in agents] == [("clera", 4, 4, 2)]


def test_the_worst_trials_are_listed_by_what_is_asked_for(opened, walked):
    app = opened(walked, page="steps", by="Misrouted")
    worst = app.dataframe[-1].value

    assert worst["case"].tolist() == ["R-2", "R-3"]
    assert worst["routing"].tolist() == ["analyst wanted, trader reached", "trader wanted, none reached"]

    app.segmented_control[0].select("Redundant calls").run()
    assert len(app.dataframe[-1].value) == 1


def test_a_fault_that_nobody_has_is_said_to_be_absent(opened, walked):
    app = opened(walked, page="steps", by="Errors not recovered")

    assert "No trial has this fault." in app.success[0].value


def test_hostile_names_stay_text(opened, walked):
    app = opened(walked, STEPS)

    interpreted = [item.value for item in (*app.markdown, *app.caption, *app.subheader, *app.success)]
    assert not any("alert(1)" in text for text in interpreted)


def test_without_results_it_says_what_to_do_next(opened, tmp_path):
    app = opened(a_workspace(tmp_path), STEPS)

    assert not app.exception
    assert "finharness eval" in app.code[0].value
