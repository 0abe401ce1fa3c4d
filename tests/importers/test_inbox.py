"""Production traces become cases to look at: without personal data, each content once, with what the tools gave."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli import main
from harness.importers.deidentify import Deidentifier, pseudonym
from harness.importers.inbox import drafted, known_ids, write_drafts
from harness.importers.otel.episode import Opinion
from harness.importers.traces import read_otel
from harness.suites import load
from harness.testing.sink import LangfuseSink
from harness.workspace import AgentSettings, Workspace

DATA = Path(__file__).parents[1] / "data"
LIVE = DATA / "otel_spans" / "openai_agents_genai_live_spans.json.gz"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "own.yaml").write_text(
        "agent: recorded\ncases: [{id: a, input: hi, assert: [{contains: x}]}]\n"
    )
    (tmp_path / "harness.toml").write_text('[agents.recorded]\ntarget = "x.py:x"\n')
    (tmp_path / "x.py").write_text("def x(input):\n    return ''\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_trace_becomes_a_case_that_can_be_validated_and_waits_in_the_inbox(workspace, capsys):
    assert main(["import", "otel", str(LIVE)]) == 0

    out = capsys.readouterr().out
    assert "17 spans in 1 traces" in out
    assert "2,123 tokens on model calls (1,870 read, 253 written)" in out
    (suite,) = (workspace / "cases" / "inbox").glob("*.yaml")
    assert main(["validate", str(suite)]) == 0
    settings = {"recorded": AgentSettings(name="recorded", target="x.py:x")}
    (case,) = load(Workspace.at(workspace, agents=settings), [str(suite)])
    assert case.input.startswith("Look up the stock price for AMZN")
    assert (case.tags["review"], case.tags["framework"], case.as_of) == ("needed", "openai-agents", "2026-08-14")
    assert [step.name for step in case.reference.steps][:2] == ["ask_research_specialist", "lookup_stock_price"]
    assert [tool["result"] for tool in case.world["recorded"]["tools"]][1] == "AMZN: $240.98"


def test_no_run_reads_the_inbox_unless_it_is_named(workspace, capsys):
    main(["import", "otel", str(LIVE)])
    capsys.readouterr()

    main(["eval", "--dry-run"])
    assert "1 trials of 1 cases" in capsys.readouterr().out
    main(["eval", "--dry-run", "cases/inbox"])
    assert "prod-" in capsys.readouterr().out


def test_the_same_content_is_drafted_once_wherever_its_case_went(workspace, capsys):
    main(["import", "otel", str(LIVE)])
    (suite,) = (workspace / "cases" / "inbox").glob("*.yaml")
    suite.rename(workspace / "cases" / "reviewed.yaml")
    capsys.readouterr()

    assert main(["import", "otel", str(LIVE)]) == 0

    assert "1 traces have nothing new" in capsys.readouterr().out
    assert not list((workspace / "cases" / "inbox").glob("*.yaml"))
    assert len(known_ids(workspace / "cases")) == 1


def test_a_dry_run_writes_nothing(workspace, capsys):
    assert main(["import", "otel", str(LIVE), "--dry-run"]) == 0

    assert "1 cases would be written; nothing was" in capsys.readouterr().out
    assert not (workspace / "cases" / "inbox").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["otel"], "the file is missing", id="no-file"),
        pytest.param(["otel", "nowhere.json"], "it cannot be read", id="not-there"),
        pytest.param(
            ["otel", str(LIVE), "--cases", "cases/x.yaml"], "production traces go to the inbox", id="straight-in"
        ),
        pytest.param(["otel", str(LIVE), "--only", "failed"], "none of the 1 traces", id="nothing-left"),
        pytest.param(["langfuse"], "there are no credentials of Langfuse", id="no-credentials"),
        pytest.param(["tau2"], "the file is missing", id="others-need-a-file"),
    ],
)
def test_mistakes_are_told_with_a_remedy(workspace, capsys, monkeypatch, arguments, told):
    for name in ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)

    assert main(["import", *arguments]) == 2

    assert told in capsys.readouterr().err


# ---- who it is about


def test_personal_data_goes_and_the_same_value_keeps_its_name():
    clean = Deidentifier(("ann.miller@bank.com",))

    text = clean.text(
        "ann.miller@bank.com wants GB33BUKB20201555555555 paid; call 415-555-2671. Is GB33BUKB20201555555555 right?"
    )
    data = clean.data(
        {
            "iban": "GB33BUKB20201555555555",
            "customer_name": "Ann",
            "account_holder": "Ann Miller",
            "amount": 250.0,
            "user_id": 7,
        }
    )

    assert text == (
        f"{pseudonym('user', 'ann.miller@bank.com')} wants [iban 1] paid; call [phone 1]. Is [iban 1] right?"
    )
    assert data["iban"] == "[iban 1]"
    assert data["account_holder"] == "[account_holder 1]"
    assert (data["amount"], data["user_id"]) == (250.0, "[user_id 1]")


def test_a_long_text_is_cleaned_to_its_end():
    text = Deidentifier().text("x " * 60_000 + "write to joe@example.org")

    assert text.endswith("write to [email 1]")


def test_nothing_personal_reaches_the_files(workspace):
    (episode,) = read_otel(LIVE).episodes
    asked = "I am Ann, ann@bank.com, account number 12345678. What are 1000 AMZN?"
    episode = replace(episode, asked=asked, user="ann@bank.com", session="s-77")

    made = drafted([episode], {"format": "otel", "file": "x"})
    path = write_drafts(made.drafts, workspace / "cases", "x", agent="recorded", about="x")

    written = path.read_text() + next((path.parent / "data").glob("*.json")).read_text()
    for secret in ("ann@bank.com", "12345678", "s-77"):
        assert secret not in written
    assert pseudonym("session", "s-77") in written


# ---- what people thought


def with_opinion(**known):
    (episode,) = read_otel(LIVE).episodes
    return replace(episode, opinions=(Opinion(**known),))


def test_a_correction_by_a_person_is_what_the_case_expects():
    episode = with_opinion(name="fix", value="It is worth $240,980.00.", kind="CORRECTION")

    (draft,) = drafted([episode], {}).drafts

    assert draft.written["reference"]["answer"] == "It is worth $240,980.00."
    assert (
        draft.written["assert"][-1]
        == "The answer says the same as this correction by a person: It is worth $240,980.00."
    )


@pytest.mark.parametrize(("rating", "kept"), [(1.0, True), (0.8, True), (0.6, False), (0.0, False)])
def test_an_answer_is_kept_as_a_reference_where_its_user_liked_it(rating, kept):
    (draft,) = drafted([with_opinion(name="user_satisfaction", value=rating)], {}).drafts

    assert ("answer" in draft.written["reference"]) is kept
    assert draft.written["tags"]["feedback"] == str(rating)


# ---- from the server


def rows(trace, **known):
    base = {
        "traceId": trace,
        "type": "GENERATION",
        "model": "m",
        "startTime": "2026-01-02T03:04:05Z",
        "environment": "production",
    }
    return [
        {**base, "id": f"{trace}-1", "parentObservationId": None, "name": "ask", "input": f"Question {trace}?", "output": "Yes.",
         "usageDetails": {"input": 5, "output": 2}, **known},
        {**base, "id": f"{trace}-2", "parentObservationId": f"{trace}-1", "type": "TOOL", "name": "look", "input": "{}", "output": "1"},
    ]  # fmt: skip


@pytest.mark.parametrize("old", [False, True], ids=["version-3", "version-2"])
def test_traces_are_fetched_page_by_page_with_their_scores(workspace, capsys, monkeypatch, old):
    with LangfuseSink(old=old, page=1) as sink:
        sink.observations = [*rows("a"), *rows("b"), *rows("c", environment="dev")]
        sink.read_scores = [
            {"id": "1", "traceId": "a", "name": "user_satisfaction", "value": 0.2, "dataType": "NUMERIC"}
        ]
        for name, value in sink.environ().items():
            monkeypatch.setenv(name, value)
        assert main(["import", "langfuse", "--since", "7d", "--most", "3"]) == 0

    out = capsys.readouterr().out
    assert "6 spans in 3 traces" in out
    assert "21 tokens on model calls" in out
    (suite,) = (workspace / "cases" / "inbox").glob("*.yaml")
    assert "feedback: '0.2'" in suite.read_text()


def test_only_what_users_disliked(workspace, capsys, monkeypatch):
    with LangfuseSink() as sink:
        sink.observations = [*rows("a"), *rows("b")]
        sink.read_scores = [
            {"id": "1", "traceId": "b", "name": "user_satisfaction", "value": 0.2, "dataType": "NUMERIC"}
        ]
        for name, value in sink.environ().items():
            monkeypatch.setenv(name, value)
        assert main(["import", "langfuse", "--only", "disliked", "--environment", "production"]) == 0

    assert "2 spans in 1 traces" in capsys.readouterr().out


def test_a_server_that_refuses_is_told_with_what_to_check(workspace, capsys, monkeypatch):
    with LangfuseSink() as sink:
        for name, value in {**sink.environ(), "LANGFUSE_SECRET_KEY": "wrong-secret"}.items():
            monkeypatch.setenv(name, value)
        assert main(["import", "langfuse"]) == 3

    assert "they must belong to the project" in capsys.readouterr().err


@pytest.mark.parametrize("since", ["yesterday", "", "5 parsecs"])
def test_a_time_that_is_none(since, workspace, capsys, monkeypatch):
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk")
    monkeypatch.setenv("LANGFUSE_BASE_URL", "http://127.0.0.1:9")

    assert main(["import", "langfuse", "--since", since or "x"]) == 2
    assert "is no time" in capsys.readouterr().err


def test_fixtures_keep_the_ids_of_spans(workspace):
    (draft,) = drafted(read_otel(LIVE).episodes, {"format": "otel"}).drafts

    assert draft.fixtures["tools"][0]["span"] == "1c637e78d6d6ec31"
    assert json.dumps(dict(draft.fixtures))
