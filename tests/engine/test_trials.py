"""What well-behaved agents get and what is recorded of them, on real workers."""

from __future__ import annotations

import pytest
from arena_runner import ARENA, agents, run_on_workers, trial

from harness.model import Budget, Outcome, Turn
from harness.workspace import Workspace


@pytest.fixture(scope="module")
def ended() -> dict[str, Outcome]:
    jobs = [trial(name, name=name) for name in ("echo", "plain", "chatty", "loud", "stream", "rich")]
    jobs += [
        trial("Counter", name="talk", turns=tuple(Turn(input=said) for said in ("one", "two", "three"))),
        trial("asks", name="asked", world={"approvals": ["yes"]}),
        trial("where", name="where", limit_s=9, as_of="2026-03-31"),
        trial("trader", name="traded", world={"cash": 100}),
        trial("trader", "crash", name="crashed", world={"cash": 100}),
        trial("trader", name="no world", world={"broken": True}),
        trial("spender", name="steps", budget=Budget(steps=7)),
        trial("spender", name="tools", budget=Budget(tool_calls=3)),
        trial("spender", name="tokens", budget=Budget(tokens=45)),
        trial("spender", name="usd", budget=Budget(usd=0.02)),
        trial("spender", name="within", budget=Budget(steps=200, tool_calls=100, tokens=1500, usd=1.0)),
        trial("stubborn_spender", name="stubborn", budget=Budget(tool_calls=2)),
    ]
    return run_on_workers(jobs)


def test_text_is_the_answer(ended: dict[str, Outcome]) -> None:
    assert ended["echo"].status == "completed"
    assert ended["echo"].trace.answer == "you said hello"


def test_plain_functions_run_in_their_own_thread(ended: dict[str, Outcome]) -> None:
    assert ended["plain"].trace.structured == {"said": "hello", "thread": "agent"}
    assert ended["plain"].trace.answer == '{"said": "hello", "thread": "agent"}'


def test_printing_is_caught_per_trial(ended: dict[str, Outcome]) -> None:
    assert ended["chatty"].stdout == "to stdout hello\nto stderr\n"
    assert ended["echo"].stdout == ""


def test_much_printing_is_cut_in_the_middle(ended: dict[str, Outcome]) -> None:
    assert len(ended["loud"].stdout) < 66_000
    assert "[5934524 characters left out]" in ended["loud"].stdout


def test_streams_have_a_time_to_first_text(ended: dict[str, Outcome]) -> None:
    assert ended["stream"].trace.answer == "one two"
    assert ended["stream"].trace.ttft_s is not None


def test_rich_replies_carry_data_and_artifacts(ended: dict[str, Outcome]) -> None:
    trace = ended["rich"].trace

    assert (trace.answer, trace.structured, trace.artifacts) == ("text", {"total": 3}, {"ledger": {"cash": 10}})


def test_turns_run_in_sequence_with_their_history(ended: dict[str, Outcome]) -> None:
    trace = ended["talk"].trace

    assert [turn.answer for turn in trace.turns] == [
        "turn 0: 0 before, 1 said",
        "turn 1: 1 before, 2 said",
        "turn 2: 2 before, 3 said",
    ]
    assert trace.artifacts == {"said": ["one", "two", "three"]}


def test_questions_are_answered_from_the_script_and_else_denied(ended: dict[str, Outcome]) -> None:
    trace = ended["asked"].trace

    assert trace.structured["answers"] == ["yes", {"approved": False, "reason": "nobody approved it"}]
    assert [item["question"] for item in trace.interrupts] == ["May I buy?", "And sell?"]


def test_clock_stands_at_the_date_of_the_case(ended: dict[str, Outcome]) -> None:
    assert ended["where"].trace.structured["now"] == "2026-03-31T00:00:00+00:00"
    assert 8 < ended["where"].trace.structured["limit"] <= 9


def test_end_state_of_the_world_is_recorded_even_after_a_crash(ended: dict[str, Outcome]) -> None:
    assert ended["traded"].trace.artifacts == {"ledger": {"cash": 90}}
    assert ended["crashed"].status == "agent_failed"
    assert ended["crashed"].trace.artifacts == {"ledger": {"cash": 90}}


