"""Put dashboards and alarms into an AWS account."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from harness.errors import Incomplete, MissingExtra, UserError

from .cloudwatch import Request, request_problems
from .dashboards import Body, dashboard_problems


def connect(region: str, endpoint: str | None = None) -> Any:
    """Open a client of CloudWatch.

    Raises:
        MissingExtra: when boto3 is not installed.
        UserError: without a region.
    """
    if find_spec("boto3") is None:
        raise MissingExtra("CloudWatch", "aws")
    if not region:
        raise UserError(
            "in which region?", remedy="set AWS_REGION, or `[alarms] region = ...`, or --region", where="alarms"
        )
    import boto3
    from botocore.config import Config

    # Our own words say what failed; a second attempt at once would be one more request and the same answer.
    config = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 2})
    return boto3.client("cloudwatch", region_name=region, endpoint_url=endpoint, config=config)


def push(client: Any, boards: Mapping[str, Body], alarms: Sequence[Request]) -> Iterator[str]:
    """Put everything, and say each thing that is there now; putting it again changes nothing.

    Raises:
        UserError: for what CloudWatch would refuse; then nothing was put.
        Incomplete: when the account does not take it.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    check(boards, alarms)
    try:
        for name, body in boards.items():
            answer = client.put_dashboard(DashboardName=name, DashboardBody=json.dumps(body))
            _refuse_warnings(name, answer)
            yield f"dashboard {name}: {len(body['widgets'])} widgets"
        for request in alarms:
            client.put_metric_alarm(**request)
            yield f"alarm {request['AlarmName']}"
    except (BotoCoreError, ClientError) as error:
        raise Incomplete(
            f"CloudWatch did not take it: {error}",
            remedy="check credentials, region and the right to call PutDashboard and PutMetricAlarm; then push again",
            where="alarms push",
        ) from error


def check(boards: Mapping[str, Body], alarms: Sequence[Request]) -> None:
    """Hold everything against the format.

    Raises:
        UserError: with the first thing that does not fit.
    """
    for name, body in boards.items():
        for problem in dashboard_problems(body):
            raise UserError(f"dashboard {name}: {problem}", remedy="correct [alarms] in harness.toml", where="alarms")
    for request in alarms:
        for problem in request_problems(request):
            raise UserError(
                f"alarm {request['AlarmName']}: {problem}", remedy="correct [alarms] in harness.toml", where="alarms"
            )


def _refuse_warnings(name: str, answer: Mapping[str, Any]) -> None:
    found = [str(item.get("Message", item)) for item in answer.get("DashboardValidationMessages") or ()]
    if found:
        raise Incomplete(
            f"CloudWatch found fault with the dashboard {name}: {found[0]}",
            remedy="report it: the body passed our own check",
            where="alarms push",
        )
