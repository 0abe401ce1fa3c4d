"""Containers, conventions and damage: what exporters write besides, and what is none of it."""

from __future__ import annotations

import contextlib
import json
import resource
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import UserError
from harness.importers import traces
from harness.importers.inbox import drafted
from harness.importers.langfuse.forms import Heard, hear
from harness.importers.otel.elements import elements
from harness.importers.otel.forms import spans_in
from harness.importers.otel.messages import said_in
from harness.importers.otel.plainly import attributes_of, id_of, seconds_of
from harness.importers.traces import read_otel, told

T, START = "0af7651916cd43dd8448eb211c80319c", 1_700_000_000_000_000_000


def a_span(number=1, *, parent=None, name="chat gpt-4o", seconds=(0, 1), **attributes):
    return {
        "trace_id": T, "span_id": f"{number:016x}", "parent_span_id": None if parent is None else f"{parent:016x}",
        "name": name, "start_time": START + seconds[0] * 10**9, "end_time": START + seconds[1] * 10**9,
        "attributes": {key.replace("__", "."): item for key, item in attributes.items()},
    }  # fmt: skip


def a_chat(number=1, *, parent=None, **known):
    said = {"gen_ai__operation__name": "chat", "gen_ai__request__model": "m", "gen_ai__usage__input_tokens": 10}
    return a_span(number, parent=parent, **{**said, "gen_ai__usage__output_tokens": 2, **known})


def written(tmp_path, content, name="spans.json"):
    file = tmp_path / name
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


@pytest.mark.parametrize(
    "wrapped",
    [
        pytest.param(lambda span: span, id="one-span"),
        pytest.param(lambda span: [span], id="array"),
        pytest.param(lambda span: {"spans": [span], "span_count": 1}, id="object"),
        pytest.param(lambda span: {"data": {"spans": {"spans": [[span]]}}}, id="doubly-nested"),
        pytest.param(lambda span: {"spans": json.dumps([json.dumps(span)])}, id="json-in-text"),
        pytest.param(lambda span: {T: [span]}, id="by-trace-id"),
        pytest.param(
            lambda span: [{"trace_id": T, "spans": [{k: v for k, v in span.items() if k != "trace_id"}]}], id="traces"
        ),
        pytest.param(lambda span: {"traces": [{"traceId": T, "spans": [span]}]}, id="traces-under-a-key"),
    ],
)
def test_spans_are_found_in_whatever_they_are_wrapped(wrapped, tmp_path):
    imported = read_otel(written(tmp_path, wrapped(a_chat())))

    assert (imported.counts.spans, imported.counts.tokens) == (1, 12)
    assert imported.episodes[0].id == T


def test_the_sdks_own_json(tmp_path):
    span = {
        "name": "chat m", "context": {"trace_id": f"0x{T}", "span_id": "0x00f067aa0ba902b7", "trace_state": "[]"},
        "kind": "SpanKind.CLIENT", "parent_id": "0x00f067aa0ba902b8", "start_time": "2026-01-02T03:04:05.123456Z",
        "end_time": "2026-01-02T03:04:06.123456Z", "status": {"status_code": "ERROR", "description": "429"},
        "attributes": {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 3}, "events": [], "links": [],
        "resource": {"attributes": {"service.name": "shop"}, "schema_url": ""},
    }  # fmt: skip
    file = written(tmp_path, "\n".join([json.dumps(span, indent=4)] * 2))  # ConsoleSpanExporter

    episode = read_otel(file).episodes[0]

    assert (episode.id, episode.counts.model_calls, episode.trace.duration_s) == (T, 1, 1.0)
    assert (episode.trace.steps[0].status, episode.trace.steps[0].error) == ("error", "429")


