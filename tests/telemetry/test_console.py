from __future__ import annotations

import io

from builders import a_call, a_manifest, a_model_call, a_result, a_verdict, an_outcome

from harness.telemetry import Redactor
from harness.telemetry.console import ConsoleExporter

STEPS = [a_model_call(t0=0, t1=0.25), a_call("get_price", error="\x1b[31mno such symbol", t0=0.25, t1=0.5)]


def written(trial):
    stream = io.StringIO()
    exporter = ConsoleExporter(Redactor({}), stream)
    exporter.export(a_manifest(), trial)
    return stream.getvalue(), exporter.close(1)


def test_a_trial_is_shown_as_a_tree():
    trial = a_result(
        "failed",
        outcome=an_outcome(steps=STEPS, duration_s=0.5),
        verdicts=(a_verdict(False, check="number", reason="5 is not 7"),),
    )

    text, delivery = written(trial)

    assert text.splitlines() == [
        "✗ invoke_workflow C-01  #0 failed 0.500 s $0.0010",
        "├─ invoke_agent adviser  0.500 s 100→20 tokens",
        "│  ├─ chat offline  0.250 s 100→20 tokens $0.0010",
        "│  └─ execute_tool get_price  0.250 s error: \\u001b[31mno such symbol",
        "└─ evaluate number  failed: 5 is not 7",
    ]
    assert delivery.complete


def test_a_very_deep_trace_is_cut_instead_of_breaking():
    chain = [a_call("f", id=f"c{n}", parent=f"c{n - 1}") for n in range(2000)]

    text, _ = written(a_result(outcome=an_outcome(steps=chain)))

    assert "deeper spans left out" in text


def test_a_closed_stream_is_counted_and_not_complained_about():
    stream = io.StringIO()
    stream.close()
    exporter = ConsoleExporter(Redactor({}), stream)

    exporter.export(a_manifest(), a_result())
    delivery = exporter.close(1)

    assert (delivery.accepted, delivery.delivered, delivery.failed) == (3, 0, 3)
    assert "closed file" in delivery.reason
