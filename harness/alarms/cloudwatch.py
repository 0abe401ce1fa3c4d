"""The alarm rules as inputs of CloudWatch's PutMetricAlarm, and what is wrong with an input."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from harness.workspace.operations import AlarmRule, AlarmSettings

from .metrics import METRICS
from .rules import rules_of

Request = dict[str, Any]
"""What `put_metric_alarm` takes."""

_OPERATORS: Final = {
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
}
_STATISTICS: Final = {
    "average": "Average",
    "sum": "Sum",
    "minimum": "Minimum",
    "maximum": "Maximum",
    "count": "SampleCount",
}
_LONGEST_NAME: Final = 255
_DAY_S: Final = 86_400


def alarm_requests(settings: AlarmSettings, agents: Sequence[str]) -> list[Request]:
    """Render the rules in force: one alarm for each rule, or for each rule and agent.

    Raises:
        ConfigError: for a rule that cannot be used.
    """
    made: list[Request] = []
    for rule in rules_of(settings):
        groups = [{"agent": agent} for agent in agents] if "agent" in rule.by else [{}]
        made += [_request(rule, group, settings) for group in groups]
    if "api" in settings.functions:
        made.append(_api_errors(settings))
    return made


def _request(rule: AlarmRule, group: Mapping[str, str], settings: AlarmSettings) -> Request:
    name = "-".join([settings.prefix, rule.name, *group.values()])
    return {
        **_common(name, rule, settings),
        **(_plain(rule, group, settings) if rule.min_samples == 1 else _with_minimum(rule, group, settings)),
    }


def _common(name: str, rule: AlarmRule, settings: AlarmSettings) -> Request:
    topics = {"AlarmActions": list(settings.topics), "OKActions": list(settings.topics)} if settings.topics else {}
    return {
        "AlarmName": name,
        "AlarmDescription": rule.description or f"{rule.metric} {rule.comparison} {rule.threshold:g}",
        "ActionsEnabled": bool(settings.topics),
        **topics,
        "EvaluationPeriods": rule.periods,
        "DatapointsToAlarm": rule.needed,
        "Threshold": rule.threshold,
        "ComparisonOperator": _OPERATORS[rule.comparison],
        "TreatMissingData": rule.missing,
    }


def _plain(rule: AlarmRule, group: Mapping[str, str], settings: AlarmSettings) -> Request:
    return {
        "Namespace": settings.namespace,
        "MetricName": rule.metric,
        "Dimensions": [{"Name": name, "Value": content} for name, content in group.items()],
        "Statistic": _STATISTICS[rule.statistic],
        "Period": rule.period_s,
    }


def _with_minimum(rule: AlarmRule, group: Mapping[str, str], settings: AlarmSettings) -> Request:
    """A datapoint only where there are samples enough: without, the period has no data, and the rule on missing data holds."""
    dimensions = [{"Name": name, "Value": content} for name, content in group.items()]
    metric = {"Namespace": settings.namespace, "MetricName": rule.metric, "Dimensions": dimensions}

    def stat(name: str, statistic: str) -> Request:
        return {
            "Id": name,
            "MetricStat": {"Metric": metric, "Period": rule.period_s, "Stat": statistic},
            "ReturnData": False,
        }

    expression = f"IF(n >= {rule.min_samples}, v)"
    return {
        "Metrics": [
            {"Id": "enough", "Expression": expression, "Label": rule.metric, "ReturnData": True},
            stat("v", _STATISTICS[rule.statistic]),
            stat("n", "SampleCount"),
        ]
    }


def _api_errors(settings: AlarmSettings) -> Request:
    """The function in front of everything has an alarm of its own on its own metric."""
    rule = next((rule for rule in rules_of(settings) if rule.name == "errors"), None)
    wanted = rule or AlarmRule(name="errors", metric="Errors", threshold=5, comparison=">=", statistic="sum")
    group = {"FunctionName": settings.functions["api"]}
    lambda_ = {**_plain(wanted, group, settings), "Namespace": "AWS/Lambda"}
    return {**_common(f"{settings.prefix}-api-errors", wanted, settings), **lambda_, "TreatMissingData": "notBreaching"}


# ---- the format


def request_problems(request: Mapping[str, Any]) -> list[str]:
    """What CloudWatch would refuse, besides what the shapes of the SDK say; nothing for a good input."""
    return [*_basic(request), *(_math(request) if "Metrics" in request else _single(request))]


def _basic(request: Mapping[str, Any]) -> Iterator[str]:
    name = request.get("AlarmName")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isascii():
        yield f"{name!r} is no name of an alarm: 1 to {_LONGEST_NAME} ASCII characters"
    periods, needed = request.get("EvaluationPeriods"), request.get("DatapointsToAlarm")
    if type(periods) is not int or periods < 1:
        yield "`EvaluationPeriods` is missing"
    elif needed is not None and not 1 <= needed <= periods:
        yield f"{needed} datapoints of {periods} periods cannot breach"
    threshold = request.get("Threshold")
    if not isinstance(threshold, int | float) or isinstance(threshold, bool) or not math.isfinite(threshold):
        yield "`Threshold` is no number"
    if request.get("ComparisonOperator") not in _OPERATORS.values():
        yield f"{request.get('ComparisonOperator')!r} is no comparison"
    if request.get("TreatMissingData", "missing") not in {"missing", "ignore", "breaching", "notBreaching"}:
        yield f"{request['TreatMissingData']!r} is no way to treat missing data"
    for topic in request.get("AlarmActions", ()):
        if not re.fullmatch(r"arn:aws[\w-]*:[\w-]+:[\w-]*:\d*:.+", str(topic)):
            yield f"{topic!r} is no ARN"


def _single(request: Mapping[str, Any]) -> Iterator[str]:
    for name in ("Namespace", "MetricName", "Period"):
        if not request.get(name):
            yield f"`{name}` is missing"
    if request.get("Statistic") not in _STATISTICS.values():
        yield f"{request.get('Statistic')!r} is no statistic"
    yield from _period(request.get("Period"), request.get("EvaluationPeriods"))


def _math(request: Mapping[str, Any]) -> Iterator[str]:
    if any(name in request for name in ("MetricName", "Namespace", "Statistic", "Period", "Dimensions")):
        yield "an alarm has one metric or `Metrics`, not both"
    metrics = request["Metrics"]
    if sum(metric.get("ReturnData", True) for metric in metrics) != 1:
        yield "exactly one of `Metrics` returns data"
    ids = [metric.get("Id", "") for metric in metrics]
    if len(set(ids)) < len(ids) or not all(re.fullmatch(r"[a-z][a-zA-Z0-9_]*", name) for name in ids):
        yield f"ids must differ and begin with a small letter: {', '.join(map(str, ids))}"
    for metric in metrics:
        if ("Expression" in metric) == ("MetricStat" in metric):
            yield f"{metric.get('Id')}: it has an expression or a metric, and not both"
        if "MetricStat" in metric:
            yield from _period(metric["MetricStat"].get("Period"), request.get("EvaluationPeriods"))


def _period(period: object, periods: object) -> Iterator[str]:
    if type(period) is not int or (period not in {10, 20, 30} and (period < 60 or period % 60)):
        yield f"a period of {period!r} s is none of CloudWatch's"
    elif isinstance(periods, int) and period * periods > _DAY_S:
        yield "the periods are longer than a day together"


assert {"AgentSuccess", "RoutingCorrect", "Errors", "BudgetShare"} <= METRICS.keys()