def test_phoenix_as_rest_gives_it_and_as_columns(tmp_path):
    nested = {
        "name": "ask", "context": {"trace_id": T, "span_id": "a1b2c3d4"}, "span_kind": "LLM", "parent_id": None,
        "start_time": "2026-01-02T03:04:05+00:00", "end_time": "2026-01-02T03:04:06+00:00", "status_code": "OK",
        "attributes": {"llm": {"token_count": {"prompt": 7, "completion": 2}, "model_name": "m",
                               "input_messages": [{"message": {"role": "user", "content": "Hi?"}}]}},
    }  # fmt: skip
    columns = {
        "name": "ask", "span_kind": "LLM", "context.trace_id": T, "context.span_id": "a1b2c3d5", "parent_id": None,
        "start_time": 1_700_000_000_000, "end_time": 1_700_000_001_000, "attributes.llm.token_count.prompt": 7,
        "attributes.llm.token_count.completion": 2.0, "attributes.llm.model_name": "m",
        "attributes.llm.input_messages": [{"message.role": "user", "message.content": "Hi?"}],
    }  # fmt: skip

    for span in (nested, columns):
        imported = read_otel(written(tmp_path, {"data": [span]}))
        assert (imported.counts.model_calls, imported.counts.tokens) == (1, 9)
        assert imported.episodes[0].asked == "Hi?"


def test_jaeger(tmp_path):
    root, child = (
        {
            "traceID": T, "spanID": f"0{number}", "operationName": "chat m", "startTime": 1_700_000_000_000_000 + number,
            "duration": 1_500_000, "processID": "p1",
            "references": [{"refType": "CHILD_OF", "traceID": T, "spanID": "01"}] if number == 2 else [],
            "tags": [{"key": "gen_ai.operation.name", "type": "string", "value": "chat"},
                     {"key": "gen_ai.usage.input_tokens", "type": "int64", "value": 5 * number},
                     {"key": "otel.library.name", "type": "string", "value": "opentelemetry.instrumentation.openai"}],
            "logs": [],
        }
        for number in (1, 2)
    )  # fmt: skip
    file = written(
        tmp_path, {"data": [{"traceID": T, "spans": [root, child], "processes": {"p1": {"serviceName": "shop"}}}]}
    )

    episode = read_otel(file).episodes[0]

    assert (episode.counts.spans, episode.counts.roots, episode.counts.tokens) == (2, 1, 15)
    assert (episode.framework, episode.trace.duration_s) == ("openai", 1.500001)


def test_strands_tells_in_events_and_its_cycles_are_no_model_calls(tmp_path):
    asked = {"name": "gen_ai.user.message", "attributes": {"content": json.dumps([{"text": "Price of VTI?"}])}}
    wants = {
        "name": "gen_ai.choice",
        "attributes": {
            "message": json.dumps([{"toolUse": {"toolUseId": "t1", "name": "price", "input": {"t": "VTI"}}}])
        },
    }
    given = {
        "name": "gen_ai.tool.message",
        "attributes": {"role": "tool", "content": json.dumps({"t": "VTI"}), "id": "t1"},
    }
    gave = {"name": "gen_ai.choice", "attributes": {"message": json.dumps([{"text": "250"}]), "id": "t1"}}
    says = {"name": "gen_ai.choice", "attributes": {"message": json.dumps([{"text": "It is $250."}])}}
    spans = [
        {
            **a_span(1, name="invoke_agent a", gen_ai__operation__name="invoke_agent", gen_ai__usage__input_tokens=20),
            "events": [asked, says],
        },
        {**a_span(2, parent=1, name="execute_event_loop_cycle", seconds=(0, 1)), "events": [asked, wants]},
        {**a_chat(3, parent=2), "events": [asked, wants]},
        {
            **a_span(4, parent=2, name="execute_tool price", gen_ai__tool__name="price", gen_ai__tool__call__id="t1"),
            "events": [given, gave],
        },
        {**a_chat(5, parent=1, seconds=(2, 3)), "events": [asked, says]},
    ]

    episode = read_otel(written(tmp_path, spans)).episodes[0]

    assert (episode.counts.model_calls, episode.counts.tool_calls, episode.counts.tokens) == (2, 1, 24)
    assert [(tool.id, tool.args) for tool in episode.trace.tools] == [("t1", {"t": "VTI"})]
    assert (episode.asked, episode.trace.answer) == ("Price of VTI?", "It is $250.")


