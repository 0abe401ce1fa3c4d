"""Turn Langfuse's traces, observations and scores into spans and opinions, whatever version wrote them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from harness.importers.otel.episode import Opinion
from harness.importers.otel.plainly import amount, attributes_of, json_of, seconds_of, whole
from harness.importers.otel.seen import Seen
from harness.importers.otel.usage import added, settle

_TYPES: Final = frozenset(
    {
        "SPAN",
        "GENERATION",
        "EVENT",
        "AGENT",
        "TOOL",
        "CHAIN",
        "RETRIEVER",
        "EVALUATOR",
        "EMBEDDING",
        "GUARDRAIL",
        "DEFAULT",
    }
)
_IDS: Final = ("traceId", "trace_id", "Trace ID")


@dataclass(slots=True)
class Heard:
    """What was read so far."""

    spans: list[Seen] = field(default_factory=list)
    """Observations."""

    traces: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What is known of traces, by id."""

    opinions: dict[str, list[Opinion]] = field(default_factory=dict)
    """Scores, by the id of their trace."""

    seen: set[tuple[str, str]] = field(default_factory=set)
    """Observations that are there already."""


def hear(found: Any, place: str, heard: Heard, trace: str = "", depth: int = 0) -> Iterator[Seen | str]:
    """Read a piece of an export: a trace, an observation, a score, or what holds them; what is none is named as text."""
    found = json_of(found)
    if depth > 10:
        yield f"{place}: nested too deeply to hold observations"
    elif isinstance(found, list):
        for number, item in enumerate(found):
            yield from hear(item, f"{place}[{number}]", heard, trace, depth + 1)
    elif isinstance(found, Mapping):
        yield from _mapping(found, place, heard, trace, depth)
    elif found is not None:
        yield f"{place}: a {type(found).__name__}, and no observation"


def _mapping(found: Mapping[str, Any], place: str, heard: Heard, trace: str, depth: int) -> Iterator[Seen | str]:
    if is_observation(found):
        span = observation(found, place, trace)
        if (span.trace, span.id) in heard.seen:
            return
        heard.seen.add((span.trace, span.id))
        yield span
        return
    if _is_score(found):
        _score(found, heard, trace)
        return
    event = found.get("body")
    if isinstance(event, Mapping) and isinstance(found.get("type"), str):  # the ingestion API's batches
        kind = str(found["type"]).removesuffix("-create").removesuffix("-update").upper()
        named = {"type": kind} if kind in _TYPES and "type" not in event else {}
        yield from hear({**event, **named}, place, heard, trace, depth + 1)
        return
    own = str(found.get("id") or "") if _is_trace(found) else trace
    if _is_trace(found):
        _trace(found, heard)
    inner = [key for key in found if isinstance(json_of(found[key]), list | Mapping) and key not in _NOT_INSIDE]
    inner.sort(key=lambda key: key not in {"trace", "observations"})
    before = "" if place in {"line 1", "the file"} else f"{place}."
    for key in inner:
        yield from hear(found[key], f"{before}{key}", heard, own, depth + 1)
    if not inner and not _is_trace(found) and depth == 0 and found:
        yield f"{place}: no trace, observation or score (its keys: {', '.join(map(str, list(found)[:5]))})"


_NOT_INSIDE: Final = frozenset(
    {"input", "output", "metadata", "meta", "tags", "modelParameters", "usageDetails", "costDetails"}
)


def is_observation(found: Mapping[str, Any]) -> bool:
    """Whether a mapping is one of Langfuse's observations."""
    if "parentObservationId" in found or "parent_observation_id" in found:
        return True
    typed = str(found.get("type") or "").upper() in _TYPES
    return typed and "id" in found and any(name in found for name in ("startTime", "start_time", *_IDS))


def _is_trace(found: Mapping[str, Any]) -> bool:
    return "id" in found and any(
        name in found for name in ("observations", "sessionId", "userId", "latency", "projectId", "htmlPath")
    )


def _is_score(found: Mapping[str, Any]) -> bool:
    named = "name" in found and ("value" in found or "stringValue" in found)
    return named and any(name in found for name in ("dataType", "source", "observationId", *_IDS))


def _trace(found: Mapping[str, Any], heard: Heard) -> None:
    known = heard.traces.setdefault(str(found["id"]), {})
    known.update(
        {key: item for key, item in found.items() if item is not None and not isinstance(item, list | Mapping)}
    )
    if isinstance(found.get("tags"), list):
        known["tags"] = [str(tag) for tag in found["tags"]]
    for key in ("input", "output", "metadata"):
        if found.get(key) is not None:
            known[key] = found[key]


def _score(found: Mapping[str, Any], heard: Heard, trace: str) -> None:
    owner = str(next((found[name] for name in _IDS if found.get(name)), trace))
    value = found.get("stringValue") if found.get("value") is None else found.get("value")
    kind = str(found.get("dataType") or "")
    opinion = Opinion(str(found["name"]), value, str(found.get("comment") or ""), str(found.get("source") or ""), kind)
    known = heard.opinions.setdefault(owner, [])
    if opinion not in known:
        known.append(opinion)


