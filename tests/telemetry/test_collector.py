"""What an OpenTelemetry server receives: spans, evaluation events, metrics, and scores through Phoenix's own interface."""

from __future__ import annotations

import json

import pytest
from builders import a_call, a_job, a_manifest, a_model_call, a_result, a_verdict, an_outcome

from harness.errors import ConfigError
from harness.telemetry import connect, names, scores, spans
from harness.telemetry.measures import UNITS
from harness.testing.sink import LangfuseSink
from harness.workspace import TelemetrySettings

STEPS = [a_model_call("claude", args={"provider": "anthropic"}, t1=0.5), a_call("get_price", {"symbol": "ACME"}, 12.5)]
TRIAL = a_result(
    "failed",
    outcome=an_outcome("yes", steps=STEPS, duration_s=2.0),
    verdicts=(a_verdict(False, reason="5 is not 7", score=0.25), a_verdict(True, check="trajectory:routing")),
    steps={"plan": {"steps": 4, "extra": [{}, {}]}},
)


@pytest.fixture
def sink():
    with LangfuseSink() as server:
        yield server


def send(sink, root, *results, **settings):
    settings = TelemetrySettings(exporters=("otlp",), **settings)
    (exporter,) = connect(settings, sink.otlp_environ(), root)
    for result in results or (TRIAL,):
        exporter.export(a_manifest(), result)
    return exporter.close(10)


def test_a_span_arrives_as_it_was_made(sink, tmp_path):
    assert send(sink, tmp_path).complete

    made = {(span.trace_id, span.span_id): span for span in spans(a_manifest(), TRIAL)}
    assert set(sink.spans) == set(made)
    for key, span in made.items():
        arrived = sink.spans[key]
        assert (arrived.name, arrived.parent_id, arrived.start_ns) == (span.name, span.parent_id or "", span.start_ns)
        assert {k: tuple(v) if isinstance(v, list) else v for k, v in arrived.attributes.items()} == span.attributes


def test_every_score_is_an_evaluation_event_of_the_trial(sink, tmp_path):
    send(sink, tmp_path)

    known = {item.id: item for item in scores(a_manifest(), TRIAL)}
    assert {event["attributes"][names.SCORE_ID] for event in sink.events} == set(known)
    for event in sink.events:
        score = known[event["attributes"][names.SCORE_ID]]
        assert (event["name"], event["trace_id"]) == ("gen_ai.evaluation.result", score.trace_id)
        assert sink.spans[event["trace_id"], event["span_id"]].parent_id == ""
        assert event["attributes"][names.EVALUATION] == score.name
        assert set(event["attributes"]) <= names.EVENT
    failed = next(event for event in sink.events if event["attributes"][names.EVALUATION] == "contains")
    assert failed["attributes"][names.EVALUATION_SCORE] == 0.0
    assert failed["attributes"][names.EVALUATION_LABEL] == "fail"
    assert failed["attributes"][names.EVALUATION_REASON] == "5 is not 7"


def test_metrics_of_the_run_come_at_its_end(sink, tmp_path):
    send(sink, tmp_path, TRIAL, a_result("passed", job=a_job(index=1)))

    assert set(sink.metrics) == {
        names.CASE_RESULT, names.WORKFLOW_DURATION, names.AGENT_DURATION, names.SUCCESS_RATE, names.COST_USD,
        names.OPERATION_DURATION, names.TOKEN_USAGE, names.TOOL_DURATION, names.SCORE, names.ROUTING_ACCURACY,
        names.EXCESS_RATIO,
    }  # fmt: skip
    assert set(sink.metrics) <= set(UNITS)
    (rate,) = sink.metrics[names.SUCCESS_RATE].gauge.data_points
    assert rate.as_double == 0.5
    (excess,) = sink.metrics[names.EXCESS_RATIO].histogram.data_points
    assert (excess.count, excess.sum) == (1, 0.5)
    used = {
        point.attributes[-1].value.string_value: point.sum
        for point in sink.metrics[names.TOKEN_USAGE].histogram.data_points
    }
    assert used == {"input": 100, "output": 20}
    assert sum(point.as_double for point in sink.metrics[names.CASE_RESULT].sum.data_points) == 2


def test_spans_that_were_lost_are_a_metric_too(sink, tmp_path, monkeypatch):
    route = sink._route
    monkeypatch.setattr(
        sink, "_route", lambda method, path, *rest: (400, {}) if path == "/v1/traces" else route(method, path, *rest)
    )

    delivery = send(sink, tmp_path)

    (point,) = sink.metrics[names.DROPPED].sum.data_points
    assert (point.as_double, delivery.spooled) == (delivery.accepted, delivery.accepted)


def test_scores_go_through_phoenix_s_own_interface_where_wanted(sink, tmp_path):
    delivery = send(sink, tmp_path, scores="phoenix", project="finharness")

    assert delivery.complete
    assert len(sink.annotations) == delivery.scores_accepted == len(scores(a_manifest(), TRIAL))
    contains = next(item for item in sink.annotations.values() if item["name"] == "contains")
    assert contains["result"] == {"label": "fail", "score": 0.0, "explanation": "5 is not 7"}
    assert not sink.events


def test_scores_can_stay(sink, tmp_path):
    delivery = send(sink, tmp_path, scores="none")

    assert (delivery.scores_accepted, sink.events, sink.annotations) == (0, [], {})


def test_a_server_without_logs_keeps_its_spans_and_says_so(sink, tmp_path, monkeypatch):
    route = sink._route
    monkeypatch.setattr(
        sink, "_route", lambda method, path, *rest: (404, {}) if path == "/v1/logs" else route(method, path, *rest)
    )

    delivery = send(sink, tmp_path)

    assert delivery.delivered == delivery.accepted == len(sink.spans)
    assert (delivery.scores_delivered, delivery.reason) == (0, "the server takes no logs (HTTP 404)")


def test_names_and_figures_alone_can_be_sent(sink, tmp_path):
    send(sink, tmp_path, content="metadata")

    said = json.dumps([[span.name, span.message, span.attributes] for span in sink.spans.values()] + sink.events)
    assert not {"ACME", "5 is not 7", "12.5"} & set(said.split('"'))
    assert all(names.INPUT not in span.attributes for span in sink.spans.values())
    assert any(names.INPUT_TOKENS in span.attributes for span in sink.spans.values())


def test_headers_come_from_the_usual_variable(sink, tmp_path, monkeypatch):
    seen = []
    answer = sink.answer
    monkeypatch.setattr(
        sink, "answer", lambda method, path, headers, body: seen.append(headers) or answer(method, path, headers, body)
    )
    environ = sink.otlp_environ() | {"OTEL_EXPORTER_OTLP_HEADERS": "x-key=a%20b,authorization=Bearer%20t"}
    (exporter,) = connect(TelemetrySettings(exporters=("otlp",)), environ, tmp_path)
    exporter.export(a_manifest(), TRIAL)
    exporter.close(10)

    assert (seen[0]["x-key"], seen[0]["authorization"]) == ("a b", "Bearer t")


@pytest.mark.parametrize("url", ["nonsense", "ftp://x", "http://", "http://host:99999999"])
def test_an_address_that_is_none_is_refused(tmp_path, url):
    with pytest.raises(ConfigError, match="not a server's address"):
        connect(TelemetrySettings(exporters=("otlp",), endpoint=url), {}, tmp_path)


@pytest.mark.parametrize("environ", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}])
def test_without_an_address_nothing_is_opened(tmp_path, environ):
    assert connect(TelemetrySettings(exporters=("otlp",)), environ, tmp_path) == ()