def test_openllmetry_over_langchain(tmp_path):
    """Numbered prompts, entities with inputs inside, and LangChain's message around a tool's result."""
    message = {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "ToolMessage"],
               "kwargs": {"content": "250", "tool_call_id": "c1", "status": "success", "name": "price"}}  # fmt: skip
    root = a_span(1, name="LangGraph.workflow", traceloop__span__kind="workflow",
                  traceloop__entity__input=json.dumps({"inputs": {"messages": [["user", "Price?"]]}, "tags": []}))  # fmt: skip
    chat = a_span(2, parent=1, name="ChatBedrock.chat", llm__request__type="chat", gen_ai__request__model="m", gen_ai__usage__prompt_tokens=7,
                  gen_ai__usage__completion_tokens=3, llm__usage__total_tokens=10, gen_ai__prompt__0__role="user", gen_ai__prompt__0__content="Price?",
                  gen_ai__completion__0__role="assistant", gen_ai__completion__0__tool_calls__0__name="price",
                  gen_ai__completion__0__tool_calls__0__id="c1", gen_ai__completion__0__tool_calls__0__arguments='{"t": "VTI"}')  # fmt: skip
    tool = a_span(3, parent=1, name="price.tool", traceloop__span__kind="tool", traceloop__entity__name="price",
                  traceloop__entity__input=json.dumps({"input_str": "{'t': 'VTI'}", "tags": [], "inputs": {"t": "VTI"}}),
                  traceloop__entity__output=json.dumps({"output": message, "kwargs": {"tags": []}}))  # fmt: skip

    episode = read_otel(written(tmp_path, [root, chat, tool])).episodes[0]

    assert (episode.counts.model_calls, episode.counts.tool_calls, episode.counts.tokens) == (1, 1, 10)
    assert [(step.id, step.name, step.args, step.result) for step in episode.trace.tools] == [
        ("c1", "price", {"t": "VTI"}, "250")
    ]
    assert episode.asked == "Price?"


def test_googles_adk_with_calls_that_ran_together(tmp_path):
    request = json.dumps({"model": "m", "contents": [{"role": "user", "parts": [{"text": "Hi?"}]}]})
    answer = json.dumps({"content": {"role": "model", "parts": [{"text": "Hello."}]}})
    spans = [
        a_span(1, name="invocation"),
        a_span(
            2,
            parent=1,
            name="call_llm",
            gen_ai__system="gcp.vertex.agent",
            gcp__vertex__agent__llm_request=request,
            gcp__vertex__agent__llm_response=answer,
        ),
        a_span(3, parent=2, name="execute_tool a", gen_ai__tool__name="a", gcp__vertex__agent__llm_request="{}"),
        a_span(
            4,
            parent=2,
            name="execute_tool (merged)",
            gen_ai__operation__name="execute_tool",
            gen_ai__tool__name="(merged tools)",
        ),
    ]

    episode = read_otel(written(tmp_path, spans)).episodes[0]

    assert (episode.counts.model_calls, episode.counts.tool_calls) == (1, 1)
    assert (episode.asked, episode.trace.answer) == ("Hi?", "Hello.")


