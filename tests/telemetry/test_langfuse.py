from __future__ import annotations

import json
import time
from dataclasses import replace

import httpx  # noqa: F401 - the first import takes longer than some deadlines here
import pytest
from builders import a_call, a_job, a_manifest, a_model_call, a_result, a_verdict, an_outcome
from langfuse._client.attributes import LangfuseOtelSpanAttributes

from harness.model import Usage
from harness.telemetry import connect, describe, names
from harness.testing.sink import Fault, LangfuseSink
from harness.workspace import TelemetrySettings

LANGFUSE = TelemetrySettings(exporters=("langfuse",))


@pytest.fixture
def sink(tmp_path):
    with LangfuseSink() as server:
        server.root = tmp_path
        yield server


def trials(number=3):
    steps = [a_model_call("claude"), a_call("get_price", {"symbol": "ACME"}, 12.5)]
    return [a_result(job=a_job(index=index), outcome=an_outcome("yes", steps=steps)) for index in range(number)]


def send(sink, results, *, deadline=5.0, **environ):
    (exporter,) = connect(LANGFUSE, {**sink.environ(), **environ}, sink.root)
    for result in results:
        exporter.export(a_manifest(), result)
    return exporter.close(deadline)


def test_every_span_and_score_arrives(sink):
    delivery = send(sink, trials(3))

    assert delivery.complete
    assert (len(sink.spans), len(sink.scores)) == (15, 9) == (delivery.accepted, delivery.scores_accepted)
    assert describe([delivery]) == ("telemetry: 15 of 15 spans, 9 of 9 scores delivered to langfuse",)
    known = {(span.trace_id, span.span_id) for span in sink.spans.values()}
    assert all((span.trace_id, span.parent_id) in known for span in sink.spans.values() if span.parent_id)


def test_scores_point_at_spans_that_exist(sink):
    send(sink, trials(1))

    for score in sink.scores.values():
        assert (score["traceId"], score["observationId"]) in sink.spans


def test_observations_have_langfuse_s_types_inputs_and_usage(sink):
    send(sink, trials(1), LANGFUSE_TRACING_ENVIRONMENT="ci")

    spans = {span.name: span.attributes for span in sink.spans.values()}
    assert {name: spans[name][names.LF_TYPE] for name in spans} == {
        "invoke_workflow C-01": "chain", "invoke_agent adviser": "agent", "chat claude": "generation",
        "execute_tool get_price": "tool", "evaluate contains": "evaluator",
    }  # fmt: skip
    assert json.loads(spans["chat claude"][names.LF_USAGE]) == {"input": 100, "output": 20}
    assert spans["execute_tool get_price"][names.LF_INPUT] == '{"symbol": "ACME"}'
    assert all(attributes[names.LF_ENVIRONMENT] == "ci" for attributes in spans.values())
    assert all(
        key in names.KNOWN or key.startswith(names.LF_METADATA) for attributes in spans.values() for key in attributes
    )


def test_cached_tokens_are_counted_once(sink):
    step = replace(a_model_call("claude"), usage=Usage(100, 20, 80))

    send(sink, [a_result(outcome=an_outcome(steps=[step]))])

    (chat,) = (span for span in sink.spans.values() if span.name == "chat claude")
    assert json.loads(chat.attributes[names.LF_USAGE]) == {"input": 20, "output": 20, "input_cached_tokens": 80}


def test_sending_a_run_again_adds_nothing(sink):
    send(sink, trials(2))
    before = (dict(sink.spans), dict(sink.scores))

    send(sink, trials(2))

    assert (sink.spans, sink.scores) == before
    assert len(sink.requests) == 4


def test_planted_secrets_are_in_no_byte_received(sink):
    secret = "sk-ant-1234567890"
    leak = a_result(
        "failed", outcome=an_outcome(f"my key: {secret}"), verdicts=(a_verdict(False, reason=f"saw {secret}"),)
    )

    send(sink, [leak], ANTHROPIC_API_KEY=secret)

    assert sink.bodies
    assert not any(secret.encode() in body for body in sink.bodies)
    assert any(b"[ANTHROPIC_API_KEY]" in body for body in sink.bodies)


@pytest.mark.parametrize("status", [400, 401, 413, 429, 500, 503])
def test_a_server_that_refuses_loses_traces_and_says_so(sink, status):
    sink.fault = Fault(status=status)

    delivery = send(sink, trials(2), deadline=0.4)

    assert (delivery.delivered, delivery.failed, delivery.scores_delivered) == (0, 10, 0)
    assert f"HTTP {status}" in delivery.reason
    assert f"telemetry: 0 of 10 spans, 0 of 6 scores delivered to langfuse (HTTP {status}" in describe([delivery])[0]


def test_wrong_keys_are_tried_once_and_named(sink):
    delivery = send(sink, trials(60), LANGFUSE_SECRET_KEY="wrong-wrong-wrong")

    assert len(sink.requests) == 1
    assert delivery.reason == "HTTP 401: check LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY"


def test_a_passing_failure_is_retried(sink):
    sink.fault = Fault(status=503, times=1)

    assert send(sink, trials(1)).complete
    assert [status for _, _, status in sink.requests] == [503, 200, 202]


@pytest.mark.parametrize("fault", [Fault(blackhole=True), Fault(delay_s=30)], ids=["blackhole", "slow"])
def test_a_hanging_server_costs_at_most_the_deadline(sink, fault):
    sink.fault = fault
    started = time.monotonic()

    delivery = send(sink, trials(60), deadline=0.3)

    assert time.monotonic() - started < 3
    assert delivery.delivered == 0
    assert delivery.failed == delivery.accepted == 300
    assert delivery.reason


def test_a_server_that_is_not_there_is_named(sink):
    delivery = send(sink, trials(1), deadline=1.5, LANGFUSE_BASE_URL="http://127.0.0.1:9")

    assert delivery.reason.startswith("ConnectError")


def test_scores_that_the_server_rejects_are_counted(sink):
    sink.fault = Fault(reject_scores=2)

    delivery = send(sink, trials(1))

    assert (delivery.scores_accepted, delivery.scores_delivered) == (3, 1)
    assert delivery.reason == "HTTP 207: 2 scores rejected"


def test_our_names_are_the_sdk_s():
    sdk = {value for name, value in vars(LangfuseOtelSpanAttributes).items() if name.isupper()}

    assert sdk >= names.LANGFUSE


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_sink_understands_the_real_sdk(sink, monkeypatch):
    from langfuse import Langfuse
    from opentelemetry.sdk.trace import TracerProvider

    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    own = TracerProvider()  # else the client takes the whole process's spans, and other tests' go to a closed sink
    client = Langfuse(public_key=sink.public_key, secret_key=sink.secret_key, base_url=sink.url, tracer_provider=own)
    with client.start_as_current_observation(name="hello", as_type="agent", input="hi") as span:
        span.score(name="nice", value=1, data_type="BOOLEAN")
    client.flush()
    known = client.auth_check()
    client.shutdown()
    own.shutdown()

    (arrived,) = sink.spans.values()
    assert arrived.attributes[names.LF_TYPE] == "agent"
    assert [score["name"] for score in sink.scores.values()] == ["nice"]
    assert known
    assert ("POST", "/api/public/scores", 202) in sink.requests
