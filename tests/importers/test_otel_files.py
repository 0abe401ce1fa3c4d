"""Spans of nine frameworks and conventions: read with exactly the spans, calls and tokens that they have."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from harness.importers.otel.episode import Counts
from harness.importers.traces import read_otel, told

DATA = Path(__file__).parents[1] / "data" / "otel_spans"

COUNTS = {
    "autogen_live_spans": Counts(spans=3, traces=2, roots=2, agents=1, tool_calls=1),
    "claude_live_spans": Counts(spans=10, traces=1, roots=1, orphans=1, agents=4, tool_calls=6, agent_tokens=982),
    "openai_agents_genai_adot_spans": Counts(
        spans=17, traces=1, roots=1, orphans=1, agents=7, model_calls=3, tool_calls=1, handoffs=1, input_tokens=692,
        output_tokens=102, tokens=794,
    ),
    "openai_agents_genai_live_spans": Counts(
        spans=17, traces=1, roots=1, orphans=1, agents=3, model_calls=8, tool_calls=5, input_tokens=1870, output_tokens=253,
        tokens=2123,
    ),
    "openai_agents_openinference_live_spans": Counts(
        spans=19, traces=1, roots=1, orphans=1, agents=3, model_calls=5, tool_calls=4, input_tokens=1228, output_tokens=194,
        tokens=1422,
    ),
    "openinference_adot_spans": Counts(spans=8, traces=2, roots=8, model_calls=3, tool_calls=1, silent_calls=3),
    "openinference_live_spans": Counts(spans=6, traces=1, roots=1, model_calls=2, tool_calls=2, silent_calls=2),
    "otel_genai_convention_spans": Counts(
        spans=5, traces=1, roots=1, agents=1, model_calls=2, tool_calls=2, input_tokens=200, output_tokens=60, tokens=260,
        repeated_tokens=192,
    ),
    "smolagents_live_spans": Counts(
        spans=7, traces=1, roots=1, agents=1, model_calls=2, tool_calls=2, input_tokens=6256, output_tokens=163, tokens=6419,
        repeated_tokens=6419,
    ),
}  # fmt: skip

ASKED = {
    "claude_live_spans": ("Look up the weather in New York and Seattle", "The temperature difference is 17°F"),
    "openai_agents_genai_adot_spans": ("What is 42 * 7", "The product of 42 and 7 is 294."),
    "openai_agents_genai_live_spans": ("Look up the stock price for AMZN", "1,000 shares would be worth $240,980."),
    "openai_agents_openinference_live_spans": ("What is 42 multiplied by 17", "is **238**"),
    "openinference_adot_spans": ("What is the weather in Alaska?", "The weather in Alaska is -5C and snowy."),
    "openinference_live_spans": ("What is the weather difference", "Taipei is warmer than Seattle overall."),
    "otel_genai_convention_spans": (
        "What's the weather in Paris and London?",
        "The weather in Paris is rainy at 57°F.",
    ),
    "smolagents_live_spans": ("What is the population of Tokyo?", "approximately 14 million people"),
}


@pytest.mark.parametrize("name", COUNTS)
def test_every_file_has_its_exact_counts(name):
    imported = read_otel(DATA / f"{name}.json.gz")

    assert imported.counts == COUNTS[name]
    assert not imported.notes


@pytest.mark.parametrize("name", ASKED)
def test_question_and_answer_are_those_of_the_person_and_the_agent(name):
    episode = read_otel(DATA / f"{name}.json.gz").episodes[0]

    asked, answered = ASKED[name]
    assert episode.asked.startswith(asked)
    assert answered in episode.trace.answer


def test_the_trace_uses_as_many_tokens_as_its_model_calls_say():
    trace = read_otel(DATA / "smolagents_live_spans.json.gz").episodes[0].trace

    assert trace.usage.input_tokens == 6256
    assert trace.usage.total == 6419
    assert [step.name for step in trace.tools] == ["web_search", "final_answer"]
    assert trace.tools[0].args == {"query": "population of Tokyo"}


def test_every_spans_file_together_is_the_sum():
    imported = read_otel(DATA)

    assert imported.counts == sum(COUNTS.values(), Counts())
    assert any("11,018 tokens on model calls" in line for line in told(imported))


def test_a_call_that_failed_keeps_its_error_and_a_call_by_its_id_its_arguments():
    tools = read_otel(DATA / "otel_genai_convention_spans.json.gz").episodes[0].trace.tools

    assert [(tool.id, tool.status, tool.error) for tool in tools] == [
        ("call_paris_001", "ok", None),
        ("call_london_001", "error", "TimeoutError"),
    ]


def test_agents_and_the_calls_inside_of_calls_are_told_apart():
    trace = read_otel(DATA / "openai_agents_openinference_live_spans.json.gz").episodes[0].trace

    inner = [step for step in trace.tools if step.agent == "math_specialist"]
    assert [step.name for step in inner] == ["multiply_numbers", "divide_numbers", "divide_numbers"]
    assert {step.parent for step in inner} == {"call_Xw9gngSGFTuCw1vZ30iZHqhk"}


def test_what_was_asked_for_and_never_called_is_said():
    lines = list(told(read_otel(DATA / "openinference_live_spans.json.gz")))

    assert any("calls of get_weather that have neither a span nor a result: 1" in line for line in lines)


@pytest.mark.parametrize("name", COUNTS)
def test_the_same_spans_as_lines_and_as_otlp_give_the_same_counts(name, tmp_path):
    data = json.loads(gzip.decompress((DATA / f"{name}.json.gz").read_bytes()))
    spans = data if isinstance(data, list) else data["spans"]
    lines, otlp = tmp_path / "spans.jsonl", tmp_path / "otlp.json"
    lines.write_text("\n".join(json.dumps(span) for span in spans))
    otlp.write_text(json.dumps({"resourceSpans": [as_otlp(span) for span in spans]}))

    assert read_otel(lines).counts == COUNTS[name]
    assert read_otel(otlp).counts == COUNTS[name]


def as_otlp(span):
    """A span as a collector's file exporter writes it."""
    events = [
        {"name": event.get("event_name"), "attributes": pairs(event.get("attributes") or {}), "body": event.get("body")}
        for event in span.get("span_events") or ()
    ]
    wire = {
        "traceId": span["trace_id"], "spanId": span["span_id"], "parentSpanId": span.get("parent_span_id") or "",
        "name": span["name"], "startTimeUnixNano": str(span["start_time"]), "endTimeUnixNano": str(span["end_time"]),
        "attributes": pairs(span["attributes"]), "events": events,
        "status": {"code": {"ERROR": 2, "OK": 1}.get((span.get("status") or {}).get("code"), 0)},
    }  # fmt: skip
    resource = {"attributes": pairs({"service.name": "app"})}
    return {"resource": resource, "scopeSpans": [{"scope": {"name": span["scope"]["name"]}, "spans": [wire]}]}


def pairs(attributes):
    return [{"key": key, "value": wrapped(item)} for key, item in attributes.items()]


def wrapped(item):
    match item:
        case bool():
            return {"boolValue": item}
        case int():
            return {"intValue": str(item)}
        case float():
            return {"doubleValue": item}
        case str():
            return {"stringValue": item}
        case list():
            return {"arrayValue": {"values": [wrapped(one) for one in item]}}
    return {"kvlistValue": {"values": pairs(item)}}