def test_zipkin_and_rows_of_a_table(tmp_path):
    zipkin = {
        "traceId": T, "id": "0a", "parentId": None, "name": "chat", "timestamp": 1_700_000_000_000_000, "duration": 2_000_000,
        "tags": {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": "5"}, "localEndpoint": {"serviceName": "shop"},
    }  # fmt: skip
    row = {
        "Timestamp": "2023-11-14 22:13:20.000000000", "TraceId": T, "SpanId": "0b", "ParentSpanId": "", "SpanName": "chat",
        "SpanAttributes": {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": "5"}, "Duration": 2_000_000_000,
        "StatusCode": "STATUS_CODE_ERROR", "StatusMessage": "429",
    }  # fmt: skip

    for span in (zipkin, row):
        episode = read_otel(written(tmp_path, [span])).episodes[0]
        assert (episode.counts.model_calls, episode.counts.tokens, episode.trace.duration_s) == (1, 5, 2.0)
    assert episode.trace.steps[0].error == "429"


@pytest.mark.parametrize(
    ("attributes", "kind", "tokens"),
    [
        pytest.param({"gen_ai__system": "openai", "gen_ai__operation__name": "chat", "gen_ai__usage__prompt_tokens": 4,
                      "gen_ai__usage__completion_tokens": 1}, "model_calls", 5, id="genai-old-names"),
        pytest.param({"llm__request__type": "chat", "gen_ai__usage__prompt_tokens": 4, "llm__usage__total_tokens": 9,
                      "gen_ai__request__model": "m"}, "model_calls", 9, id="openllmetry"),
        pytest.param({"openinference__span__kind": "LLM", "llm__token_count__prompt": 4, "llm__token_count__completion": 1},
                     "model_calls", 5, id="openinference"),
        pytest.param({"ai__operationId": "ai.generateText.doGenerate", "ai__model__id": "m", "ai__usage__promptTokens": 4,
                      "ai__usage__completionTokens": 1}, "model_calls", 5, id="vercel"),
        pytest.param({"mlflow__spanType": '"CHAT_MODEL"', "mlflow__chat__tokenUsage": '{"input_tokens": 4, "output_tokens": 1}'},
                     "model_calls", 5, id="mlflow"),
        pytest.param({"langsmith__span__kind": "LLM", "gen_ai__usage__input_tokens": 4}, "model_calls", 4, id="langsmith"),
        pytest.param({"gen_ai__response__model": "m", "gen_ai__usage__input_tokens": 4}, "model_calls", 4, id="unmarked-model"),
        pytest.param({"gen_ai__tool__name": "f", "gen_ai__tool__call__id": "c"}, "tool_calls", 0, id="pydantic-ai-tool"),
        pytest.param({"traceloop__span__kind": "tool", "traceloop__entity__name": "f"}, "tool_calls", 0, id="traceloop-tool"),
        pytest.param({"ai__operationId": "ai.toolCall", "ai__toolCall__name": "f"}, "tool_calls", 0, id="vercel-tool"),
        pytest.param({"gen_ai__operation__name": "invoke_agent", "gen_ai__agent__name": "a"}, "agents", 0, id="agent"),
        pytest.param({"openinference__span__kind": "RETRIEVER"}, "retrievals", 0, id="retriever"),
    ],
)  # fmt: skip
def test_every_convention_names_the_same_things(attributes, kind, tokens, tmp_path):
    counts = read_otel(written(tmp_path, [a_span(**attributes)])).counts

    assert getattr(counts, kind) == 1
    assert counts.tokens == tokens


def test_an_outer_span_that_repeats_its_generation_is_counted_once(tmp_path):
    """Vercel's generateText, LiteLLM's request and LangChain over OpenAI: three layers, one call."""
    spans = [
        a_span(
            1,
            name="ai.generateText",
            ai__operationId="ai.generateText",
            ai__usage__promptTokens=10,
            ai__usage__completionTokens=2,
        ),
        a_chat(2, parent=1),
        a_chat(3, parent=2),
    ]

    counts = read_otel(written(tmp_path, spans)).counts

    assert (counts.model_calls, counts.tokens, counts.repeated_tokens) == (1, 12, 24)


def test_a_call_without_a_span_is_read_from_the_messages(tmp_path):
    asked = [{"role": "user", "content": "Price of VTI?"}]
    call = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "function": {"name": "price", "arguments": '{"t": "VTI"}'}}],
    }
    gave = {"role": "tool", "tool_call_id": "c1", "content": '{"usd": 250}'}
    spans = [
        a_chat(1, input__value=json.dumps({"messages": asked}), output__value=json.dumps(call)),
        a_chat(2, seconds=(1, 2), input__value=json.dumps([*asked, call, gave]), output__value="It is $250."),
    ]

    episode = read_otel(written(tmp_path, spans)).episodes[0]

    assert (episode.counts.tool_calls, episode.counts.told_tools) == (0, 1)
    assert [(tool.id, tool.name, tool.args, tool.result) for tool in episode.trace.tools] == [
        ("c1", "price", {"t": "VTI"}, {"usd": 250})
    ]
    assert (episode.asked, episode.trace.answer) == ("Price of VTI?", "It is $250.")


