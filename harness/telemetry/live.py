"""Spans, log lines and metrics of a running program, from OpenTelemetry's SDK into outboxes."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from opentelemetry.sdk._logs import LogRecordProcessor
from opentelemetry.sdk.metrics.export import Gauge, Histogram, InMemoryMetricReader, Sum
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import SpanKind, StatusCode

from harness.model import RunManifest
from harness.text import shorten

from . import names
from .facts import CONTENT_LIMIT
from .measures import Measure, Sums
from .outbox import Outbox
from .parcel import Log, Parcel
from .redact import Redactor
from .scoring import Score
from .span import Attribute, Span

NEXT_TRACE: ContextVar[str] = ContextVar("finharness_next_trace", default="")
"""Trace id of the next root span; a random one where it is empty."""

ABOUT: ContextVar[Mapping[str, Attribute]] = ContextVar("finharness_about", default={})  # noqa: B039 - never changed
"""Attributes that every span in this context gets: session, user, tags."""

_STATUSES = {StatusCode.UNSET: "unset", StatusCode.OK: "ok", StatusCode.ERROR: "error"}


class Ids(IdGenerator):
    """Trace ids that a caller can choose; OpenTelemetry would otherwise need a parent that never arrives."""

    def generate_trace_id(self) -> int:
        """The chosen id, else a random one."""
        chosen = NEXT_TRACE.get()
        return int(chosen, 16) if chosen else random.getrandbits(128) or 1

    def generate_span_id(self) -> int:
        """A random id."""
        return random.getrandbits(64) or 1


class Spans(SpanProcessor):
    """Hands finished spans to outboxes; the program pays for a queue's entry only."""

    def __init__(self, boxes: Sequence[Outbox]) -> None:
        self._boxes = boxes

    def on_start(self, span: Any, parent_context: Any = None) -> None:  # noqa: ARG002 - the SDK's signature
        """Add what is known of the context."""
        known = ABOUT.get()
        if known:
            span.set_attributes(known)

    def on_end(self, span: ReadableSpan) -> None:
        """Queue it."""
        for box in self._boxes:
            box.put(span)

    def shutdown(self) -> None:
        """Nothing: outboxes are closed by whoever opened them, within a deadline."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Nothing: a program never waits for what receives its traces."""
        return True


class Lines(LogRecordProcessor):
    """Hands log records to outboxes."""

    def __init__(self, boxes: Sequence[Outbox]) -> None:
        self._boxes = boxes

    def on_emit(self, log_record: Any) -> None:
        """Queue it."""
        for box in self._boxes:
            box.put(log_record)

    def shutdown(self) -> None:
        """Nothing, as for spans."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Nothing, as for spans."""
        return True


class Metrics:
    """What a program's instruments add up to, read when everything else was sent."""

    def __init__(self, reader: InMemoryMetricReader) -> None:
        self._reader = reader
        self._own = Sums()

    def add(self, measure: Measure) -> None:
        """Count something of our own."""
        self._own.add(measure)

    def document(self, start_ns: int, now_ns: int) -> list[dict[str, Any]]:
        """The `metrics` of an OTLP/JSON document."""
        return [*self._recorded(), *self._own.document(start_ns, now_ns)]

    def _recorded(self) -> list[dict[str, Any]]:
        data = self._reader.get_metrics_data()
        if data is None:
            return []
        scopes = (scope for resource in data.resource_metrics for scope in resource.scope_metrics)
        return [made for scope in scopes for metric in scope.metrics if (made := _metric(metric)) is not None]


class LivePacker:
    """Makes of a span, a log record or a score what may leave."""

    def __init__(
        self, run: str, redactor: Redactor, metrics: Metrics, *, with_scores: bool, with_content: bool
    ) -> None:
        self._manifest = RunManifest(id=run, started_at="", source="live")
        self._redactor = redactor
        self._metrics = metrics
        self._with_scores = with_scores
        self._with_content = with_content

    def count(self, item: Any) -> tuple[int, int]:
        """Spans and scores count, log lines do not."""
        if isinstance(item, Score):
            return 0, int(self._with_scores)
        return int(isinstance(item, ReadableSpan)), 0

    def pack(self, item: Any) -> Parcel:
        """Make it; see `Packing`."""
        if isinstance(item, Score):
            return Parcel(self._manifest, (), (self._redactor.score(item),) if self._with_scores else ())
        if isinstance(item, ReadableSpan):
            return Parcel(self._manifest, (self._redactor.span(self._kept(span_of(item))),), ())
        line = log_of(item)
        cleaned = self._redactor.attributes(line.attributes)
        text = self._redactor.text(line.text) if self._with_content else ""
        return Parcel(
            self._manifest,
            (),
            (),
            (Log(line.time_ns, text, line.severity, line.event, line.trace_id, line.span_id, cleaned),),
        )

    def sums(self) -> Metrics:
        """The program's instruments."""
        return self._metrics

    def _kept(self, span: Span) -> Span:
        if self._with_content:
            return span
        from dataclasses import replace

        hidden = {names.INPUT, names.OUTPUT}
        return replace(span, message="", attributes={k: item for k, item in span.attributes.items() if k not in hidden})


