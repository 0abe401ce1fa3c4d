"""Langfuse's exports of thirteen traces: exact counts, and the messages that Langfuse itself makes of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from harness.errors import UserError
from harness.importers.langfuse.reading import read_langfuse
from harness.importers.otel.messages import said_in

DATA = Path(__file__).parents[1] / "data" / "langfuse_traces"

COUNTS = {
    "agno-2025-06-11": (6, 3839, 1),
    "autogen-2025-06-06": (2, 44, 0),
    "google-adk-2025-08-28": (5, 76, 1),
    "google-gemini-2025-08-01": (1, 2061, 0),
    "koog-2025-08-26": (11, 340, 2),
    "langgraph-js-2025-10-30": (20, 444, 1),
    "langgraph-python-2025-08-22": (9, 234, 1),
    "llamaindex-2025-06-05": (2, 94, 0),
    "openai-agents-2025-09-30": (5, 184, 1),
    "pydantic-ai-2025-06-06": (3, 127, 0),
    "pydantic-ai-tools-2025-06-06": (3, 127, 0),
    "pydantic-ai-with-gemini-2025-12-24": (1, 199, 0),
    "vertex-ai-2025-08-01": (1, 2023, 0),
}
"""Observations, generation tokens and tool calls."""

ANSWERS = {
    "agno-2025-06-11": ("What is currently trending on Twitter?", "To find out what's currently trending"),
    "autogen-2025-06-06": ("Say 'Hello World!'", "Hello World!"),
    "google-adk-2025-08-28": ("hi", "Hello Langfuse"),
    "koog-2025-08-26": ("Greet and say goodbye", "Hello my darling Bob! And, bye my dear Bob!"),
    "langgraph-js-2025-10-30": ("What's the weather in San Francisco?", "It's always sunny in San Francisco!"),
    "langgraph-python-2025-08-22": ("Search the web for 'example'", 'The search for "example"'),
    "openai-agents-2025-09-30": ("What's the weather in Tokyo?", "The weather in Tokyo is currently sunny."),
    "pydantic-ai-2025-06-06": ("What is Langfuse?", "Langfuse is a tool designed for observability"),
    "vertex-ai-2025-08-01": ("What is Langfuse?", "**Langfuse** is an **open-source"),
}


@pytest.mark.parametrize("name", COUNTS)
def test_every_export_has_its_exact_counts(name):
    counts = read_langfuse(DATA / f"{name}.trace.json.gz").counts

    assert (counts.spans, counts.tokens, counts.tool_calls) == COUNTS[name]
    assert counts.input_tokens + counts.output_tokens == counts.tokens
    assert counts.told_tools == 0


@pytest.mark.parametrize("name", ANSWERS)
def test_question_and_answer(name):
    episode = read_langfuse(DATA / f"{name}.trace.json.gz").episodes[0]

    asked, answered = ANSWERS[name]
    assert episode.asked.startswith(asked)
    assert episode.trace.answer.startswith(answered)


def test_one_model_call_inside_another_is_counted_and_said():
    episode = read_langfuse(DATA / "agno-2025-06-11.trace.json.gz").episodes[0]

    assert episode.counts.model_calls == 4
    assert "2 model calls lie inside another one" in episode.notes[0]


def test_a_folder_reads_a_trace_that_is_in_two_files_once(tmp_path):
    for name in COUNTS:
        (tmp_path / f"{name}.json.gz").write_bytes((DATA / f"{name}.trace.json.gz").read_bytes())

    imported = read_langfuse(tmp_path)

    assert len(imported.episodes) == 12
    assert imported.counts.spans == sum(spans for spans, _, _ in COUNTS.values()) - 3


@pytest.mark.parametrize("name", [name for name in COUNTS if (DATA / f"{name}.chatml.json.gz").exists()])
def test_messages_are_those_that_langfuse_makes_of_them(name):
    trace = json.loads(gzip.decompress((DATA / f"{name}.trace.json.gz").read_bytes()))
    chatml = json.loads(gzip.decompress((DATA / f"{name}.chatml.json.gz").read_bytes()))
    observations = {item["id"]: item for item in trace["observations"]}

    missing = []
    for key, both in chatml.items():
        for side, made in both.items():
            said = said_in(observations[key][side], "assistant" if side == "output" else "")
            words = {message.text.strip() for message in said}
            calls = [(call.name, call.args or {}) for message in said for call in message.calls]
            missing += [message for message in made.get("data", ()) if not_there(message, words, calls)]

    # Google's answer of a function comes in a message of the user: for us it is a result, for Langfuse words
    assert [message["content"] for message in missing] == ['{"greeting":"Hello Langfuse 👋"}'] * (
        name.startswith("google-adk")
    )


def not_there(message, words, calls):
    text = message.get("content")
    spoken = isinstance(text, str) and text.strip() and message.get("role") in {"user", "assistant", "model", "system"}
    asked = [(call["name"], json.loads(call["arguments"])) for call in message.get("tool_calls", ())]
    return (spoken and text.strip() not in words) or any(call not in calls for call in asked)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        pytest.param({"usage": {"input": 10, "output": 4, "total": 14, "unit": "TOKENS"}}, (10, 4, 14), id="v2-usage"),
        pytest.param(
            {"promptTokens": 10, "completionTokens": 4, "totalTokens": 14, "usage": None}, (10, 4, 14), id="v2-flat"
        ),
        pytest.param({"usageDetails": {"input": 10, "output": 4, "total": 14}}, (10, 4, 14), id="v3"),
        pytest.param(
            {"usageDetails": {"input": 6, "input_cached_tokens": 4, "output": 4}}, (10, 4, 14), id="v3-cached"
        ),
        pytest.param({"usageDetails": '{"input": 10, "output": 4}'}, (10, 4, 14), id="as-text"),
        pytest.param(
            {"inputUsage": "10", "outputUsage": "4", "totalUsage": "14", "usageDetails": {}}, (10, 4, 14), id="v5-text"
        ),
        pytest.param(
            {"usageDetails": {"input": 5, "output": 8, "total": 20}}, (5, 15, 20), id="thoughts-only-in-the-total"
        ),
        pytest.param(
            {"usage": {"input": 300, "output": 4, "unit": "CHARACTERS"}}, (0, 0, 0), id="characters-are-no-tokens"
        ),
        pytest.param({"promptTokens": 0, "completionTokens": 0, "totalTokens": 0}, (0, 0, 0), id="noughts-are-unknown"),
    ],
)
def test_tokens_in_the_form_of_every_version(usage, tokens, tmp_path):
    file = tmp_path / "trace.json"
    file.write_text(json.dumps({"trace": {"id": "t", "projectId": "p"}, "observations": [generation(**usage)]}))

    counts = read_langfuse(file).counts

    assert (counts.input_tokens, counts.output_tokens, counts.tokens) == tokens


def generation(**known):
    return {
        "id": "g", "traceId": "t", "parentObservationId": None, "type": "GENERATION", "name": "chat", "model": "gpt-4o",
        "startTime": "2026-01-02T03:04:05.678Z", "endTime": "2026-01-02T03:04:06Z", "input": "hi", "output": "hello", **known,
    }  # fmt: skip


def test_an_agent_that_a_backend_called_a_generation_is_not_counted_beside_its_calls(tmp_path):
    said = json.dumps({"attributes": {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "a"}})
    rows = [
        generation(id="a", metadata=said, usageDetails={"input": 20, "output": 8}),
        generation(id="b", parentObservationId="a", usageDetails={"input": 10, "output": 4}),
        generation(id="c", parentObservationId="a", usageDetails={"input": 10, "output": 4}),
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))

    counts = read_langfuse(file).counts

    assert (counts.model_calls, counts.tokens, counts.repeated_tokens) == (2, 28, 28)


def test_traces_of_the_public_interface_with_their_scores(tmp_path):
    trace = {
        "id": "t", "name": "ask", "sessionId": "s", "userId": "ann@bank.com", "latency": 1,
        "observations": [generation()],
        "scores": [{"id": "1", "name": "user_satisfaction", "value": 0.2, "dataType": "NUMERIC", "comment": "wrong", "source": "API"}],
    }  # fmt: skip
    file = tmp_path / "page.json"
    file.write_text(json.dumps({"data": [trace], "meta": {"page": 1}}))

    episode = read_langfuse(file).episodes[0]

    assert (episode.id, episode.name, episode.session, episode.user) == ("t", "ask", "s", "ann@bank.com")
    assert [(item.name, item.value, item.comment) for item in episode.opinions] == [("user_satisfaction", 0.2, "wrong")]


def test_the_batches_of_the_ingestion_interface(tmp_path):
    batch = [
        {"type": "trace-create", "body": {"id": "t", "name": "ask", "sessionId": "s", "input": "hi"}},
        {
            "type": "generation-create",
            "body": {k: v for k, v in generation().items() if k not in {"type", "parentObservationId"}},
        },
    ]
    file = tmp_path / "batch.json"
    file.write_text(json.dumps({"batch": batch}))

    imported = read_langfuse(file)

    assert imported.counts.model_calls == 1
    assert imported.episodes[0].session == "s"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param("", "there is no observation in it", id="empty"),
        pytest.param(
            '{"trace": {"id": "t", "projectId": "p"}, "observations": []}', "1 traces without", id="no-observations"
        ),
        pytest.param('{"hello": "world"}', "its keys: hello", id="something-else"),
        pytest.param('{"observations": [{"id": "a"', "it was cut off", id="cut"),
    ],
)
def test_what_is_no_export_is_refused_with_its_place(content, told, tmp_path):
    file = tmp_path / "trace.json"
    file.write_text(content)

    with pytest.raises(UserError) as caught:
        read_langfuse(file)

    assert told in str(caught.value)
    assert "fix: give a trace as Langfuse exports it" in str(caught.value)
