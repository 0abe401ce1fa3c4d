"""Spans as OpenTelemetry's own messages: protobuf for servers, JSON lines for files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .names import GENAI_VERSION
from .span import Attribute, Span

SCOPE = "finharness"
_KINDS = {"internal": 1, "client": 3}
_STATUSES = {"unset": 0, "ok": 1, "error": 2}


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
            kind=_KINDS[span.kind],
            start_time_unix_nano=span.start_ns,
            end_time_unix_nano=span.end_ns,
        )
        made.status.code, made.status.message = _STATUSES[span.status], _utf8(span.message)
        _fill(made.attributes, span.attributes)
    encoded: bytes = request.SerializeToString()
    return encoded


def document(spans: Sequence[Span], resource: Mapping[str, str]) -> dict[str, Any]:
    """Encode spans as OTLP/JSON, one document of an OTLP JSON Lines file."""
    scope = {"scope": {"name": SCOPE, "version": GENAI_VERSION}, "spans": [_span(span) for span in spans]}
    return {"resourceSpans": [{"resource": {"attributes": _attributes(resource)}, "scopeSpans": [scope]}]}


def _fill(target: Any, attributes: Mapping[str, Attribute]) -> None:
    for key, content in attributes.items():
        value = target.add(key=key).value
        match content:
            case bool():
                value.bool_value = content
            case int():
                value.int_value = content
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
        "kind": _KINDS[span.kind],
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": _attributes(span.attributes),
        "status": {"code": _STATUSES[span.status], **({"message": span.message} if span.message else {})},
    }
    return {**made, "parentSpanId": span.parent_id} if span.parent_id else made


def _attributes(attributes: Mapping[str, Attribute]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(content)} for key, content in attributes.items()]


def _value(content: Attribute) -> dict[str, Any]:
    match content:
        case bool():
            return {"boolValue": content}
        case int():
            return {"intValue": str(content)}  # 64-bit integers are text in OTLP/JSON
        case float():
            return {"doubleValue": content}
        case str():
            return {"stringValue": content}
        case _:
            return {"arrayValue": {"values": [{"stringValue": item} for item in content]}}


def _utf8(text: str) -> str:
    # Protobuf refuses lone surrogates, which agents do print.
    return text.encode("utf-8", "replace").decode("utf-8")
