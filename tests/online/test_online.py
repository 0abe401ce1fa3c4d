"""Production traces are graded by the usual checks, and scores go back to them, each once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main
from harness.errors import UserError
from harness.importers.traces import read_otel
from harness.model import Case, CheckSpec
from harness.online.feedback import read_feedback
from harness.online.grading import USUAL, checks_of, trial_of
from harness.online.posting import post, scores_of
from harness.store import Store
from harness.telemetry.exporters import langfuse_account
from harness.testing.sink import Fault, LangfuseSink

DATA = Path(__file__).parents[1] / "data"
LIVE = DATA / "otel_spans" / "openai_agents_genai_live_spans.json.gz"
BROKEN = DATA / "otel_spans" / "otel_genai_convention_spans.json.gz"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    (tmp_path / "cases").mkdir()
    (tmp_path / "harness.toml").write_text('[agents.recorded]\ntarget = "x.py:x"\n')
    (tmp_path / "cases" / "rules.yaml").write_text(
        "agent: recorded\ncases:\n- {id: worth, input: any, assert: [{contains: '240,980'}, trajectory:error-free]}\n"
        "- {id: calls, input: any, assert: [{type: trajectory:tool-used, name: lookup_stock_price}, trajectory:error-free]}\n"
    )
    monkeypatch.chdir(tmp_path)
    for name in ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def sink(monkeypatch):
    with LangfuseSink() as server:
        for name, value in server.environ().items():
            monkeypatch.setenv(name, value)
        yield server


def rows(trace, answer):
    base = {
        "traceId": trace,
        "type": "GENERATION",
        "model": "m",
        "startTime": "2026-01-02T03:04:05Z",
        "environment": "production",
    }
    return [
        {
            **base,
            "id": f"{trace}-root",
            "parentObservationId": None,
            "name": "ask",
            "input": "Price of VTI?",
            "output": answer,
        }
    ]


def test_a_file_of_traces_is_graded_by_a_suites_checks_and_kept_as_a_run(workspace, capsys):
    assert main(["score", "--online", str(LIVE), "--checks", "rules"]) == 0

    assert "1 passed" in capsys.readouterr().out
    with Store.open(workspace / ".harness" / "results.db", readonly=True) as store:
        (result,) = store.results(store.run("latest").id, traces=True)
    assert [verdict.check for verdict in result.verdicts] == [
        "contains",
        "trajectory:error-free",
        "trajectory:tool-used",
    ]
    assert result.outcome.trace.usage.total == 2123
    assert result.job.case.tags["framework"] == "openai-agents"


def test_a_tool_that_failed_in_production_fails_the_usual_checks(workspace):
    assert main(["score", "--online", str(BROKEN)]) == 1


def test_an_export_of_langfuse_is_recognised(workspace):
    assert main(["score", "--online", str(DATA / "langfuse_traces" / "koog-2025-08-26.trace.json.gz")]) == 0


def test_scores_are_posted_to_the_traces_they_are_about_and_again_without_a_double(workspace, sink):
    sink.observations = [
        *rows("a" * 32, "It costs $250."),
        *rows("b" * 32, "Ask joe@example.org, account number 12345678."),
    ]

    first = main(["score", "--online", "langfuse", "--since", "7d"])
    once = dict(sink.scores)
    again = main(["score", "--online", "langfuse", "--since", "7d"])

    assert first == again == 1
    assert sink.scores == once
    by_name = {(score["traceId"][0], score["name"]): score for score in once.values()}
    assert by_name["a", "finharness.status"]["value"] == "passed"
    assert (by_name["b", "finance:pii"]["value"], by_name["b", "finance:pii"]["observationId"]) == (
        0,
        f"{'b' * 32}-root",
    )
    assert not any(b"joe@example.org" in body or b"12345678" in body for body in sink.bodies)


def test_keeping_scores_here(workspace, sink):
    sink.observations = rows("a" * 32, "It costs $250.")

    assert main(["score", "--online", "langfuse", "--no-post"]) == 0
    assert not sink.scores


def test_a_file_may_be_posted_too_and_needs_somewhere_to_post_to(workspace, capsys):
    assert main(["score", "--online", str(LIVE), "--post"]) == 2
    assert "there is nowhere to post scores to" in capsys.readouterr().err


def test_scores_that_are_refused_are_said_and_the_run_is_incomplete(workspace, sink, capsys):
    sink.observations = rows("a" * 32, "It costs $250.")
    sink.fault = Fault(reject_scores=2)

    assert main(["score", "--online", "langfuse"]) == 3
    assert "2 scores refused: told to" in capsys.readouterr().out


def test_a_server_that_is_down_loses_no_result(workspace, sink, capsys):
    account = langfuse_account({**sink.environ(), "LANGFUSE_BASE_URL": "http://127.0.0.1:9", "LANGFUSE_TIMEOUT": "0.2"})
    episode = read_otel(LIVE).episodes[0]
    bodies = list(scores_of(episode, result_of(episode)))

    done = post(bodies, account, deadline_s=0.3)

    assert (done.accepted, done.delivered) == (len(bodies), 0)
    assert done.problem


def result_of(episode):
    import asyncio

    from harness.registry import Services
    from harness.score import score

    job, outcome = trial_of(episode, USUAL, "production")
    return asyncio.run(score(job, outcome, Services(root=Path())))


def test_what_is_undecided_has_no_score():
    episode = read_otel(LIVE).episodes[0]
    job, outcome = trial_of(episode, [CheckSpec(type="ttft", params={"max_ms": 5})], "production")
    import asyncio

    from harness.registry import Services
    from harness.score import score

    names = [body["name"] for body in scores_of(episode, asyncio.run(score(job, outcome, Services(root=Path()))))]

    assert names == ["finharness.status"]


def test_suites_together_ask_each_thing_once():
    spec, other = CheckSpec(type="contains", params={"value": "a"}), CheckSpec(type="contains", params={"value": "b"})

    assert checks_of([Case(id="1", checks=(spec,)), Case(id="2", checks=(spec, other))]) == (spec, other)


# ---- what users thought


def written(tmp_path, *lines):
    file = tmp_path / "feedback.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines))
    return file


@pytest.mark.parametrize(
    ("said", "value"),
    [
        pytest.param({"rating": 5}, 1.0, id="best"),
        pytest.param({"rating": 4}, 0.8, id="good"),
        pytest.param({"rating": 1}, 0.2, id="worst"),
        pytest.param({"rating": 2.5}, 0.5, id="half"),
        pytest.param({"thumbs": "up"}, 1.0, id="thumb-up"),
        pytest.param({"thumbs": "👎"}, 0.0, id="thumb-down"),
        pytest.param({"helpful": True}, 1.0, id="helpful"),
    ],
)
def test_a_rating_is_a_fifth_and_a_thumb_is_one_or_nothing(tmp_path, said, value):
    (score,) = read_feedback(written(tmp_path, {"trace_id": "t", **said}))

    assert (score["name"], score["value"], score["traceId"], score["metadata"]) == (
        "user_satisfaction",
        value,
        "t",
        {"source": "user"},
    )


def test_a_job_is_a_session_and_comments_are_masked(workspace, sink, tmp_path, capsys):
    file = written(
        tmp_path,
        {"job_id": "job-7", "rating": 2, "comment": "Call me: 415-555-2671, ann@bank.com, GB33BUKB20201555555555"},
        {"trace_id": "t" * 32, "thumbs": "up"},
    )

    assert main(["score", "--feedback", str(file)]) == 0
    assert main(["score", "--feedback", str(file)]) == 0

    assert "2 of 2 pieces of feedback posted" in capsys.readouterr().out
    (session,) = [score for score in sink.scores.values() if "sessionId" in score]
    assert (session["sessionId"], session["value"]) == ("job-7", 0.4)
    assert session["comment"] == "Call me: [phone 1], [email 1], [iban 1]"
    assert len(sink.scores) == 2


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param([{"trace_id": "t", "rating": 6}], "line 1.rating: 6 is no rating", id="too-good"),
        pytest.param([{"trace_id": "t", "rating": 0}], "0 is no rating", id="nought"),
        pytest.param([{"trace_id": "t", "rating": "4"}], "expected a number", id="text"),
        pytest.param([{"rating": 4}], "does not say what it is about", id="about-nothing"),
        pytest.param([{"trace_id": "t"}], "no `rating`", id="no-rating"),
        pytest.param([], "there is no feedback in it", id="empty"),
    ],
)
def test_what_is_no_feedback_is_told_with_its_line(tmp_path, lines, told):
    with pytest.raises(UserError) as caught:
        read_feedback(written(tmp_path, *lines))

    assert told in str(caught.value)


def test_every_wrong_line_is_told_at_once(tmp_path):
    with pytest.raises(UserError) as caught:
        read_feedback(written(tmp_path, {"trace_id": "t", "rating": 9}, {"trace_id": "t", "rating": 3}, {"rating": 1}))

    assert "line 1" in str(caught.value)
    assert "line 3" in str(caught.value)
