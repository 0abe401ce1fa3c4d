from __future__ import annotations

from builders import a_case, a_job, a_manifest, a_result

from harness.render.figures import figures
from harness.store import RunRow
from harness.summary import summarise


def routed(case, expected, path):
    section = {"routing": {"path": path, "expected": [expected], "first_right": path[:1] == [expected]}}
    return a_result(job=a_job(a_case(case)), steps=section)


def told(*results):
    return dict(figures(summarise(RunRow(a_manifest(), "complete", None, 0, 0), results))).get("routing")


def test_a_report_says_where_requests_went_instead():
    found = told(routed("A", "analyst", ["analyst"]), routed("B", "analyst", ["trader"]), routed("C", "trader", []))

    assert found == (
        "1 of 3 requests (33.3%) reached the right agent first; instead: trader -> none 1x, analyst -> trader 1x"
    )


def test_a_run_without_expected_agents_says_nothing_of_routing():
    assert told(a_result()) is None
