"""The three dashboards, API activity, agents' performance and evaluation, as CloudWatch's dashboard bodies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from harness.workspace.operations import AlarmSettings

from .metrics import METRICS
from .rules import rules_of

Body = dict[str, Any]
"""What `PutDashboard` takes, as data."""

_WIDE: Final = 24
_TALL: Final = 6
_PERIOD_S: Final = 300


def dashboards(settings: AlarmSettings, agents: Sequence[str], region: str) -> dict[str, Body]:
    """Make every dashboard, by its name in the cloud.

    Args:
        settings: Namespace, functions, log groups and rules.
        agents: Agents that have a line each.
        region: Where the metrics are.

    Raises:
        ConfigError: for a rule that cannot be used.
    """
    made = {
        "api-activity": _api(settings, region),
        "agent-performance": _performance(settings, agents, region),
        "evaluation": _evaluation(settings, agents, region),
    }
    return {f"{settings.prefix}-{name}": _placed(widgets) for name, widgets in made.items()}


def _api(settings: AlarmSettings, region: str) -> list[Body]:
    group = settings.log_groups.get("api", "/aws/lambda/alex-api")
    function = settings.functions.get("api", "alex-api")
    named = ["FunctionName", function]
    return [
        _log(
            "Logins", group, "fields @timestamp, user | filter event = 'USER_LOGIN' | stats count() by bin(5m)", region
        ),
        _log(
            "Analyses by user",
            group,
            "filter event = 'ANALYSIS_TRIGGERED' | stats count() by user",
            region,
            view="table",
        ),
        _metric(
            "API calls and errors",
            [
                ["AWS/Lambda", "Invocations", *named, {"stat": "Sum"}],
                ["AWS/Lambda", "Errors", *named, {"stat": "Sum", "color": "#d62728"}],
            ],
            region,
        ),
        _metric(
            "Time of API calls",
            [["AWS/Lambda", "Duration", *named, {"stat": stat}] for stat in ("Average", "p95")],
            region,
        ),
    ]


def _performance(settings: AlarmSettings, agents: Sequence[str], region: str) -> list[Body]:
    group = settings.log_groups.get("planner", "/aws/lambda/alex-planner")
    widgets = [
        _each("Time of each agent (95th percentile)", "Duration", agents, settings, region, stat="p95"),
        _each("Requests", "Requests", agents, settings, region, stat="Sum"),
        _each("Errors", "Errors", agents, settings, region, stat="Sum", line=_threshold(settings, "errors")),
        _each("Time to the first words", "FirstText", agents, settings, region),
        _each("Cost (USD)", "CostUSD", agents, settings, region, stat="Sum"),
        _each("Tool calls that failed", "ToolErrors", agents, settings, region, stat="Sum"),
        _log("Agents invoked", group, "filter event = 'AGENT_INVOKED' | stats count() by agent", region, view="table"),
    ]
    if settings.functions:
        lines = [
            ["AWS/Lambda", "Duration", "FunctionName", function, {"label": agent, "stat": "Average"}]
            for agent, function in sorted(settings.functions.items())
        ]
        widgets.append(_metric("Time of each function", lines, region))
    return widgets


def _evaluation(settings: AlarmSettings, agents: Sequence[str], region: str) -> list[Body]:
    return [
        _each(
            "Requests done well",
            "AgentSuccess",
            agents,
            settings,
            region,
            line=_threshold(settings, "agent-success"),
            share=True,
        ),
        _each(
            "Routed right",
            "RoutingCorrect",
            agents,
            settings,
            region,
            line=_threshold(settings, "routing-accuracy"),
            share=True,
        ),
        _each("Score of the checks", "JudgedScore", agents, settings, region, share=True),
        _each("Guardrails that objected", "GuardrailStops", agents, settings, region, stat="Sum"),
        _metric("Budget", [[settings.namespace, "BudgetShare", {"stat": "Maximum"}]], region, share=True),
        _each("Satisfaction of users", "UserSatisfaction", agents, settings, region, share=True),
    ]


def _each(
    title: str,
    metric: str,
    agents: Sequence[str],
    settings: AlarmSettings,
    region: str,
    *,
    stat: str = "Average",
    line: float | None = None,
    share: bool = False,
) -> Body:
    """A graph with a line for each agent."""
    assert metric in METRICS
    lines = [[settings.namespace, metric, "agent", agent, {"label": agent, "stat": stat}] for agent in agents]
    # Without agents the search finds whoever sends metrics.
    search = f"SEARCH('{{{settings.namespace},agent}} MetricName=\"{metric}\"', '{stat}', {_PERIOD_S})"
    return _metric(title, lines or [[{"expression": search, "id": "e1"}]], region, line=line, share=share)


def _metric(
    title: str, metrics: list[list[Any]], region: str, *, line: float | None = None, share: bool = False
) -> Body:
    properties: Body = {
        "title": title,
        "view": "timeSeries",
        "stacked": False,
        "region": region,
        "period": _PERIOD_S,
        "metrics": metrics,
    }
    if share:
        properties["yAxis"] = {"left": {"min": 0, "max": 1}}
    if line is not None:
        properties["annotations"] = {"horizontal": [{"label": "alarm", "value": line}]}
    return {"type": "metric", "properties": properties}


def _log(title: str, group: str, query: str, region: str, *, view: str = "timeSeries") -> Body:
    source = f"SOURCE '{group}' | {query}"
    return {"type": "log", "properties": {"title": title, "region": region, "view": view, "query": source}}


def _threshold(settings: AlarmSettings, rule: str) -> float | None:
    """Where the line of an alarm is drawn; nowhere when it is off."""
    return next((known.threshold for known in rules_of(settings) if known.name == rule), None)


def _placed(widgets: Iterable[Body]) -> Body:
    """Two to a row."""
    half = _WIDE // 2
    return {
        "widgets": [
            {**widget, "x": half * (index % 2), "y": _TALL * (index // 2), "width": half, "height": _TALL}
            for index, widget in enumerate(widgets)
        ]
    }


# ---- the format


_TYPES: Final = frozenset({"metric", "log", "text", "alarm", "explorer", "custom"})
_STATS: Final = re.compile(r"SampleCount|Average|Sum|Minimum|Maximum|IQM|(p|tm|wm|tc|ts)(\d{1,2}(\.\d{1,10})?|100)")
_OPTIONS: Final = frozenset(
    {"color", "label", "period", "stat", "visible", "yAxis", "id", "expression", "region", "accountId"}
)
_MOST_WIDGETS: Final = 500
_LOWEST: Final = 1000


def dashboard_problems(body: object) -> list[str]:
    """What is wrong with a dashboard's body, by CloudWatch's structure and syntax; nothing for a good one."""
    widgets = body.get("widgets") if isinstance(body, Mapping) else None
    if not isinstance(widgets, list):
        return ["it has no list of `widgets`"]
    problems = [f"more than {_MOST_WIDGETS} widgets"] if len(widgets) > _MOST_WIDGETS else []
    for index, widget in enumerate(widgets):
        found = _widget(widget) if isinstance(widget, Mapping) else ["it is no mapping"]
        problems += [f"widgets[{index}]: {problem}" for problem in found]
    return problems


def _widget(widget: Mapping[str, Any]) -> Iterator[str]:
    kind, properties = widget.get("type"), widget.get("properties")
    if kind not in _TYPES:
        yield f"{kind!r} is no type of widget"
    for name, low, high in (("x", 0, _WIDE - 1), ("y", 0, _LOWEST), ("width", 1, _WIDE), ("height", 1, _LOWEST)):
        place = widget.get(name, low)
        if type(place) is not int or not low <= place <= high:
            yield f"`{name}` is {place!r}, not a whole number from {low} to {high}"
    if not isinstance(properties, Mapping):
        yield "it has no `properties`"
    elif kind == "metric":
        yield from _metric_problems(properties)
    elif kind == "log":
        yield from _log_problems(properties)
    elif kind == "text" and not isinstance(properties.get("markdown"), str):
        yield "a text has `markdown`"


def _log_problems(properties: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(properties.get("region"), str) or not properties["region"]:
        yield "`region` is missing"
    query = properties.get("query")
    if not isinstance(query, str) or not re.match(r"\s*SOURCE '[^']+'", query):
        yield "the query does not begin with SOURCE and a log group"
    if properties.get("view", "table") not in {"table", "timeSeries", "bar", "pie"}:
        yield f"{properties['view']!r} is no view of a log"


def _metric_problems(properties: Mapping[str, Any]) -> Iterator[str]:
    metrics, region = properties.get("metrics"), properties.get("region")
    if not isinstance(region, str) or not region:
        yield "`region` is missing"
    if properties.get("view", "timeSeries") not in {"timeSeries", "singleValue", "gauge", "bar", "pie", "table"}:
        yield f"{properties['view']!r} is no view of metrics"
    period = properties.get("period", 60)
    if type(period) is not int or (period not in {1, 5, 10, 20, 30} and period % 60):
        yield f"a period of {period!r} s is none of CloudWatch's"
    if properties.get("stat") is not None and not _STATS.fullmatch(str(properties["stat"])):
        yield f"{properties['stat']!r} is no statistic"
    if not isinstance(metrics, list) or not metrics:
        yield "`metrics` is no list with something in it"
        return
    for index, metric in enumerate(metrics):
        for problem in _row(metric, first=index == 0):
            yield f"metrics[{index}]: {problem}"


def _row(metric: object, *, first: bool) -> Iterator[str]:
    """One line of a graph: namespace, name, then name and value of each dimension, then options."""
    if not isinstance(metric, list) or not metric:
        yield "it is no list"
        return
    options = metric[-1] if isinstance(metric[-1], Mapping) else {}
    names = metric[:-1] if options else metric
    yield from _option_problems(options)
    if "expression" in options:
        if names:
            yield "an expression has no namespace and name"
        return
    yield from _name_problems(names, first=first)


def _option_problems(options: Mapping[str, Any]) -> Iterator[str]:
    for option in options:
        if option not in _OPTIONS:
            hint = "; dimensions stand in the list, before the options" if option == "dimensions" else ""
            yield f"{option!r} is no option of a metric{hint}"
    if "stat" in options and not _STATS.fullmatch(str(options["stat"])):
        yield f"{options['stat']!r} is no statistic"


def _name_problems(names: Sequence[object], *, first: bool) -> Iterator[str]:
    if not all(isinstance(part, str) and part for part in names):
        yield "all but the options must be text"
    if len(names) < 2:
        yield "namespace and name are missing"
    elif len(names) % 2:
        yield "a dimension has a name and no value"
    if first and any(part in {".", "..."} for part in names):
        yield "there is no line before the first to repeat"