def observation(found: Mapping[str, Any], place: str, trace: str) -> Seen:
    """One observation as a span: its own fields, and beneath them what the exporter had written."""
    metadata = json_of(found.get("metadata"))
    metadata = metadata if isinstance(metadata, Mapping) else {}
    carried = attributes_of(json_of(metadata.get("attributes")))
    scope, resource = json_of(metadata.get("scope")), json_of(metadata.get("resourceAttributes"))
    rest = {key: item for key, item in metadata.items() if key not in {"attributes", "scope", "resourceAttributes"}}
    level = str(found.get("level") or "")
    start = seconds_of(found.get("startTime") or found.get("start_time") or found.get("timestamp"))
    end = seconds_of(found.get("endTime") or found.get("end_time"))
    return Seen(
        trace=str(next((found[name] for name in _IDS if found.get(name)), trace)),
        id=str(found.get("id") or ""),
        parent=str(found.get("parentObservationId") or found.get("parent_observation_id") or ""),
        name=str(found.get("name") or "")[:300],
        start_s=start,
        end_s=end if end is not None else start,
        attributes={**attributes_of(rest), **carried, **_own(found, start)},
        failed=level == "ERROR",
        message=str(found.get("statusMessage") or found.get("status_message") or "")[:2000],
        scope=str(scope.get("name") or "") if isinstance(scope, Mapping) else "",
        service=str(resource.get("service.name") or "") if isinstance(resource, Mapping) else "",
        type=str(found.get("type") or "").upper(),
        input=found.get("input"),
        output=found.get("output"),
        place=place,
    )


def _own(found: Mapping[str, Any], start: float | None) -> dict[str, Any]:
    """What Langfuse itself says, under names that are known elsewhere."""
    said: dict[str, Any] = {
        "gen_ai.request.model": found.get("model")
        or found.get("providedModelName")
        or found.get("provided_model_name"),
        "langfuse.observation.prompt.name": found.get("promptName"),
        "langfuse.environment": found.get("environment"),
    }
    said |= _tokens(found)
    first = seconds_of(found.get("completionStartTime"))
    if first is not None and start is not None and first >= start:
        said["gen_ai.response.time_to_first_chunk"] = first - start
    return {name: item for name, item in said.items() if item is not None and item != ""}


def _tokens(found: Mapping[str, Any]) -> dict[str, Any]:
    """Tokens and price, from the newest form that has any."""
    usage = json_of(found.get("usage"))
    usage = usage if isinstance(usage, Mapping) else {}
    details = json_of(found.get("usageDetails") or found.get("usage_details"))
    details = details if isinstance(details, Mapping) else {}
    if str(usage.get("unit") or "TOKENS").upper() != "TOKENS":  # characters, images, seconds: no tokens
        usage = {}
    read = _count(
        found.get("inputUsage"),
        added(details, "input"),
        usage.get("input"),
        usage.get("promptTokens"),
        found.get("promptTokens"),
    )
    written = _count(
        found.get("outputUsage"),
        added(details, "output"),
        usage.get("output"),
        usage.get("completionTokens"),
        found.get("completionTokens"),
    )
    both = _count(
        found.get("totalUsage"),
        details.get("total"),
        usage.get("total"),
        usage.get("totalTokens"),
        found.get("totalTokens"),
    )
    if not (read or written or both):
        return {}
    tokens = settle(read, written, both or None)
    cached = sum(
        whole(item) or 0
        for name, item in details.items()
        if name.startswith("input") and "cache" in name and "creat" not in name
    )
    costs = json_of(found.get("costDetails") or found.get("cost_details"))
    cost = amount(costs.get("total")) if isinstance(costs, Mapping) else None
    cost = cost or amount(found.get("totalCost")) or amount(found.get("calculatedTotalCost"))
    return {
        "gen_ai.usage.input_tokens": tokens.input,
        "gen_ai.usage.output_tokens": tokens.output,
        "gen_ai.usage.total_tokens": tokens.total,
        "gen_ai.usage.cache_read.input_tokens": cached or None,
        "gen_ai.usage.cost": cost or None,
    }


def _count(*candidates: Any) -> int | None:
    """The first of these that is a count above nought; nought if one says so."""
    counts = [number for item in candidates if (number := whole(item)) is not None]
    return next((number for number in counts if number), 0 if counts else None)


def with_trace(span: Seen, known: Mapping[str, Any]) -> Seen:
    """An observation with what its trace says of all of them."""
    said = {
        "session.id": known.get("sessionId"), "user.id": known.get("userId"), "langfuse.release": known.get("release"),
        "langfuse.environment": known.get("environment"),
    }  # fmt: skip
    missing = {name: item for name, item in said.items() if item and name not in span.attributes}
    span = replace(span, attributes={**span.attributes, **missing}) if missing else span
    if span.parent or span.type == "GENERATION":
        return span
    given, gave = (
        known.get(name) if found is None else found for name, found in (("input", span.input), ("output", span.output))
    )
    return replace(span, input=given, output=gave)
