"""The same definition as CloudWatch takes it: metric lines, dashboards, alarms; and what is no such thing is found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from builders import a_call, a_case, a_job, a_model_call, a_result, a_trace, a_verdict, an_outcome
from hypothesis import given
from hypothesis import strategies as st

from harness.alarms import METRICS, Sample, alarm_requests, dashboards, emf_lines, rules_of, run_samples, trial_samples
from harness.alarms.cloudwatch import request_problems
from harness.alarms.dashboards import dashboard_problems
from harness.alarms.emf import emf_problems
from harness.errors import ConfigError
from harness.shape import read
from harness.workspace import AlarmRule, AlarmSettings

SETTINGS = AlarmSettings(
    functions={"api": "alex-api", "planner": "alex-planner"}, topics=("arn:aws:sns:us-east-1:123456789012:ops",)
)


def test_a_trial_measures_what_it_did() -> None:
    trace = a_trace(
        "ok",
        steps=[a_model_call(), a_call(error="no")],
        duration_s=0.5,
        ttft_s=0.1,
        guardrails=({"name": "g", "passed": False},),
    )
    routed = a_verdict(False, check="trajectory:routing")
    result = a_result("failed", outcome=an_outcome(trace=trace), verdicts=(routed,), score=0.25)

    found = {sample.metric: sample.value for sample in trial_samples(result)}

    assert found == {
        "AgentSuccess": 0, "Requests": 1, "Errors": 0, "Duration": 500, "FirstText": 100, "InputTokens": 100, "OutputTokens": 20,
        "CostUSD": 0.001, "ToolErrors": 1, "GuardrailStops": 1, "JudgedScore": 0.25, "RoutingCorrect": 0,
    }  # fmt: skip
    assert {sample.labels for sample in trial_samples(result)} == {(("agent", "adviser"),)}


@pytest.mark.parametrize(
    ("status", "outcome", "errors"),
    [("errored", "infrastructure_failed", 1), ("failed", "timed_out", 1), ("failed", "completed", 0)],
)
def test_errors_are_counted_whoevers_fault_they_are(status: str, outcome: str, errors: int) -> None:
    found = {
        sample.metric: sample.value for sample in trial_samples(a_result(status, outcome=an_outcome(status=outcome)))
    }

    assert found["Errors"] == errors
    assert ("AgentSuccess" in found) is (status == "failed")


def test_the_budget_is_spent_in_the_order_of_time_judges_included() -> None:
    def trial(second: int, cost: float) -> Any:
        outcome = an_outcome(trace=a_trace("x", cost_usd=cost))
        return a_result(outcome=outcome, started_at=f"2026-11-21T10:00:{second:02}Z", judge_cost_usd=0.1)

    shares = [
        sample.value for sample in run_samples([trial(9, 0.4), trial(1, 0.1)], 1.0) if sample.metric == "BudgetShare"
    ]

    assert shares == pytest.approx([0.2, 0.7])
    assert not [sample for sample in run_samples([trial(1, 0.1)]) if sample.metric == "BudgetShare"]


def test_attempts_that_were_replaced_spent_of_the_budget_and_count_for_nothing_else() -> None:
    kept, replaced = (a_result(status, outcome=an_outcome(trace=a_trace("x", cost_usd=0.25))) for status in ("passed", "errored"))  # fmt: skip
    samples = run_samples([kept], 1.0, earlier=[replaced])

    assert [sample.value for sample in samples if sample.metric == "BudgetShare"] == [0.25, 0.5]
    assert [sample.value for sample in samples if sample.metric == "Errors"] == [0.0]


def test_lines_are_well_formed_and_hold_every_sample() -> None:
    samples = [
        *trial_samples(a_result(job=a_job(a_case(), variant="a"))),
        *trial_samples(a_result(job=a_job(a_case(), variant="b"))),
    ]
    lines = list(emf_lines([*samples, Sample(5.0, "BudgetShare", 0.5)], properties={"run": "r-1"}))

    assert [problem for line in lines for problem in emf_problems(line)] == []
    assert [json.loads(line).get("agent") for line in lines] == [None, "a", "b"]
    assert json.loads(lines[0])["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]
    assert {json.loads(line)["run"] for line in lines} == {"r-1"}


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(sorted(METRICS)), st.floats(-1e9, 1e9)), max_size=300))
def test_no_sample_is_lost_in_lines(found: list[tuple[int, str, float]]) -> None:
    lines = list(emf_lines(Sample(float(second), metric, value, (("agent", "a"),)) for second, metric, value in found))

    values: list[tuple[str, float]] = []
    for line in lines:
        assert emf_problems(line) == []
        document = json.loads(line)
        for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
            content = document[metric["Name"]]
            values += [(metric["Name"], one) for one in (content if isinstance(content, list) else [content])]
    assert sorted(values) == sorted((metric, value) for _, metric, value in found)


def test_what_is_not_finite_or_unknown_is_left_out() -> None:
    assert list(emf_lines([Sample(1.0, "Errors", float("nan")), Sample(1.0, "Strange", 1.0)])) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda d: d.pop("_aws"), "no `_aws`"),
        (lambda d: d["_aws"].update(Timestamp="now"), "milliseconds"),
        (lambda d: d["_aws"].update(CloudWatchMetrics=[]), "list of directives"),
        (lambda d: d["_aws"]["CloudWatchMetrics"][0].update(Namespace="a b"), "no namespace"),
        (lambda d: d["_aws"]["CloudWatchMetrics"][0].update(Dimensions=["agent"]), "list of lists"),
        (lambda d: d["_aws"]["CloudWatchMetrics"][0].update(Dimensions=[["region"]]), "has no text"),
        (lambda d: d["_aws"]["CloudWatchMetrics"][0]["Metrics"][0].update(Unit="Dollars"), "no unit"),
        (lambda d: d["_aws"]["CloudWatchMetrics"][0]["Metrics"][0].update(StorageResolution=5), "neither 1 nor 60"),
        (lambda d: d["_aws"]["CloudWatchMetrics"][0].update(Metrics=[{"Name": "Gone"}]), "no value"),
        (lambda d: d.update(Errors="five"), "no value"),
        (lambda d: d.update(Errors=[1.0] * 101), "more than 100"),
    ],
)
def test_lines_that_cloudwatch_would_pass_over_are_found(change: Any, problem: str) -> None:
    document = json.loads(next(emf_lines([Sample(1.0, "Errors", 1.0, (("agent", "a"),))])))
    change(document)

    assert any(problem in found for found in emf_problems(json.dumps(document)))


@pytest.mark.parametrize("line", ["", "[]", "7", "{", "[" * 100_000])
def test_nonsense_is_no_line(line: str) -> None:
    assert emf_problems(line)


@pytest.mark.parametrize("agents", [[], ["planner"], [f"agent-{number}" for number in range(40)]])
def test_dashboards_are_well_formed(agents: list[str]) -> None:
    made = dashboards(SETTINGS, agents, "eu-west-1")

    assert sorted(made) == ["finharness-agent-performance", "finharness-api-activity", "finharness-evaluation"]
    assert [problem for body in made.values() for problem in dashboard_problems(body)] == []
    assert all(widget["properties"]["region"] == "eu-west-1" for body in made.values() for widget in body["widgets"])


def test_widgets_do_not_overlap() -> None:
    for body in dashboards(SETTINGS, ["a"], "eu-west-1").values():
        taken = [
            (w["x"] + dx, w["y"] + dy) for w in body["widgets"] for dx in range(w["width"]) for dy in range(w["height"])
        ]
        assert len(taken) == len(set(taken))


def _guide(metrics: list[Any]) -> dict[str, Any]:
    return {"widgets": [{"type": "metric", "properties": {"metrics": metrics, "period": 300, "region": "us-east-1"}}]}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        # As the guides have it: dimensions inside the options, which draws an empty graph.
        (
            _guide([["AWS/Lambda", "Duration", {"dimensions": {"FunctionName": "alex-planner"}}]]),
            "dimensions stand in the list",
        ),
        (_guide([[".", ".", "FunctionName", "x"]]), "no line before the first"),
        (_guide([["AWS/Lambda", "Duration", "FunctionName"]]), "a name and no value"),
        (_guide([["AWS/Lambda"]]), "namespace and name are missing"),
        (_guide([[{"expression": "m1/m2"}], ["a", "b", {"stat": "Mean"}]]), "no statistic"),
        (_guide([["a", "b", {"expression": "m1"}]]), "no namespace and name"),
        (_guide([[7, "b"]]), "must be text"),
        (_guide(["a"]), "it is no list"),
        (_guide([]), "with something in it"),
        (
            {"widgets": [{"type": "metric", "properties": {"metrics": [["a", "b"]], "period": 45}}]},
            "none of CloudWatch's",
        ),
        (
            {"widgets": [{"type": "metric", "properties": {"metrics": [["a", "b"]], "view": "lines", "stat": "Mean"}}]},
            "no view",
        ),
        ({"widgets": [{"type": "chart", "properties": {}}]}, "no type"),
        ({"widgets": [{"type": "log", "properties": {"query": "filter x", "view": "lines"}}]}, "SOURCE"),
        ({"widgets": [{"type": "text", "properties": {}}]}, "markdown"),
        ({"widgets": [{"type": "log"}]}, "no `properties`"),
        ({"widgets": [{"type": "log", "x": 24, "properties": {}}]}, "`x` is 24"),
        ({"widgets": ["log"]}, "no mapping"),
        ({"widgets": [{}] * 501}, "more than 500"),
        ({}, "no list of `widgets`"),
        ([], "no list of `widgets`"),
    ],
)
def test_dashboards_that_would_be_refused_or_empty_are_found(body: Any, problem: str) -> None:
    assert any(problem in found for found in dashboard_problems(body))


def test_alarms_fit_the_format_and_the_sdk() -> None:
    made = alarm_requests(SETTINGS, ["planner", "tagger"])

    assert [problem for request in made for problem in request_problems(request)] == []
    assert [request["AlarmName"] for request in made] == [
        "finharness-agent-success-planner", "finharness-agent-success-tagger", "finharness-routing-accuracy-planner",
        "finharness-routing-accuracy-tagger", "finharness-errors-planner", "finharness-errors-tagger", "finharness-budget-50",
        "finharness-budget-80", "finharness-budget-100", "finharness-api-errors",
    ]  # fmt: skip
    pytest.importorskip("botocore")
    from botocore.session import Session
    from botocore.validate import ParamValidator

    shape = Session().get_service_model("cloudwatch").operation_model("PutMetricAlarm").input_shape
    for request in made:
        assert not ParamValidator().validate(request, shape).has_errors()


def test_minimum_samples_are_an_expression_and_the_rest_a_metric() -> None:
    success, *_, errors = alarm_requests(AlarmSettings(), ["planner"])[:3]

    assert success["Metrics"][0]["Expression"] == "IF(n >= 20, v)"
    assert (success["Threshold"], success["ComparisonOperator"]) == (0.9, "LessThanThreshold")
    assert (errors["Statistic"], errors["Period"], errors["Threshold"]) == ("Sum", 300, 5)
    assert (errors["ComparisonOperator"], errors["TreatMissingData"]) == (
        "GreaterThanOrEqualToThreshold",
        "notBreaching",
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"AlarmName": ""}, "no name"),
        ({"AlarmName": "é"}, "no name"),
        ({"EvaluationPeriods": None}, "is missing"),
        ({"DatapointsToAlarm": 2}, "cannot breach"),
        ({"Threshold": float("nan")}, "no number"),
        ({"ComparisonOperator": "<"}, "no comparison"),
        ({"TreatMissingData": "none"}, "no way"),
        ({"Period": 45}, "none of CloudWatch's"),
        ({"Period": 86_400, "EvaluationPeriods": 2}, "longer than a day"),
        ({"Statistic": "Mean"}, "no statistic"),
        ({"Namespace": ""}, "`Namespace` is missing"),
        ({"AlarmActions": ["ops@example.com"]}, "no ARN"),
        ({"Metrics": []}, "not both"),
    ],
)
def test_alarms_that_would_be_refused_are_found(change: dict[str, Any], problem: str) -> None:
    request = alarm_requests(AlarmSettings(), ["planner"])[2]

    assert any(problem in found for found in request_problems({**request, **change}))


def test_two_answers_of_one_alarm_are_found() -> None:
    request = alarm_requests(AlarmSettings(), ["planner"])[0]
    twice = [{**metric, "Id": "V", "ReturnData": True, "Expression": "1"} for metric in request["Metrics"]]

    found = " ".join(request_problems({**request, "Metrics": twice}))

    assert "exactly one" in found
    assert "must differ" in found
    assert "and not both" in found


def test_rules_are_replaced_added_and_switched_off() -> None:
    own = AlarmRule(name="errors", metric="Errors", threshold=1, comparison=">=", statistic="sum")
    slow = AlarmRule(name="slow", metric="Duration", threshold=9000, comparison=">", by=("agent",))

    found = {
        rule.name: rule
        for rule in rules_of(AlarmSettings(rules=(own, slow), off=("budget-50", "budget-80", "budget-100")))
    }

    assert sorted(found) == ["agent-success", "errors", "routing-accuracy", "slow"]
    assert found["errors"].threshold == 1


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"off": ["agent-sucess"]}, "no rule 'agent-sucess'"),
        ({"rules": [{"name": "x", "metric": "Eror", "threshold": 1.0}]}, "nobody measures 'Eror'"),
        (
            {"rules": [{"name": "x", "metric": "Errors", "threshold": 1.0, "by": ["region"]}]},
            "not measured by 'region'",
        ),
        (
            {"rules": [{"name": "x", "metric": "BudgetShare", "threshold": 1.0, "by": ["agent"]}]},
            "not measured by 'agent'",
        ),
        ({"rules": [{"name": "x", "metric": "Errors", "threshold": 1.0}] * 2}, "two rules"),
    ],
)
def test_rules_that_mean_nothing_are_refused_with_the_nearest(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        rules_of(read(AlarmSettings, settings))


def test_lines_of_alarms_are_drawn_where_the_rules_have_them() -> None:
    own = AlarmRule(name="agent-success", metric="AgentSuccess", threshold=0.97, by=("agent",))
    body = dashboards(AlarmSettings(rules=(own,), off=("routing-accuracy",)), ["a"], "eu-west-1")[
        "finharness-evaluation"
    ]

    drawn = {widget["properties"]["title"]: widget["properties"].get("annotations") for widget in body["widgets"]}
    assert drawn["Requests done well"] == {"horizontal": [{"label": "alarm", "value": 0.97}]}
    assert drawn["Routed right"] is None
