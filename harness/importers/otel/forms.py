"""Find the spans in what an exporter wrote, whatever they are wrapped in: OTLP, an SDK's own JSON, Phoenix, Jaeger, logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .plainly import amount, attributes_of, id_of, json_of, seconds_of, value_of
from .seen import Seen, SeenEvent

RECORD: Final = "RECORD"
"""Type of what is only a log record about a span."""

_DEEPEST: Final = 12
_GROUPS: Final = ("resourceSpans", "resource_spans", "batches")
_MEASURES: Final = ("resourceMetrics", "resource_metrics")
_RECORDED: Final = ("timeUnixNano", "time_unix_nano", "observedTimeUnixNano")
_SCOPES: Final = ("scopeSpans", "scope_spans", "instrumentationLibrarySpans")
_TRACE: Final = ("trace_id", "traceId", "traceID", "context.trace_id", "TraceId", "trace.id")
_SPAN: Final = ("span_id", "spanId", "spanID", "context.span_id", "SpanId", "span.id")
_PARENT: Final = (
    "parent_span_id", "parentSpanId", "parent_id", "parentId", "parentSpanID", "ParentSpanId", "parent.span_id",
)  # fmt: skip
_START: Final = (
    "startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime", "start_timestamp", "timestamp", "Timestamp",
    "timeUnixNano", "time_unix_nano", "observedTimeUnixNano", "start",
)  # fmt: skip
_END: Final = ("endTimeUnixNano", "end_time_unix_nano", "end_time", "endTime", "end_timestamp", "end")
_NAME: Final = ("name", "operationName", "span_name", "SpanName", "operation_name", "eventName")
_HELD: Final = ("attributes", "SpanAttributes", "span_attributes")
_FAILED: Final = frozenset({"ERROR", "STATUS_CODE_ERROR", "2", "STATUSCODE.ERROR"})


def spans_in(found: Any, place: str) -> Iterator[Seen | str]:
    """The spans in a piece of a file; what is none of them is named instead, as text."""
    yield from _Finder().walk(found, place, {})


class _Finder:
    """One piece, with what stands around its spans."""

    def walk(self, found: Any, place: str, about: Mapping[str, Any], depth: int = 0) -> Iterator[Seen | str]:
        if depth > _DEEPEST:
            yield f"{place}: nested too deeply to hold spans"
            return
        if isinstance(found, str):
            found = json_of(found)
        if isinstance(found, list):
            for number, item in enumerate(found):
                yield from self.walk(item, f"{place}[{number}]", about, depth + 1)
        elif isinstance(found, Mapping):
            yield from self._mapping(found, place, about, depth)
        elif found is not None:
            yield f"{place}: a {type(found).__name__}, and no span"

    def _mapping(
        self, found: Mapping[str, Any], place: str, about: Mapping[str, Any], depth: int
    ) -> Iterator[Seen | str]:
        if is_span(found):
            yield span_of(found, place, about)
            return
        if any(key in found for key in _MEASURES):
            return  # a collector's file has metrics beside the spans
        about = {**about, **_around(found)}
        inner = [
            key for key, item in found.items() if key not in _NOT_INSIDE and isinstance(json_of(item), list | Mapping)
        ]
        known = [key for key in (*_GROUPS, *_SCOPES, "spans", "logRecords") if key in inner]
        before = "" if _is_outermost(place) else f"{place}."
        for key in known or inner:
            yield from self.walk(found[key], f"{before}{key}", about, depth + 1)
        if not inner and found and (depth or not _is_outermost(place)):
            yield f"{place}: no span (its keys: {', '.join(map(str, list(found)[:5]))})"


def _is_outermost(place: str) -> bool:
    return place in {"the file", "line 1"}


_NOT_INSIDE: Final = frozenset(
    {"resource", "scope", "instrumentationLibrary", "processes", "attributes", "metadata", "meta"}
)


def is_span(found: Mapping[str, Any]) -> bool:
    """Whether a mapping is one span, or the log record of one."""
    context = found.get("context")
    if isinstance(context, Mapping) and ("span_id" in context or "spanId" in context):
        return True
    if _is_zipkin(found):
        return True
    if not any(name in found for name in _SPAN):
        return False
    return any(name in found for name in (*_TRACE, *_NAME, *_START, "attributes", "body"))


def _is_zipkin(found: Mapping[str, Any]) -> bool:
    return {"traceId", "id", "timestamp", "duration"} <= found.keys()


def _around(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a container says about all spans in it."""
    about: dict[str, Any] = {}
    resource = found.get("resource")
    if isinstance(resource, Mapping):
        about["resource"] = attributes_of(resource.get("attributes", resource))
    scope = found.get("scope") or found.get("instrumentationLibrary")
    if isinstance(scope, Mapping):
        about["scope"] = scope.get("name")
    if isinstance(found.get("processes"), Mapping):
        about["processes"] = found["processes"]
    for name in _TRACE:
        if isinstance(found.get(name), str):
            about["trace"] = found[name]
    return about