def test_log_records_join_the_span_that_they_are_about(tmp_path):
    record = {
        "traceId": T, "spanId": f"{1:016x}", "timeUnixNano": START, "attributes": {"event.name": "x"},
        "body": {"input": {"messages": [{"role": "user", "content": "Hi?"}]}, "output": {"messages": [{"role": "assistant", "content": "Yes."}]}},
    }  # fmt: skip

    imported = read_otel(written(tmp_path, "\n".join(map(json.dumps, [a_chat(), record])), "logs.jsonl"))

    assert (imported.counts.spans, imported.episodes[0].asked, imported.episodes[0].trace.answer) == (1, "Hi?", "Yes.")


def test_what_a_collector_writes_beside_spans_is_no_span(tmp_path):
    span = {
        "traceId": T,
        "spanId": f"{1:016x}",
        "name": "chat",
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + 5),
    }
    score = {
        "traceId": T,
        "spanId": f"{1:016x}",
        "timeUnixNano": str(START),
        "eventName": "gen_ai.evaluation.result",
        "attributes": [],
    }
    lost = {**score, "spanId": f"{9:016x}", "body": {"stringValue": "hello"}}
    lines = [
        {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]},
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [score, score, lost]}]}]},
        {
            "resourceMetrics": [
                {"scopeMetrics": [{"metrics": [{"name": "x", "sum": {"dataPoints": [{"asDouble": 1}]}}]}]}
            ]
        },
    ]

    imported = read_otel(written(tmp_path, "\n".join(map(json.dumps, lines)), "collector.jsonl"))

    assert (imported.counts.spans, imported.notes) == (1, ())
    assert imported.episodes[0].notes[0] == "1 log records are about spans that are not in the file; they were left out"


# ---- damage


@pytest.mark.parametrize(
    ("content", "told_"),
    [
        pytest.param("", "there is no span in it", id="empty"),
        pytest.param("  \n ", "there is no span in it", id="blank"),
        pytest.param("[]", "there is no span in it", id="empty-array"),
        pytest.param('[{"a": 1}]', "[0]: no span (its keys: a)", id="not-spans"),
        pytest.param("[1, 2]", "[0]: a int, and no span", id="numbers"),
        pytest.param(
            '[{"trace_id": "a", "span_id"', "[0]: the file ends in the middle of it: it was cut off", id="cut"
        ),
        pytest.param('[{"trace_id": "a"} x]', "[1]: it is no JSON", id="broken"),
        pytest.param("hello", "line 1: it is no JSON", id="text"),
        pytest.param("[" * 100_000, "nested too deeply", id="nested"),
        pytest.param(
            '{"trace": {}, "observations": [{"id": "a", "parentObservationId": null}]}',
            "an export of Langfuse",
            id="langfuse",
        ),
    ],
)
def test_what_is_no_file_of_spans_is_refused_with_place_and_remedy(content, told_, tmp_path):
    with pytest.raises(UserError) as caught:
        read_otel(written(tmp_path, content))

    assert told_ in str(caught.value)
    assert "fix: " in str(caught.value)


def test_a_file_that_is_no_text_and_one_that_is_not_there(tmp_path):
    (tmp_path / "x.json").write_bytes(b"\xff\xfe\x00[")
    (tmp_path / "y.json.gz").write_bytes(b"not gzip")

    for name, told_ in (("x.json", "no UTF-8"), ("y.json.gz", "cannot be read"), ("z.json", "cannot be read")):
        with pytest.raises(UserError, match=told_):
            read_otel(tmp_path / name)


