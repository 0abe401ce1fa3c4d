"""One interface for running programs: what they record is OpenTelemetry's, and arrives cleaned, with its context, in time."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx  # noqa: F401 - the first import takes longer than some deadlines here
import pytest

from harness.telemetry import describe, names, open_telemetry, trace_id
from harness.telemetry.console import ConsoleTransport
from harness.telemetry.outbox import Outbox
from harness.testing.sink import Fault, LangfuseSink
from harness.workspace import RedactSettings, TelemetrySettings


@pytest.fixture
def sink():
    with LangfuseSink() as server:
        yield server


def opened(root, *exporters, environ=None, memory=True, **settings):
    return open_telemetry(
        TelemetrySettings(exporters=exporters, **settings), environ or {}, root, run="night", memory=memory
    )


def by_name(telemetry):
    return {span.name: span for span in telemetry.memory.spans}


def test_without_exporters_nothing_is_recorded_and_opentelemetry_is_not_loaded(tmp_path):
    program = (
        "import sys\nfrom pathlib import Path\nfrom harness.telemetry import open_telemetry\n"
        "from harness.workspace import TelemetrySettings\n"
        "telemetry = open_telemetry(TelemetrySettings(exporters=('langfuse', 'otlp')), {}, Path())\n"
        "with telemetry.tracer().start_as_current_span('a') as span:\n"
        "    span.set_attribute('b', 1); telemetry.score('c', 1.0); telemetry.log('d')\n"
        "    telemetry.meter().create_counter('e').add(1); telemetry.logger().emit()\n"
        "with telemetry.trial('r', 'k'), telemetry.about(session='s'), telemetry.joined(telemetry.carrier()): pass\n"
        "assert telemetry.close() == ()\n"
        "assert not [name for name in sys.modules if name.startswith(('opentelemetry', 'httpx', 'langfuse'))]\n"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stderr == ""


def test_a_trial_s_trace_has_the_id_that_its_result_has(tmp_path):
    telemetry = opened(tmp_path)

    with telemetry.trial("run-1", "suite::case::agent::0"), telemetry.tracer().start_as_current_span("root"):
        pass

    root = by_name(telemetry)["root"]
    assert (root.trace_id, root.parent_id) == (trace_id("run-1", "suite::case::agent::0"), None)


def test_context_goes_through_threads_tasks_and_processes(tmp_path):
    telemetry = opened(tmp_path)
    tracer = telemetry.tracer()

    def work(number):
        with tracer.start_as_current_span(f"thread {number}"):
            return number

    async def task(number):
        with tracer.start_as_current_span(f"task {number}"):
            await asyncio.sleep(0)

    async def tasks():
        await asyncio.gather(task(1), task(2))

    with telemetry.about(session="job-7", user="ann", tags=("env:ci",)), tracer.start_as_current_span("root"):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(telemetry.in_context(work), range(2)))
        asyncio.run(tasks())
        carried = json.loads(json.dumps(telemetry.carrier()))
    variables = {name.upper(): text for name, text in carried.items()}
    with telemetry.joined(variables), tracer.start_as_current_span("process"):
        pass

    spans = by_name(telemetry)
    root = spans.pop("root")
    assert set(spans) == {"thread 0", "thread 1", "task 1", "task 2", "process"}
    for span in spans.values():
        assert (span.trace_id, span.parent_id) == (root.trace_id, root.span_id)
        assert span.attributes[names.SESSION] == "job-7"
        assert span.attributes[names.USER].startswith("user-")
        assert span.attributes[names.TAGS] == ("env:ci",)


@pytest.mark.parametrize(
    "carrier", [{}, {"traceparent": "nonsense", "finharness-about": "{"}, {"finharness-about": "[]"}]
)
def test_a_carrier_that_is_none_begins_a_new_trace(tmp_path, carrier):
    telemetry = opened(tmp_path)

    with telemetry.joined(carrier), telemetry.tracer().start_as_current_span("root"):
        pass

    assert by_name(telemetry)["root"].parent_id is None


def test_everything_arrives_at_langfuse_and_at_a_collector(sink, tmp_path):
    environ = sink.environ() | sink.otlp_environ()
    telemetry = opened(tmp_path, "langfuse", "otlp", "jsonl", environ=environ)
    seconds = telemetry.meter().create_histogram("gen_ai.client.operation.duration", unit="s")

    with telemetry.tracer().start_as_current_span("chat m", attributes={names.KIND: "LLM", names.INPUT_TOKENS: 5}):
        telemetry.log("asked", event="MODEL_ASKED", model="m")
        telemetry.score("helpful", True, comment="yes")
        telemetry.score("quality", 0.5)
        telemetry.score("tone", "kind")
        seconds.record(0.25, {"gen_ai.request.model": "m"})
    deliveries = telemetry.close(10)

    assert all(item.complete for item in deliveries)
    (span,) = sink.spans.values()
    assert (len(sink.scores), {item["dataType"] for item in sink.scores.values()}) == (
        3,
        {"BOOLEAN", "NUMERIC", "CATEGORICAL"},
    )
    assert [event["name"] for event in sink.events].count("gen_ai.evaluation.result") == 3
    assert next(event for event in sink.events if event["name"] == "MODEL_ASKED")["span_id"] == span.span_id
    (point,) = sink.metrics["gen_ai.client.operation.duration"].histogram.data_points
    assert (point.count, point.sum) == (1, 0.25)
    kinds = [
        next(iter(json.loads(line))) for line in (tmp_path / ".harness/telemetry/night.jsonl").read_text().splitlines()
    ]
    assert {*kinds} == {"resourceSpans", "resourceLogs", "resourceMetrics"}


def test_a_dead_server_takes_no_longer_than_the_deadline_and_loses_nothing(sink, tmp_path):
    sink.fault = Fault(blackhole=True)
    telemetry = opened(tmp_path, "otlp", environ=sink.otlp_environ(), memory=False)
    for number in range(100):
        telemetry.tracer().start_span(f"span {number}").end()

    (delivery,) = telemetry.close(1.0)

    assert (delivery.accepted, delivery.delivered, delivery.spooled) == (100, 0, 100)
    assert "100 spans, 0 scores kept" not in describe([delivery])[0]
    assert "100 spans kept" in describe([delivery])[0]


def circular():
    made = {}
    made["self"] = made
    return made


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "item", [float("nan"), float("inf"), b"\xff" * 9, "x" * 1_000_000, "\ud800", [1, 2.5, "a"], 2**80, circular()]
)
def test_odd_values_stop_nothing(sink, tmp_path, item):
    telemetry = opened(tmp_path, "otlp", "jsonl", environ=sink.otlp_environ())
    with telemetry.tracer().start_as_current_span("odd") as span:
        span.set_attribute("item", item)
        span.set_attribute("fine", 1)

    assert all(item.complete for item in telemetry.close(10))
    (arrived,) = sink.spans.values()
    assert arrived.attributes["fine"] == 1
    assert len(str(arrived.attributes.get("item", ""))) < 40_000


def test_an_exception_is_the_span_s_message_and_cleaned(tmp_path):
    telemetry = opened(tmp_path, environ={"DB_PASSWORD": "hunter2-hunter2"})
    with pytest.raises(ValueError, match="hunter2"), telemetry.tracer().start_as_current_span("call"):
        raise ValueError("login with hunter2-hunter2 failed for ann@example.com")

    span = by_name(telemetry)["call"]
    assert (span.status, span.message) == ("error", "ValueError: login with [DB_PASSWORD] failed for [e-mail]")


def test_a_masking_function_that_fails_keeps_everything_here(sink, tmp_path):
    (tmp_path / "rules.py").write_text("def mask(text):\n    raise KeyError('bug')\n")
    rules = (RedactSettings(name="ours", function="rules.py:mask"),)
    telemetry = opened(tmp_path, "otlp", environ=sink.otlp_environ(), memory=False, redact=rules)
    telemetry.tracer().start_span("secret").end()

    (delivery,) = telemetry.close(5)

    assert (delivery.delivered, delivery.spooled, sink.spans) == (0, 0, {})
    assert b"secret" not in b"".join(sink.bodies)
    assert delivery.reason == "the masking rule 'ours' failed: KeyError: 'bug'"


def test_traces_are_written_as_trees_when_their_root_has_ended(tmp_path):
    stream = io.StringIO()
    telemetry = opened(tmp_path, "console", memory=False)
    box: Outbox = telemetry._boxes[0]
    box._open = lambda: ConsoleTransport(stream)
    tracer = telemetry.tracer()
    with tracer.start_as_current_span("invoke_agent a"), tracer.start_as_current_span("chat m"):
        pass
    telemetry.close(5)

    assert [line.split("  ")[0] for line in stream.getvalue().splitlines()] == [
        ["", "invoke_agent a"][0],
        "└─ chat m",
    ]


def test_two_programs_do_not_share_anything(tmp_path):
    first, second = opened(tmp_path), opened(tmp_path)
    with first.tracer().start_as_current_span("a"):
        pass

    assert (len(first.memory.spans), len(second.memory.spans)) == (1, 0)
    assert os.environ.get("OTEL_SERVICE_NAME") is None
