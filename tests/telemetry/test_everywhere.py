"""Every exporter tells the same of a trial: the same spans, parents, times and names, wherever they go."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import a_call, a_manifest, a_model_call, a_result, an_outcome

from harness.audit import trial_entries
from harness.telemetry import connect, spans
from harness.telemetry.spool import read
from harness.testing.sink import LangfuseSink
from harness.workspace import TelemetrySettings

STEPS = [
    a_model_call("claude", t1=0.5),
    a_call("invoke_reporter", {}, "done", id="c1", agent="planner", t0=0.5, t1=1.0),
    a_model_call("claude", agent="reporter", parent="c1", t0=0.6, t1=0.9),
]
TRIAL = a_result(outcome=an_outcome("yes", steps=STEPS, duration_s=2.0))


def told(items) -> set[tuple[str, str, str, str, int]]:
    """What makes a span itself."""
    return {(span.trace_id, span.span_id, span.parent_id or "", span.name, span.start_ns) for span in items}


def arrived(name: str, root: Path) -> set[tuple[str, str, str, str, int]]:
    """What an exporter has delivered."""
    with LangfuseSink() as sink:
        environ = {**sink.environ(), **sink.otlp_environ()}
        (exporter,) = connect(TelemetrySettings(exporters=(name,), jsonl="spans.jsonl"), environ, root)
        exporter.export(a_manifest(), TRIAL)
        assert exporter.close(10).complete
        if name == "jsonl":
            return told(span for parcel in read(root / "spans.jsonl").parcels for span in parcel.spans)
        return told(sink.spans.values())


@pytest.mark.parametrize("name", ["jsonl", "langfuse", "otlp"])
def test_the_same_spans_reach_every_place(name: str, tmp_path: Path) -> None:
    assert arrived(name, tmp_path) == told(spans(a_manifest(), TRIAL))


def test_the_console_shows_as_many(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (exporter,) = connect(TelemetrySettings(exporters=("console",)), {}, tmp_path)
    exporter.export(a_manifest(), TRIAL)
    exporter.close(5)

    shown = capsys.readouterr().err
    assert all(span.name in shown for span in spans(a_manifest(), TRIAL))


def test_the_audit_log_names_spans_that_exist() -> None:
    known = {span.span_id for span in spans(a_manifest(), TRIAL)}

    assert {entry["span_id"] for entry in trial_entries(a_manifest(), TRIAL)} <= known