def test_world_that_cannot_be_opened_is_no_fault_of_the_agent(ended: dict[str, Outcome]) -> None:
    assert ended["no world"].status == "infrastructure_failed"
    assert ended["no world"].error is not None
    assert "no such portfolio" in ended["no world"].error.message


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("steps", "steps", "used 8 steps, more than its budget of 7"),
        ("tools", "tool_calls", "used 4 tool calls, more than its budget of 3"),
        ("tokens", "tokens", "used 60 tokens, more than its budget of 45"),
        ("usd", "usd", "used 0.03 US dollars, more than its budget of 0.02"),
        ("stubborn", "tool_calls", "used 3 tool calls, more than its budget of 2"),
    ],
)
def test_budgets_end_a_trial(ended: dict[str, Outcome], name: str, kind: str, message: str) -> None:
    outcome = ended[name]

    assert outcome.status == "over_budget"
    assert outcome.error is not None
    assert (outcome.error.type, outcome.error.message) == (kind, message)


def test_exactly_the_budget_is_within_it(ended: dict[str, Outcome]) -> None:
    assert ended["within"].status == "completed"


@pytest.fixture(scope="module")
def faults() -> dict[str, Outcome]:
    kinds = ("rate_limit", "overloaded", "timeout", "connection", "bad_request", "refusal", "context_length")
    jobs = [trial("provider", kind, name=kind) for kind in kinds]
    return run_on_workers([*jobs, trial("wraps_provider", name="wrapped"), trial("modelless", name="no model")])


@pytest.mark.parametrize("kind", ["rate_limit", "overloaded", "timeout", "connection"])
def test_providers_fault_is_not_the_agents(faults: dict[str, Outcome], kind: str) -> None:
    assert faults[kind].status == "infrastructure_failed"
    assert faults[kind].error is not None
    assert faults[kind].error.type == kind


@pytest.mark.parametrize("kind", ["bad_request", "refusal", "context_length"])
def test_what_the_agent_sent_is_its_own_fault(faults: dict[str, Outcome], kind: str) -> None:
    assert faults[kind].status == "agent_failed"


def test_providers_fault_stays_one_when_the_agent_wraps_it(faults: dict[str, Outcome]) -> None:
    assert faults["wrapped"].status == "infrastructure_failed"


def test_missing_model_is_a_matter_of_settings(faults: dict[str, Outcome]) -> None:
    assert faults["no model"].status == "infrastructure_failed"
    assert faults["no model"].error is not None
    assert "harness.toml" in faults["no model"].error.message


def test_workers_see_neither_secrets_nor_the_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SECRET", "canary-1")
    monkeypatch.setenv("FINHARNESS_STORE", "canary-2")

    seen = run_on_workers([trial("where", name="where")])["where"].trace.structured

    assert "canary" not in str(seen["environ"])
    assert "canary" not in seen["initial"]
    assert str(ARENA) not in seen["cwd"]


def test_variables_that_an_agent_names_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    monkeypatch.setenv("MY_KEY", "wanted")
    given = agents()
    workspace = Workspace.at(ARENA, agents=given | {"where": replace(given["where"], env=("MY_KEY",))})

    seen = run_on_workers([trial("where", name="where")], workspace=workspace)["where"].trace.structured

    assert seen["environ"]["MY_KEY"] == "wanted"


def test_blocking_that_ends_is_a_warning_and_costs_nobody_else_time() -> None:
    warnings: list[str] = []
    jobs = [trial("brief_block", name="blocker", limit_s=5)]
    jobs += [trial("nap", 0.3, name=f"neighbour-{number}", limit_s=0.8) for number in range(3)]

    ended = run_on_workers(jobs, warnings=warnings)

    assert {outcome.status for outcome in ended.values()} == {"completed"}
    assert any("blocked the event loop in time.sleep at good.py:" in warning for warning in warnings)


@pytest.mark.parametrize("isolation", ["process", "none"])
def test_every_isolation_gives_the_same_answers(isolation: str) -> None:
    jobs = [trial("echo", number, name=f"echo-{number}") for number in range(4)]
    jobs += [trial("plain", name="plain"), trial("chatty", name="chatty"), trial("stream", name="stream")]

    ended = run_on_workers(jobs, isolation=isolation, concurrency=3)

    assert {outcome.status for outcome in ended.values()} == {"completed"}
    assert [ended[f"echo-{number}"].trace.answer for number in range(4)] == [f"you said {n}" for n in range(4)]
    assert ended["chatty"].stdout == "to stdout hello\nto stderr\n"


def test_concurrency_is_bounded() -> None:
    jobs = [trial("nap", 0.1, name=f"nap-{number}") for number in range(12)]

    ended = run_on_workers(jobs, concurrency=3, workers=2)

    assert len(ended) == 12
    assert max(outcome.attempts for outcome in ended.values()) == 1