def span_of(found: Mapping[str, Any], place: str, about: Mapping[str, Any] | None = None) -> Seen:
    """One span from a mapping that is one."""
    about = about or {}
    context = found.get("context")
    known = {**context, **found} if isinstance(context, Mapping) else found
    attributes = _attributes(found)
    start, end = _first(known, _START), _first(known, _END)
    began = seconds_of(start)
    ended = seconds_of(end) if end is not None else _after(began, known)
    failed, message = _status(found)
    events = tuple(_events(found))
    is_record = any(name in found for name in _RECORDED) and _first(known, _END) is None
    if is_record:
        named = str(found.get("eventName") or attributes.get("event.name") or "")
        events = (
            SeenEvent(named, attributes, value_of(found.get("body"))),
            *(event for event in events if event.body is None),
        )
    return Seen(
        trace=id_of(_first(known, _TRACE) or about.get("trace")),
        id=id_of(found["id"] if _is_zipkin(found) else _first(known, _SPAN)),
        parent=id_of(_first(found, _PARENT) or _reference(found)),
        name=str(_first(found, _NAME) or "")[:300],
        start_s=began,
        end_s=ended if ended is not None else began,
        attributes=attributes,
        events=events,
        failed=failed or attributes.get("error") in (True, "true"),
        message=message or _raised(events),
        scope=_scope(found, attributes, about),
        service=str(_resource(found, about).get("service.name") or ""),
        type=RECORD if is_record else "",
        place=place,
    )


def _first(found: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((found[name] for name in names if found.get(name) is not None and found[name] != ""), None)


def _attributes(found: Mapping[str, Any]) -> dict[str, Any]:
    """A span's attributes, also where an export made a column of each, or calls them tags."""
    made = attributes_of(next((found[name] for name in _HELD if found.get(name)), None))
    if isinstance(found.get("tags"), list):
        tags = {item["key"]: item.get("value") for item in found["tags"] if isinstance(item, dict) and "key" in item}
        made = {**attributes_of(tags), **made}
    elif isinstance(found.get("tags"), Mapping):
        made = {**attributes_of(found["tags"]), **made}
    columns = {
        key.removeprefix("attributes."): item
        for key, item in found.items()
        if key.startswith("attributes.") and item is not None
    }
    made = {**attributes_of(columns), **made} if columns else made
    kind = found.get("span_kind")
    if (
        isinstance(kind, str)
        and kind.isupper()
        and kind not in {"INTERNAL", "CLIENT", "SERVER", "PRODUCER", "CONSUMER"}
    ):
        made.setdefault("openinference.span.kind", kind)  # Phoenix has a column for it
    if found.get("body") is not None and not found.get("span_events"):
        made.setdefault("body", found["body"])
    return made


def _events(found: Mapping[str, Any]) -> Iterator[SeenEvent]:
    given = json_of(found.get("events") or found.get("span_events") or found.get("logs") or ())
    for item in given if isinstance(given, list) else ():
        if isinstance(item, Mapping):
            named = item.get("name") or item.get("event_name") or item.get("eventName") or ""
            inside = item.get("attributes", item.get("fields"))
            yield SeenEvent(str(named)[:200], attributes_of(inside), item.get("body"))
    if isinstance(found.get("body"), Mapping):
        yield SeenEvent("", {}, found["body"])


def _status(found: Mapping[str, Any]) -> tuple[bool, str]:
    status = found.get("status")
    code: Any = found.get("status_code") or found.get("statusCode") or found.get("StatusCode")
    message: Any = found.get("status_message") or found.get("statusMessage") or found.get("StatusMessage") or ""
    if isinstance(status, Mapping):
        code = status.get("code", status.get("status_code", code))
        message = status.get("message") or status.get("description") or message
    elif isinstance(status, str):
        code = status
    return str(code).upper() in _FAILED, str(message)[:2000]


def _raised(events: tuple[SeenEvent, ...]) -> str:
    for event in events:
        if event.name == "exception":
            kind, text = event.attributes.get("exception.type"), event.attributes.get("exception.message")
            return ": ".join(str(part) for part in (kind, text) if part)[:2000]
    return ""


def _scope(found: Mapping[str, Any], attributes: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    given = found.get("scope") or found.get("instrumentation_scope") or found.get("instrumentationScope")
    name = given.get("name") if isinstance(given, Mapping) else given
    for candidate in (name, about.get("scope"), attributes.get("otel.library.name"), attributes.get("otel.scope.name")):
        if isinstance(candidate, str) and candidate:
            return candidate[:200]
    named = attributes.get("event.name")
    return named[:200] if isinstance(named, str) else ""


def _resource(found: Mapping[str, Any], about: Mapping[str, Any]) -> Mapping[str, Any]:
    given = found.get("resource")
    if isinstance(given, Mapping):
        return attributes_of(given.get("attributes", given))
    process = found.get("process") or (about.get("processes") or {}).get(found.get("processID"))
    if isinstance(process, Mapping):
        return {"service.name": process.get("serviceName")}
    return about.get("resource") or {}


def _reference(found: Mapping[str, Any]) -> Any:
    """Jaeger's way to name the parent."""
    references = found.get("references")
    for item in references if isinstance(references, list) else ():
        if isinstance(item, Mapping) and item.get("refType", "CHILD_OF") == "CHILD_OF":
            return item.get("spanID")
    return None


_LENGTHS: Final = {
    "duration": 1e6,
    "Duration": 1e9,
    "duration_ns": 1e9,
    "durationNano": 1e9,
    "duration_ms": 1e3,
    "durationMs": 1e3,
}
"""Names of a span's length, and how many of its unit are a second: Jaeger's and Zipkin's, and those of tables of spans."""


def _after(began: float | None, known: Mapping[str, Any]) -> float | None:
    """The end of a span that gives its length instead."""
    for name, scale in _LENGTHS.items():
        length = amount(known.get(name))
        if began is not None and length is not None:
            return began + length / scale
    return None