def span_of(span: ReadableSpan) -> Span:
    """Read an SDK's span; exceptions it recorded become its message."""
    context = span.get_span_context()
    if context is None:
        raise ValueError("a span without a context")
    status = span.status.status_code
    begin = span.start_time or 0
    return Span(
        trace_id=f"{context.trace_id:032x}",
        span_id=f"{context.span_id:016x}",
        parent_id=f"{span.parent.span_id:016x}" if span.parent is not None else None,
        name=shorten(span.name, 500) or "span",
        start_ns=begin,
        end_ns=max(begin, span.end_time or begin),
        kind="client" if span.kind is SpanKind.CLIENT else "internal",
        attributes=plain_attributes(span.attributes or {}),
        status=_STATUSES[status],  # type: ignore[arg-type]  # one of the three
        message=shorten(span.status.description or _exception(span), 2000) if status is StatusCode.ERROR else "",
    )


def log_of(record: Any) -> Log:
    """Read an SDK's log record."""
    line = record.log_record
    body = line.body if isinstance(line.body, str) else json.dumps(line.body, default=str) if line.body else ""
    number = getattr(line.severity_number, "value", 9)
    return Log(
        time_ns=line.timestamp or line.observed_timestamp or 0,
        text=shorten(body, CONTENT_LIMIT),
        severity=number if isinstance(number, int) else 9,
        event=line.event_name or "",
        trace_id=f"{line.trace_id:032x}" if line.trace_id else "",
        span_id=f"{line.span_id:016x}" if line.span_id else "",
        attributes=plain_attributes(line.attributes or {}),
    )


def plain_attributes(items: Mapping[str, Any]) -> dict[str, Attribute]:
    """Attributes as we send them: NaN left out, bytes described, very long text cut."""
    found = ((str(key), _attribute(item)) for key, item in items.items())
    return {key: item for key, item in found if item is not None}


def _attribute(item: Any) -> Attribute | None:
    if isinstance(item, str):
        return shorten(item, CONTENT_LIMIT)
    if isinstance(item, bool | int):
        return item
    if isinstance(item, float):
        return item if math.isfinite(item) else None
    if isinstance(item, bytes):
        return f"<{len(item)} bytes>"
    if isinstance(item, Sequence):
        return tuple(shorten(str(one), 2000) for one in list(item)[:128])
    return None if item is None else shorten(str(item), CONTENT_LIMIT)


def _exception(span: ReadableSpan) -> str:
    for event in span.events:
        known = event.attributes or {}
        if event.name == "exception":
            return f"{known.get('exception.type')}: {known.get('exception.message')}"
    return ""


def _metric(metric: Any) -> dict[str, Any] | None:
    data = metric.data
    points = [_point(point) for point in data.data_points]
    if isinstance(data, Histogram):
        return {
            "name": metric.name,
            "unit": metric.unit,
            "histogram": {"dataPoints": points, "aggregationTemporality": 2},
        }
    if isinstance(data, Sum):
        added = {"dataPoints": points, "aggregationTemporality": 2, "isMonotonic": data.is_monotonic}
        return {"name": metric.name, "unit": metric.unit, "sum": added}
    return (
        {"name": metric.name, "unit": metric.unit, "gauge": {"dataPoints": points}} if isinstance(data, Gauge) else None
    )


def _point(point: Any) -> dict[str, Any]:
    made = {
        "attributes": [
            {"key": str(key), "value": {"stringValue": str(item)}} for key, item in (point.attributes or {}).items()
        ],
        "startTimeUnixNano": str(point.start_time_unix_nano or 0),
        "timeUnixNano": str(point.time_unix_nano),
    }
    if hasattr(point, "bucket_counts"):
        counts = [str(count) for count in point.bucket_counts]
        return made | {
            "count": str(point.count),
            "sum": point.sum,
            "bucketCounts": counts,
            "explicitBounds": [*point.explicit_bounds],
        }
    return made | {"asDouble": float(point.value)}


@contextmanager
def setting(variable: ContextVar[Any], value: Any) -> Iterator[None]:
    """Give a variable of the context a value for a while."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
