"""Spans, events and metrics as OpenTelemetry's own messages: protobuf for servers, JSON lines for files."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from . import names
from .names import GENAI_VERSION
from .parcel import Log
from .scoring import Score
from .span import Attribute, Span

SCOPE = "finharness"
KINDS = {"internal": 1, "client": 3}
STATUSES = {"unset": 0, "ok": 1, "error": 2}
_INFO, _WARN = 9, 13
Document = dict[str, Any]


def protobuf(spans: Sequence[Span], resource: Mapping[str, str]) -> bytes:
    """Encode spans as an `ExportTraceServiceRequest`."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    _fill(group.resource.attributes, resource)
    scope = group.scope_spans.add()
    scope.scope.name, scope.scope.version = SCOPE, GENAI_VERSION
    for span in spans:
        made = scope.spans.add(
            trace_id=bytes.fromhex(span.trace_id),
            span_id=bytes.fromhex(span.span_id),
            parent_span_id=bytes.fromhex(span.parent_id or ""),
            name=_utf8(span.name),
            kind=KINDS[span.kind],
            start_time_unix_nano=span.start_ns,
            end_time_unix_nano=span.end_ns,
        )
        made.status.code, made.status.message = STATUSES[span.status], _utf8(span.message)
        _fill(made.attributes, span.attributes)
    encoded: bytes = request.SerializeToString()
    return encoded


def document(spans: Sequence[Span], resource: Mapping[str, str]) -> Document:
    """Encode spans as OTLP/JSON, one document of an OTLP JSON Lines file."""
    scope = {"scope": _scope(), "spans": [_span(span) for span in spans]}
    return {"resourceSpans": [{"resource": {"attributes": _attributes(resource)}, "scopeSpans": [scope]}]}


def events(scores: Sequence[Score], resource: Mapping[str, str], when_ns: int) -> Document:
    """Encode scores as `gen_ai.evaluation.result` events, each belonging to the root span of what was evaluated."""
    records = [_event(score, when_ns) for score in scores]
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": _attributes(resource)},
                "scopeLogs": [{"scope": _scope(), "logRecords": records}],
            }
        ]
    }


def logs(lines: Sequence[Log], resource: Mapping[str, str]) -> Document:
    """Encode a program's log."""
    scope = {"scope": _scope(), "logRecords": [_log(line) for line in lines]}
    return {"resourceLogs": [{"resource": {"attributes": _attributes(resource)}, "scopeLogs": [scope]}]}


def metrics(found: list[dict[str, Any]], resource: Mapping[str, str]) -> Document:
    """Put metrics into an OTLP/JSON document."""
    scope = {"scope": _scope(), "metrics": found}
    return {"resourceMetrics": [{"resource": {"attributes": _attributes(resource)}, "scopeMetrics": [scope]}]}


def logs_protobuf(found: Document) -> bytes:
    """Encode a document of events as an `ExportLogsServiceRequest`."""
    from google.protobuf.json_format import ParseDict  # type: ignore[import-untyped]  # it ships no types
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    encoded: bytes = ParseDict(_base64_ids(found), ExportLogsServiceRequest()).SerializeToString()
    return encoded


def metrics_protobuf(found: Document) -> bytes:
    """Encode a document of metrics as an `ExportMetricsServiceRequest`."""
    from google.protobuf.json_format import ParseDict
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    encoded: bytes = ParseDict(found, ExportMetricsServiceRequest()).SerializeToString()
    return encoded


def _scope() -> dict[str, str]:
    return {"name": SCOPE, "version": GENAI_VERSION}


def _log(line: Log) -> dict[str, Any]:
    made: dict[str, Any] = {
        "timeUnixNano": str(line.time_ns),
        "observedTimeUnixNano": str(line.time_ns),
        "severityNumber": line.severity,
        "body": {"stringValue": line.text},
        "attributes": _attributes(line.attributes),
    }
    named = {"eventName": line.event, "traceId": line.trace_id, "spanId": line.span_id}
    return made | {key: item for key, item in named.items() if item}


def _event(score: Score, when_ns: int) -> dict[str, Any]:
    numeric = not isinstance(score.value, str)
    known: dict[str, Attribute | None] = {
        names.EVALUATION: score.name,
        names.EVALUATION_SCORE: float(score.value) if numeric else None,
        names.EVALUATION_LABEL: _label(score),
        names.EVALUATION_REASON: score.comment or None,
        names.SCORE_ID: score.id,
        names.SCORE_TYPE: score.data_type,
        names.OBSERVATION: score.observation_id,
    }
    failed = score.value == "errored"
    return {
        "timeUnixNano": str(when_ns),
        "observedTimeUnixNano": str(when_ns),
        "severityNumber": _WARN if failed else _INFO,
        "severityText": "WARN" if failed else "INFO",
        "eventName": names.EVALUATION_EVENT,
        "traceId": score.trace_id,
        "spanId": score.root_id or score.observation_id,
        "attributes": _attributes({key: item for key, item in known.items() if item is not None}),
    }


def _label(score: Score) -> str | None:
    if isinstance(score.value, str):
        return score.value
    return ("pass" if score.value else "fail") if score.data_type == "BOOLEAN" else None


def _base64_ids(found: Any) -> Any:
    """The document with its ids as protobuf's own JSON has them."""
    if isinstance(found, list):
        return [_base64_ids(item) for item in found]
    if not isinstance(found, dict):
        return _utf8(found) if isinstance(found, str) else found
    return {
        key: base64.b64encode(bytes.fromhex(item)).decode() if key in {"traceId", "spanId"} else _base64_ids(item)
        for key, item in found.items()
    }


def _fill(target: Any, attributes: Mapping[str, Attribute]) -> None:
    for key, content in attributes.items():
        value = target.add(key=key).value
        match content:
            case bool():
                value.bool_value = content
            case int():
                value.int_value = _int64(content)
            case float():
                value.double_value = content
            case str():
                value.string_value = _utf8(content)
            case _:
                value.array_value.SetInParent()
                for item in content:
                    value.array_value.values.add(string_value=_utf8(item))


def _span(span: Span) -> dict[str, Any]:
    made: dict[str, Any] = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "name": span.name,
        "kind": KINDS[span.kind],
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": _attributes(span.attributes),
        "status": {"code": STATUSES[span.status], **({"message": span.message} if span.message else {})},
    }
    return {**made, "parentSpanId": span.parent_id} if span.parent_id else made


def _attributes(attributes: Mapping[str, Attribute]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(content)} for key, content in attributes.items()]


def _value(content: Attribute) -> dict[str, Any]:
    match content:
        case bool():
            return {"boolValue": content}
        case int():
            return {"intValue": str(_int64(content))}  # 64-bit integers are text in OTLP/JSON
        case float():
            return {"doubleValue": content}
        case str():
            return {"stringValue": content}
        case _:
            return {"arrayValue": {"values": [{"stringValue": item} for item in content]}}


def _int64(number: int) -> int:
    return max(-(2**63), min(2**63 - 1, number))


def _utf8(text: str) -> str:
    # Protobuf refuses lone surrogates, which agents do print.
    return text.encode("utf-8", "replace").decode("utf-8")