def test_spans_in_a_circle_are_cut_open_and_said(tmp_path):
    spans = [a_chat(1, parent=3), a_chat(2, parent=1), a_chat(3, parent=2), a_chat(4, parent=4)]

    imported = read_otel(written(tmp_path, spans))

    assert (imported.counts.spans, imported.counts.roots) == (4, 2)
    assert any("2 circles of spans" in line for line in told(imported))


def test_spans_inside_each_other_without_end_are_cut(tmp_path):
    imported = read_otel(written(tmp_path, [a_chat(number, parent=number - 1 or None) for number in range(1, 502)]))

    assert (imported.counts.spans, imported.counts.roots) == (501, 3)
    assert any("2 of them begin a tree of their own" in line for line in told(imported))


def test_orphans_stand_side_by_side_and_are_said(tmp_path):
    imported = read_otel(written(tmp_path, [a_chat(1, parent=77), a_chat(2, parent=88)]))

    assert (imported.counts.orphans, imported.counts.roots, imported.counts.tokens) == (2, 2, 24)
    assert any("2 of 2 spans belong to a span that is not in the file" in line for line in told(imported))


def test_a_span_that_is_there_twice_is_read_once(tmp_path):
    imported = read_otel(written(tmp_path, [a_chat(1), a_chat(1), a_chat(2, seconds=(2, 3))]))

    assert (imported.counts.spans, imported.counts.tokens) == (2, 24)
    assert any("1 spans are there twice" in line for line in told(imported))


def test_an_unknown_framework_is_said(tmp_path):
    imported = read_otel(written(tmp_path, [a_span(name="GET /", http__method="GET")]))

    lines = list(told(imported))
    assert "written by: unknown (1)" in lines
    assert any("no span names a model, tool or agent by any convention" in line for line in lines)
    assert drafted(imported.episodes, imported.origin).empty == (f"trace {T}: it has no model call and no tool call",)


def test_more_spans_than_may_be_held_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(traces, "MOST_SPANS", 3)

    with pytest.raises(UserError, match="more than 3 spans") as caught:
        read_otel(written(tmp_path, [a_chat(number) for number in range(1, 9)]))

    assert "split it" in caught.value.remedy


def test_a_file_of_something_else_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(traces, "MOST_OTHERS", 100)

    with pytest.raises(UserError, match="this is no file of spans"):
        read_otel(written(tmp_path, f"[{'1,' * 500}1]"))


def test_a_hundred_megabytes_pass_through_a_small_window(tmp_path):
    """Texts are cut, and only what is held counts: the file's size does not decide."""
    piece = json.dumps(a_chat(input__value="x" * 1_000_000))
    file = tmp_path / "large.json"
    with file.open("w") as out:
        out.write("[")
        out.writelines(f"{',' if number else ''}{piece}" for number in range(100))
        out.write("]")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert sum(1 for _ in elements(file, "")) == 100
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64_000
    assert read_otel(file).counts.spans == 1  # all of them are copies


# ---- anything at all

