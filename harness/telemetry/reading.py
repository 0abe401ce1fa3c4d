"""Read spans and scores back from the OTLP/JSON that we wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from . import names
from .otlp import KINDS, STATUSES, Document
from .scoring import Score
from .span import Attribute, Span


def read_spans(found: Document) -> tuple[tuple[Span, ...], dict[str, str]]:
    """Read back what `document` wrote, with its resource.

    Raises:
        ValueError: for anything else.
    """
    try:
        (group,) = found["resourceSpans"]
        made = [_read_span(item) for scope in group["scopeSpans"] for item in scope["spans"]]
        return tuple(made), {key: str(item) for key, item in _read_attributes(group["resource"]["attributes"]).items()}
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"no spans in OTLP/JSON as we write them: {error!r}") from error


def read_scores(found: Document) -> tuple[tuple[Score, ...], dict[str, str]]:
    """Read back the scores that `events` wrote, with their resource.

    Raises:
        ValueError: for anything else.
    """
    try:
        (group,) = found["resourceLogs"]
        made = [
            _read_score(item)
            for scope in group["scopeLogs"]
            for item in scope["logRecords"]
            if item.get("eventName") == names.EVALUATION_EVENT
        ]
        return tuple(made), {key: str(item) for key, item in _read_attributes(group["resource"]["attributes"]).items()}
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"no scores in OTLP/JSON as we write them: {error!r}") from error


def _read_score(item: Mapping[str, Any]) -> Score:
    known = _read_attributes(item["attributes"])
    kind = known[names.SCORE_TYPE]
    value = known[names.EVALUATION_LABEL] if kind == "CATEGORICAL" else float(str(known[names.EVALUATION_SCORE]))
    if kind not in {"BOOLEAN", "NUMERIC", "CATEGORICAL"} or isinstance(value, bool | tuple):
        raise ValueError(f"no score: {kind!r}")
    return Score(
        id=str(known[names.SCORE_ID]),
        name=str(known[names.EVALUATION]),
        value=value,
        data_type=kind,  # type: ignore[arg-type]  # checked above
        trace_id=_id(item["traceId"], 32),
        observation_id=_id(known[names.OBSERVATION], 16),
        comment=str(known.get(names.EVALUATION_REASON, "")),
        root_id=_id(item["spanId"], 16),
    )


def _read_span(item: Mapping[str, Any]) -> Span:
    kinds = {number: name for name, number in KINDS.items()}
    statuses = {number: name for name, number in STATUSES.items()}
    status = item.get("status") or {}
    return Span(
        trace_id=_id(item["traceId"], 32),
        span_id=_id(item["spanId"], 16),
        name=str(item["name"]),
        start_ns=int(item["startTimeUnixNano"]),
        end_ns=int(item["endTimeUnixNano"]),
        parent_id=_id(item["parentSpanId"], 16) if item.get("parentSpanId") else None,
        kind=kinds.get(item["kind"], "internal"),  # type: ignore[arg-type]  # one of the two by construction
        attributes=_read_attributes(item["attributes"]),
        status=statuses.get(status.get("code", 0), "unset"),  # type: ignore[arg-type]  # one of the three
        message=str(status.get("message", "")),
    )


def _id(text: Any, length: int) -> str:
    if not isinstance(text, str) or not re.fullmatch(f"[0-9a-f]{{{length}}}", text):
        raise ValueError(f"{text!r} is no id of {length} hex digits")
    return text


def _read_attributes(items: Sequence[Mapping[str, Any]]) -> dict[str, Attribute]:
    return {item["key"]: _read_value(item["value"]) for item in items}


def _read_value(value: Mapping[str, Any]) -> Attribute:
    ((kind, item),) = value.items()
    match kind:
        case "intValue":
            return int(item)
        case "arrayValue":
            return tuple(str(_read_value(one)) for one in item.get("values", ()))
        case "boolValue" | "doubleValue" | "stringValue" if isinstance(item, bool | int | float | str):
            return item
    raise ValueError(f"no attribute value: {kind}")
