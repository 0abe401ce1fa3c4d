"""`finharness export telemetry`: what was not delivered is sent again, a run's traces are made anew, a file is passed on."""

from __future__ import annotations

import httpx  # noqa: F401 - the first import takes longer than the deadline here
import pytest

from harness.cli import main
from harness.testing.sink import Fault, LangfuseSink

AGENT = "def yes(request, context):\n    return 'yes'\n"
SUITE = "agent: yes\ncases:\n" + "".join(
    f"  - {{id: Y-{n}, input: q, assert: [{{type: contains, value: yes}}]}}\n" for n in range(4)
)


@pytest.fixture
def sink(tmp_path, monkeypatch):
    for name in ("agents", "cases"):
        (tmp_path / name).mkdir()
    (tmp_path / "harness.toml").write_text(
        '[agents.yes]\ntarget = "agents/yes.py:yes"\n[telemetry]\nexporters = ["langfuse"]\ndeadline_s = 2\n'
    )
    (tmp_path / "agents/yes.py").write_text(AGENT)
    (tmp_path / "cases/yes.yaml").write_text(SUITE)
    monkeypatch.chdir(tmp_path)
    with LangfuseSink() as server:
        for name, text in (server.environ() | server.otlp_environ()).items():
            monkeypatch.setenv(name, text)
        yield server


def test_what_was_not_delivered_is_sent_once_and_the_run_is_as_green_as_without(sink, capsys):
    sink.fault = Fault(status=400)
    assert main(["eval"]) == 0
    assert (
        "0 of 12 spans, 0 of 12 scores delivered to langfuse (HTTP 400); 12 spans, 12 scores kept"
        in capsys.readouterr().err
    )

    assert main(["export", "telemetry"]) == 3
    sink.fault = Fault()
    assert main(["export", "telemetry"]) == 0
    assert "12 of 12 spans, 12 of 12 scores delivered to langfuse" in capsys.readouterr().out
    assert (len(sink.spans), len(sink.scores)) == (12, 12)
    assert main(["export", "telemetry"]) == 0
    assert "nothing is waiting" in capsys.readouterr().out


def test_a_stored_run_is_sent_anew_with_the_same_ids(sink, capsys):
    assert main(["eval"]) == 0
    before = (dict(sink.spans), dict(sink.scores))

    assert main(["export", "telemetry", "latest"]) == 0

    assert (sink.spans, sink.scores) == before
    assert "12 of 12 spans" in capsys.readouterr().out


def test_a_file_of_traces_is_passed_on_and_stays(sink, tmp_path, capsys):
    (tmp_path / "harness.toml").write_text(
        '[agents.yes]\ntarget = "agents/yes.py:yes"\n[telemetry]\nexporters = ["jsonl"]\njsonl = "traces.jsonl"\n'
    )
    assert main(["eval"]) == 0
    before = (tmp_path / "traces.jsonl").read_bytes()

    assert main(["export", "telemetry", "traces.jsonl", "--to", "otlp"]) == 0

    assert (len(sink.spans), len(sink.events)) == (12, 12)
    assert (tmp_path / "traces.jsonl").read_bytes() == before
    assert "traces.jsonl: 12 of 12 spans, 12 of 12 scores delivered to otlp" in capsys.readouterr().out


def test_without_credentials_it_says_so_and_keeps_everything(sink, monkeypatch, capsys):
    sink.fault = Fault(status=400)
    main(["eval"])
    monkeypatch.delenv("LANGFUSE_SECRET_KEY")

    assert main(["export", "telemetry"]) == 3
    assert "not sent; its exporter has no address or credentials" in capsys.readouterr().out
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", sink.secret_key)
    sink.fault = Fault()
    assert main(["export", "telemetry"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["telemetry", "nonsense"], "there is no run"),
        (["telemetry", "--deadline", "0"], "0.0 seconds are no time"),
        (["telemetry", "--deadline", "nan"], "nan seconds are no time"),
        (["latest", "other"], "is one too many"),
    ],
)
def test_mistakes_are_named(sink, capsys, words, said):
    main(["eval"])

    assert main(["export", *words]) == 2
    assert said in capsys.readouterr().err


def test_where_nothing_is_configured_that_is_the_remedy(sink, tmp_path, capsys):
    (tmp_path / "harness.toml").write_text('[agents.yes]\ntarget = "agents/yes.py:yes"\n')
    main(["eval"])

    assert main(["export", "telemetry", "latest"]) == 2
    assert "or give --to" in capsys.readouterr().err


def test_the_doctor_knows_what_is_waiting(sink, capsys):
    sink.fault = Fault(status=400)
    main(["eval"])
    sink.fault = Fault()
    main(["doctor"])

    out = capsys.readouterr().out
    assert "1 file of traces to send again: finharness export telemetry" in out
    assert f"langfuse at {sink.url}: version 3.150.0, project test" in out
