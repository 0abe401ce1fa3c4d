"""Metrics as log lines in CloudWatch's embedded metric format, and what is wrong with a line that is none."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from .metrics import METRICS, Labels, Sample

_MOST_VALUES: Final = 100
_MOST_METRICS: Final = 100
_MOST_DIMENSIONS: Final = 30
_LONGEST_NAME: Final = 1024
_LONGEST_NAMESPACE: Final = 256
_MOST_BYTES: Final = 1 << 20
_NAMESPACE: Final = re.compile(r"[0-9A-Za-z._\-/#:]+")
_SIZES: Final = tuple(f"{size}{unit}" for unit in ("bytes", "bits") for size in ("", "Kilo", "Mega", "Giga", "Tera"))
_RATED: Final = frozenset({*(size.capitalize() for size in _SIZES), "Count"})
_UNITS: Final = (
    _RATED | {f"{unit}/Second" for unit in _RATED} | {"Seconds", "Microseconds", "Milliseconds", "Percent", "None"}
)


def emf_lines(
    samples: Iterable[Sample], namespace: str = "finharness", *, properties: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Write samples as lines, one for each second and group, in the order of time.

    Args:
        samples: What was measured; what is not finite measures nothing.
        namespace: CloudWatch's namespace.
        properties: Fields besides, such as a run's id: searchable in the log, no dimension.
    """
    groups: dict[tuple[int, Labels], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for sample in samples:
        if math.isfinite(sample.value) and sample.metric in METRICS:
            groups[int(sample.at_s), sample.labels][sample.metric].append(sample.value)
    for (second, labels), metrics in sorted(groups.items()):
        left: Mapping[str, list[float]] = metrics
        while left:
            part = {name: values[:_MOST_VALUES] for name, values in left.items()}
            yield _line(second, labels, part, namespace, properties or {})
            left = {name: rest for name, values in left.items() if (rest := values[_MOST_VALUES:])}


def _line(
    second: int, labels: Labels, metrics: Mapping[str, list[float]], namespace: str, properties: Mapping[str, str]
) -> str:
    directive = {
        "Namespace": namespace,
        "Dimensions": [[name for name, _ in labels]],
        "Metrics": [{"Name": name, "Unit": METRICS[name].unit} for name in metrics],
    }
    values = {name: found[0] if len(found) == 1 else found for name, found in metrics.items()}
    document = {
        "_aws": {"Timestamp": second * 1000, "CloudWatchMetrics": [directive]},
        **{name: str(content) for name, content in properties.items() if name not in metrics},
        **dict(labels),
        **values,
    }
    return json.dumps(document, allow_nan=False)


def emf_problems(line: str) -> list[str]:
    """What is wrong with a line, by the specification of the format; nothing for a good one."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as error:
        return [f"it is no JSON: {type(error).__name__}"]
    if len(line.encode("utf-8", "replace")) > _MOST_BYTES:
        return ["it is longer than 1 MB"]
    known = document.get("_aws") if isinstance(document, dict) else None
    if not isinstance(known, dict):
        return ["it has no `_aws`"]
    problems: list[str] = []
    when = known.get("Timestamp")
    if type(when) is not int or when < 0:
        problems.append("`_aws.Timestamp` is no number of milliseconds")
    directives = known.get("CloudWatchMetrics")
    if not isinstance(directives, list) or not directives:
        return [*problems, "`_aws.CloudWatchMetrics` is no list of directives"]
    for index, directive in enumerate(directives):
        place = f"CloudWatchMetrics[{index}]"
        found = _directive(directive, document) if isinstance(directive, dict) else ["it is no mapping"]
        problems += [f"{place}: {problem}" for problem in found]
    return problems


def _directive(directive: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    namespace = directive.get("Namespace")
    if not isinstance(namespace, str) or not _NAMESPACE.fullmatch(namespace) or len(namespace) > _LONGEST_NAMESPACE:
        yield f"{namespace!r} is no namespace"
    dimensions = directive.get("Dimensions")
    if not isinstance(dimensions, list) or not all(isinstance(part, list) for part in dimensions):
        yield "`Dimensions` is no list of lists"
    else:
        yield from _dimensions(dimensions, document)
    metrics = directive.get("Metrics")
    if not isinstance(metrics, list) or not 0 < len(metrics) <= _MOST_METRICS:
        yield f"`Metrics` is no list of 1 to {_MOST_METRICS}"
        return
    for metric in metrics:
        yield from _metric(metric, document) if isinstance(metric, dict) else ["a metric is no mapping"]


def _dimensions(dimensions: Iterable[list[Any]], document: Mapping[str, Any]) -> Iterator[str]:
    for part in dimensions:
        if len(part) > _MOST_DIMENSIONS:
            yield f"more than {_MOST_DIMENSIONS} dimensions"
        for name in part:
            content = document.get(name) if isinstance(name, str) else None
            if not isinstance(content, str) or not 0 < len(content) <= _LONGEST_NAME:
                yield f"the dimension {name!r} has no text as its value"


def _metric(metric: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    name = metric.get("Name")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        yield f"{name!r} is no name of a metric"
        return
    if metric.get("Unit", "None") not in _UNITS:
        yield f"{metric.get('Unit')!r} is no unit of CloudWatch"
    if metric.get("StorageResolution", 60) not in {1, 60}:
        yield f"a storage resolution of {metric['StorageResolution']!r} is neither 1 nor 60"
    values = document.get(name)
    listed = values if isinstance(values, list) else [values]
    if not 0 < len(listed) <= _MOST_VALUES or not all(_is_number(item) for item in listed):
        yield f"{name} has no value that is a number, or more than {_MOST_VALUES}"


def _is_number(item: object) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item)