KEYS = st.sampled_from(
    [
        "trace_id", "span_id", "parent_id", "name", "attributes", "events", "status", "start_time", "end_time", "scope", "resource",
        "resourceSpans", "scopeSpans", "spans", "context", "body", "key", "value", "input", "output", "messages", "role", "content",
        "tool_calls", "id", "type", "traceId", "observations", "parentObservationId", "metadata", "usage", "usageDetails", "scores",
        "dataType", "openinference.span.kind", "gen_ai.operation.name", "gen_ai.input.messages", "llm.input_messages.0.message.role",
        "llm", "gen_ai.tool.name", "tool.parameters", "kwargs", "lc", "generations", "parts", "function", "arguments", "tags",
    ]
) | st.text(max_size=5)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON)
def test_no_json_brings_the_reader_down(data):
    spans = [found for found in spans_in(data, "x") if not isinstance(found, str)]

    if spans:
        imported = traces.finished(spans, [], Path("x"), "otel")
        assert imported.counts.spans <= len(spans)
        drafted(imported.episodes, imported.origin)
    with contextlib.suppress(UserError):
        list(hear(data, "answer 1", Heard()))


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["input.value", "output.value", "gen_ai.input.messages", "gen_ai.output.messages", "openinference.span.kind", "events",
             "gen_ai.operation.name", "gen_ai.usage.input_tokens", "tool.parameters", "llm.input_messages.0.message.content",
             "ai.response.toolCalls", "gen_ai.tool.call.arguments", "error.type", "agent.name", "final_result"]
        ),
        JSON | st.sampled_from(["TOOL", "LLM", "AGENT", "chat", "execute_tool", "invoke_agent", '[{"role": "user", "content": "x"}]']),
        max_size=8,
    )
)  # fmt: skip
def test_no_attribute_brings_the_reader_down(attributes):
    found = [{**a_span(1), "attributes": attributes}, {**a_span(2, parent=1), "attributes": attributes}]
    spans = [span for span in spans_in(found, "x") if not isinstance(span, str)]

    imported = traces.finished(spans, [], Path("x"), "otel")

    assert imported.counts.spans == 2
    list(told(imported))
    drafted(imported.episodes, imported.origin)


@given(JSON)
@settings(max_examples=60, deadline=None)
def test_messages_of_anything(data):
    assert all(isinstance(message.text, str) for message in said_in(data))


@pytest.mark.parametrize(
    ("written_", "read"),
    [
        pytest.param(1_700_000_000_123_456_789, 1_700_000_000.1234567, id="nanoseconds"),
        pytest.param("1700000000123456789", 1_700_000_000.1234567, id="nanoseconds-as-text"),
        pytest.param(1_700_000_000_123_456, 1_700_000_000.123456, id="microseconds"),
        pytest.param(1_700_000_000_123, 1_700_000_000.123, id="milliseconds"),
        pytest.param(1_700_000_000.5, 1_700_000_000.5, id="seconds"),
        pytest.param("2023-11-14T22:13:20.123456789Z", 1_700_000_000.123456, id="iso"),
        pytest.param("2023-11-14 22:13:20 UTC", 1_700_000_000.0, id="utc"),
        pytest.param("yesterday", None, id="no-time"),
        pytest.param(float("nan"), None, id="nan"),
        pytest.param(True, None, id="truth"),
    ],
)
def test_times_in_every_unit(written_, read):
    assert seconds_of(written_) == pytest.approx(read) if read is not None else seconds_of(written_) is None


@pytest.mark.parametrize(
    ("written_", "read"),
    [
        pytest.param(f"0x{T.upper()}", T, id="hex"),
        pytest.param("CvdlGRbNQ92ESOshHIAxnA==", T, id="base64"),
        pytest.param("0" * 16, "", id="nothing"),
        pytest.param(255, "ff", id="number"),
        pytest.param("adot-trace-1", "adot-trace-1", id="any-text"),
    ],
)
def test_ids_in_every_form(written_, read):
    assert id_of(written_) == read


def test_attributes_flat_nested_and_in_pairs_are_the_same():
    flat = {"llm.token_count.prompt": 3, "metadata": {"a": {"b": 1}}, "input.value": "x"}
    nested = {"llm": {"token_count": {"prompt": 3}}, "metadata": {"a": {"b": 1}}, "input": {"value": "x"}}
    pairs = [
        {"key": "llm.token_count.prompt", "value": {"intValue": "3"}},
        {"key": "input.value", "value": {"stringValue": "x"}},
    ]

    assert attributes_of(flat) == flat
    assert {name: attributes_of(nested)[name] for name in flat} == flat
    assert attributes_of(pairs) == {"llm.token_count.prompt": 3, "input.value": "x"}
