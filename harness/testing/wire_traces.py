"""What OpenTelemetry and Langfuse clients send, taken apart as their servers do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.frozen import frozen

_SUBJECTS: Final = ("traceId", "sessionId", "datasetRunId")
_DATA_TYPES: Final = {"NUMERIC", "BOOLEAN", "CATEGORICAL", "TEXT", "CORRECTION"}


@frozen
class ReceivedSpan:
    """One span as it arrived."""

    trace_id: str
    """32 hex digits."""

    span_id: str
    """16 hex digits."""

    parent_id: str
    """16 hex digits, '' for a root."""

    name: str
    """Its name."""

    start_ns: int
    """Nanoseconds since 1970."""

    end_ns: int
    """Nanoseconds since 1970."""

    status: int
    """0 unset, 1 ok, 2 error."""

    message: str
    """Why it failed."""

    attributes: Mapping[str, Any]
    """Plain values."""

    scope: str
    """Instrumentation scope."""


def decode_spans(body: bytes) -> list[ReceivedSpan]:
    """Read an `ExportTraceServiceRequest`."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest.FromString(body)
    return [
        ReceivedSpan(
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            name=span.name,
            start_ns=span.start_time_unix_nano,
            end_ns=span.end_time_unix_nano,
            status=span.status.code,
            message=span.status.message,
            attributes={pair.key: _value(pair.value) for pair in span.attributes},
            scope=group.scope.name,
        )
        for resource in request.resource_spans
        for group in resource.scope_spans
        for span in group.spans
    ]


def _value(content: Any) -> Any:
    kind = content.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in content.array_value.values]
    return getattr(content, kind) if kind else None


def decode_logs(body: bytes) -> list[dict[str, Any]]:
    """Read an `ExportLogsServiceRequest`."""
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    return [
        {
            "name": record.event_name,
            "body": record.body.string_value,
            "trace_id": record.trace_id.hex(),
            "span_id": record.span_id.hex(),
            "attributes": {pair.key: _value(pair.value) for pair in record.attributes},
        }
        for resource in ExportLogsServiceRequest.FromString(body).resource_logs
        for group in resource.scope_logs
        for record in group.log_records
    ]


def decode_metrics(body: bytes) -> dict[str, Any]:
    """Read an `ExportMetricsServiceRequest`; messages by name."""
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    groups = [
        group
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
        for group in resource.scope_metrics
    ]
    return {metric.name: metric for group in groups for metric in group.metrics}


def score_problem(item: Any) -> str:
    """Say what the real server would refuse in a score; '' when it is fine."""
    if not isinstance(item, dict):
        return "a score is an object"
    kind, content = item.get("dataType"), item.get("value")
    if not item.get("id") or not item.get("name"):
        return "id and name are required"
    if sum(subject in item for subject in _SUBJECTS) != 1:
        return f"exactly one of {', '.join(_SUBJECTS)} is required"
    if "observationId" in item and "traceId" not in item:
        return "observationId needs traceId"
    if kind is not None and kind not in _DATA_TYPES:
        return f"unknown dataType {kind!r}"
    if kind == "BOOLEAN" and content not in {0, 1}:
        return "a BOOLEAN score is 0 or 1"
    if kind == "NUMERIC" and (isinstance(content, bool) or not isinstance(content, int | float)):
        return "a NUMERIC score is a number"
    if kind in {"CATEGORICAL", "TEXT"} and not isinstance(content, str):
        return f"a {kind} score is text"
    return "a TEXT score has at most 500 characters" if kind == "TEXT" and len(str(content)) > 500 else ""
