"""Dashboards and alarms are put into an account: state and calls through boto3, on a server that stands in for AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.alarms import alarm_requests, dashboards
from harness.alarms.push import check, connect, push
from harness.cli import main
from harness.errors import Incomplete, MissingExtra, UserError
from harness.workspace import AlarmSettings

pytest.importorskip("boto3")
TOPIC = "arn:aws:sns:us-east-1:123456789012:ops"
TOML = f"""
[agents.planner]
target = "agents/planner.py:planner"

[alarms]
region = "us-east-1"
topics = ["{TOPIC}"]
functions = {{ api = "alex-api" }}

[[alarms.rules]]
name = "slow"
metric = "Duration"
threshold = 9000
comparison = ">"
by = ["agent"]
period_s = 60
periods = 3
datapoints = 2
missing = "ignore"
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """The address of a stand-in."""
    server_of = pytest.importorskip("moto.server")
    server = server_of.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "harness.toml").write_text(TOML)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def described(client: Any) -> dict[str, dict[str, Any]]:
    """The alarms of the account by their names."""
    pages = client.get_paginator("describe_alarms").paginate()
    return {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}


def test_everything_is_put_and_can_be_put_again(workspace: Path, aws: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alarms", "push", "--endpoint", aws]) == 0
    assert main(["alarms", "push", "--endpoint", aws]) == 0

    said = capsys.readouterr().out
    client = connect("us-east-1", aws)
    alarms = described(client)
    assert "put dashboard finharness-evaluation: 6 widgets" in said
    assert sorted(alarms) == [
        "finharness-agent-success-planner", "finharness-api-errors", "finharness-budget-100", "finharness-budget-50",
        "finharness-budget-80", "finharness-errors-planner", "finharness-routing-accuracy-planner", "finharness-slow-planner",
    ]  # fmt: skip
    client.close()


def test_what_was_put_is_what_was_meant(workspace: Path, aws: str) -> None:
    main(["alarms", "push", "--endpoint", aws])
    client = connect("us-east-1", aws)

    alarms = described(client)
    body = json.loads(client.get_dashboard(DashboardName="finharness-agent-performance")["DashboardBody"])

    success, slow = alarms["finharness-agent-success-planner"], alarms["finharness-slow-planner"]
    assert (success["Threshold"], success["ComparisonOperator"]) == (0.9, "LessThanThreshold")
    assert {metric["Id"] for metric in success["Metrics"]} == {"enough", "v", "n"}
    assert (slow["EvaluationPeriods"], slow["DatapointsToAlarm"], slow["TreatMissingData"]) == (3, 2, "ignore")
    assert slow["Dimensions"] == [{"Name": "agent", "Value": "planner"}]
    assert slow["AlarmActions"] == [TOPIC]
    assert (
        body
        == dashboards(AlarmSettings(functions={"api": "alex-api"}), ["planner"], "us-east-1")[
            "finharness-agent-performance"
        ]
    )
    client.close()


def test_what_cloudwatch_would_refuse_is_not_sent() -> None:
    class Nobody:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"{name} was called")

    with pytest.raises(UserError, match="no ARN"):
        list(push(Nobody(), {}, alarm_requests(AlarmSettings(topics=("ops@example.com",)), ["planner"])))
    with pytest.raises(UserError, match="no list of `widgets`"):
        check({"mine": {}}, [])


def test_an_account_that_does_not_answer_is_said(aws: str) -> None:
    client = connect("us-east-1", "http://127.0.0.1:9")

    with pytest.raises(Incomplete, match="did not take it"):
        list(push(client, {}, alarm_requests(AlarmSettings(), ["planner"])))
    client.close()


def test_faults_that_the_account_finds_are_said() -> None:
    class Strict:
        def put_dashboard(self, **_: Any) -> dict[str, Any]:
            return {"DashboardValidationMessages": [{"DataPath": "/widgets/0", "Message": "Should NOT have x"}]}

    with pytest.raises(Incomplete, match="Should NOT have x"):
        list(push(Strict(), dashboards(AlarmSettings(), [], "us-east-1"), []))


def test_a_region_and_the_library_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="region"):
        connect("")
    monkeypatch.setattr("harness.alarms.push.find_spec", lambda _: None)
    with pytest.raises(MissingExtra):
        connect("us-east-1")
