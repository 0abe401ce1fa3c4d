from __future__ import annotations

import json
import stat

from builders import a_job, a_manifest, a_result, an_outcome
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from harness.telemetry import connect
from harness.workspace import TelemetrySettings


def export(root, *trials, environ=None, **settings):
    (exporter,) = connect(TelemetrySettings(exporters=("jsonl",), **settings), environ or {}, root)
    for trial in trials:
        exporter.export(a_manifest(), trial)
    return exporter.close(5)


def test_each_trial_is_a_document_of_spans_and_one_of_events_and_the_run_ends_with_its_metrics(tmp_path):
    delivery = export(tmp_path, *(a_result(job=a_job(index=index)) for index in range(3)))

    file = tmp_path / ".harness/telemetry/20261121-100000-0001.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert delivery.complete
    assert (delivery.accepted, delivery.scores_accepted) == (9, 9)
    assert [*(next(iter(line)) for line in lines)] == ["resourceSpans", "resourceLogs"] * 3 + ["resourceMetrics"]
    kinds = {
        "resourceSpans": ExportTraceServiceRequest,
        "resourceLogs": ExportLogsServiceRequest,
        "resourceMetrics": ExportMetricsServiceRequest,
    }
    for line in lines:
        ParseDict(line, kinds[next(iter(line))]())  # raises for a key that OTLP does not know


def test_the_file_is_for_the_owner_only(tmp_path):
    export(tmp_path, a_result(), jsonl="traces.jsonl")

    assert stat.S_IMODE((tmp_path / "traces.jsonl").stat().st_mode) == 0o600


def test_a_secret_does_not_reach_the_file(tmp_path):
    trial = a_result(outcome=an_outcome('the key is "pa55word-pa55word"', stdout="x"))

    export(tmp_path, trial, environ={"DB_PASSWORD": "pa55word-pa55word"}, jsonl="t.jsonl")

    assert "pa55word-" not in (tmp_path / "t.jsonl").read_text()
    assert "[DB_PASSWORD]" in (tmp_path / "t.jsonl").read_text()


def test_a_place_that_cannot_be_written_to_is_accounted_for(tmp_path):
    (tmp_path / "file").write_text("")

    delivery = export(tmp_path, a_result(), jsonl="file/t.jsonl")

    assert (delivery.delivered, delivery.failed) == (0, 3)
    assert "file" in delivery.reason


def test_lone_surrogates_are_written_as_escapes(tmp_path):
    delivery = export(tmp_path, a_result(outcome=an_outcome("\ud800")), jsonl="t.jsonl")

    assert delivery.complete
    assert "\\ud800" in (tmp_path / "t.jsonl").read_text()
