"""Whatever the other side does: the run ends in time, says what arrived, and what did not can be sent again, once."""

from __future__ import annotations

import time

import httpx  # noqa: F401 - the first import takes longer than some deadlines here
import pytest
from builders import a_call, a_job, a_manifest, a_model_call, a_result, an_outcome

from harness.telemetry import close_all, connect, describe, names
from harness.telemetry.resend import exporter_of, resend, waiting
from harness.testing.sink import Fault, LangfuseSink
from harness.workspace import TelemetrySettings

TRIALS, SPANS, SCORES = 30, 150, 90
FAULTS = {
    "blackhole": Fault(blackhole=True),
    "slow": Fault(delay_s=30),
    "400": Fault(status=400),
    "401": Fault(status=401),
    "413": Fault(status=413),
    "429": Fault(status=429),
    "429 for a minute": Fault(status=429, retry_after="60"),
    "500": Fault(status=500),
    "503": Fault(status=503),
}
BOTH = pytest.mark.parametrize("name", ["langfuse", "otlp"])


@pytest.fixture
def sink(tmp_path):
    with LangfuseSink() as server:
        server.root = tmp_path
        yield server


def trials(number=TRIALS):
    steps = [a_model_call("claude"), a_call("get_price", {"symbol": "ACME"}, 12.5)]
    return [a_result(job=a_job(index=index), outcome=an_outcome("yes", steps=steps)) for index in range(number)]


def environ(sink):
    return sink.environ() | sink.otlp_environ()


def run(sink, *names, deadline=1.0, results=None, run="20261121-100000-0001"):
    exporters = connect(TelemetrySettings(exporters=names), environ(sink), sink.root)
    for result in results or trials():
        for exporter in exporters:
            exporter.export(a_manifest(run), result)
    started = time.monotonic()
    found = close_all(exporters, deadline)
    return found, time.monotonic() - started


def resent(sink, deadline=20):
    settings = TelemetrySettings()
    return [
        resend(path, exporter_of(path), settings, environ(sink), deadline_s=deadline) for path in waiting(sink.root)
    ]


@BOTH
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_the_end_comes_in_time_and_everything_arrives_later_once(sink, name, fault):
    sink.fault = fault
    (delivery,), took = run(sink, name)

    assert took < 1.0 + 1.0
    assert (delivery.accepted, delivery.delivered, delivery.spooled) == (SPANS, 0, SPANS)
    assert (delivery.scores_accepted, delivery.scores_spooled) == (SCORES, SCORES)
    assert delivery.reason

    sink.fault = Fault()
    sink.spans.clear()
    (again,) = resent(sink)
    assert again.delivery.complete
    assert len(sink.spans) == SPANS
    assert len({*sink.scores, *(event["attributes"][names.SCORE_ID] for event in sink.events)}) == SCORES
    assert waiting(sink.root) == ()


def test_two_dead_servers_take_no_longer_than_one(sink):
    sink.fault = Fault(blackhole=True)

    deliveries, took = run(sink, "langfuse", "otlp", deadline=3.0)

    assert took < 3.0 + 1.0
    assert [item.spooled for item in deliveries] == [SPANS, SPANS]


def test_what_came_late_is_not_there_twice(sink):
    sink.fault = Fault(delay_s=1.2)  # the server takes them after the run has given up
    run(sink, "langfuse")
    sink.fault = Fault()
    resent(sink)

    assert (len(sink.spans), len(sink.scores)) == (SPANS, SCORES)


def test_a_server_that_fails_in_the_middle_leaves_only_the_rest(sink):
    results = trials(60)
    exporters = connect(TelemetrySettings(exporters=("langfuse",)), environ(sink), sink.root)
    for number, result in enumerate(results):
        exporters[0].export(a_manifest(), result)
        if number == 19:
            wait_for(lambda: len(sink.scores) == 60)
            sink.fault = Fault(status=400)
    (delivery,) = close_all(exporters, 5)

    assert (delivery.delivered, delivery.accepted, delivery.spooled) == (100, 300, 200)
    assert describe([delivery]) == (
        (
            "telemetry: 100 of 300 spans, 60 of 180 scores delivered to langfuse (HTTP 400); 200 spans, 120 scores kept,"
            " send them with: finharness export telemetry"
        ),
    )


def test_rejected_scores_alone_are_kept(sink):
    sink.fault = Fault(reject_scores=2)
    (delivery,), _ = run(sink, "langfuse", results=trials(1), deadline=5)

    assert (delivery.spooled, delivery.scores_spooled, delivery.scores_delivered) == (0, 2, 1)
    sink.fault = Fault()
    (again,) = resent(sink)
    assert (again.delivery.accepted, again.delivery.scores_delivered) == (0, 2)
    assert len(sink.scores) == 3


def test_a_resend_that_fails_keeps_everything(sink):
    sink.fault = Fault(status=503)
    run(sink, "langfuse")
    sink.fault = Fault(status=400)

    (again,) = resent(sink, deadline=2)

    assert not again.delivery.complete
    sink.fault = Fault()
    (last,) = resent(sink)
    assert last.delivery.delivered == SPANS


def test_a_truncated_file_loses_its_last_line_only(sink):
    sink.fault = Fault(status=400)
    run(sink, "langfuse", results=trials(2))
    (path,) = waiting(sink.root)
    path.write_bytes(path.read_bytes()[:-40])

    sink.fault = Fault()
    (again,) = resent(sink)

    assert again.broken == 1
    assert (len(sink.spans), len(sink.scores)) == (10, 3)
    assert waiting(sink.root) == ()
    assert path.with_suffix(".jsonl.broken").exists()


@pytest.mark.parametrize(
    "line", ["nonsense", "[]", '{"resourceSpans": []}', '{"resourceSpans": 7}', '{"a": 1}', "{" * 5000]
)
def test_lines_that_are_none_are_put_aside(sink, line):
    folder = sink.root / ".harness/telemetry/undelivered"
    folder.mkdir(parents=True)
    (folder / "langfuse-x.jsonl").write_text(f"{line}\n")

    (again,) = resent(sink)

    assert (again.broken, again.delivery.accepted) == (1, 0)


def test_a_spool_that_cannot_be_written_is_said(sink):
    (sink.root / ".harness").write_text("a file where a folder should be")
    sink.fault = Fault(status=400)

    (delivery,), _ = run(sink, "langfuse", results=trials(2))

    assert (delivery.spooled, delivery.failed) == (0, 10)
    assert delivery.reason == "HTTP 400"


def test_two_runs_at_once_keep_theirs_apart(sink):
    sink.fault = Fault(status=400)
    run(sink, "otlp", run="run-a", results=trials(2))
    run(sink, "otlp", run="run-b", results=trials(3))

    assert [path.name for path in waiting(sink.root)] == ["otlp-run-a.jsonl", "otlp-run-b.jsonl"]
    sink.fault = Fault()
    assert [item.delivery.delivered for item in resent(sink)] == [10, 15]


def test_a_burst_loses_nothing(sink):
    results = trials(400)

    (delivery,), _ = run(sink, "otlp", results=results, deadline=60)

    assert delivery.complete
    assert (delivery.accepted, len(sink.spans)) == (2000, 2000)


def wait_for(condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    assert condition()
