import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import Case, Check, Event, Finding, Subject, assertion, evaluate, evaluate_async, expect
from harness.errors import SuiteError, UserError
from harness.registry import replaced

ANSWER = "Your portfolio is worth $20,198.00."


@pytest.fixture(autouse=True)
def own_registry() -> Iterator[None]:
    before = replaced(None)
    yield
    replaced(before)


def agent(question: str) -> str:
    return ANSWER


def a_case(*checks: Any, **fields: Any) -> Case:
    return Case(**{"id": "total", "input": "What is it worth?", "checks": checks, **fields})


def test_the_public_names_are_these() -> None:
    assert set(harness.__all__) == {
        "AgentReply", "Case", "Check", "CheckSpec", "Context", "Evaluation", "Event", "Evidence", "Finding", "HarnessError",
        "Outcome", "Reference", "Request", "Result", "Services", "Step", "Subject", "Trace", "Turn", "Verdict", "assertion",
        "evaluate", "evaluate_async", "expect",
    }  # fmt: skip
    assert all(getattr(harness, name) is not None for name in harness.__all__)


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="evaluat_"):
        harness.evaluat_  # noqa: B018


def test_a_function_is_evaluated_in_this_process() -> None:
    evaluation = evaluate(agent, [a_case(expect("number", value="$20,198.00"))], repeat=3)

    assert evaluation.passed
    assert [result.status for result in evaluation.results] == ["passed"] * 3


def test_a_failure_is_explained_in_the_report() -> None:
    evaluation = evaluate(agent, [a_case(expect("contains", value="guarantee"))])

    assert not evaluation.passed
    assert "guarantee" in evaluation.report()
    assert "total" in str(evaluation)


def test_every_form_of_agent_is_taken() -> None:
    async def usual(request: Any, context: Any) -> dict[str, str]:
        return {"text": ANSWER}

    async def streaming(request: Any, context: Any) -> Any:
        yield Event(0.0, "text_delta", {"text": ANSWER})

    class Conversation:
        def start(self, request: Any, context: Any) -> None: ...

        def step(self, request: Any) -> str:
            return ANSWER

        def close(self) -> None: ...

    for form in (usual, streaming, Conversation):
        assert evaluate(form, [a_case(expect("contains", value="$20,198.00"))]).passed


def test_an_agent_that_raises_fails_and_the_others_go_on() -> None:
    def moody(question: str) -> str:
        if question == "boom":
            raise RuntimeError("no portfolio")
        return ANSWER

    check = expect("contains", value="worth")
    evaluation = evaluate(moody, [a_case(check, id="bad", input="boom"), a_case(check, id="good")])

    assert [result.status for result in evaluation.results] == ["failed", "passed"]
    assert "no portfolio" in evaluation.report()


def test_it_works_inside_a_running_event_loop() -> None:
    async def notebook() -> bool:
        return evaluate(agent, [a_case(expect("contains", value="worth"))]).passed

    assert asyncio.run(notebook())


def test_the_coroutine_can_be_awaited() -> None:
    evaluation = asyncio.run(evaluate_async(agent, [a_case(expect("contains", value="worth"))]))

    assert evaluation.passed


def test_a_check_of_ones_own_is_a_class_with_parameters() -> None:
    @assertion("max-words")
    class MaxWords(Check):
        """The answer has at most `limit` words."""

        limit: int
        """Most words allowed."""

        def conclude(self, subject: Subject) -> Finding:
            used = len(subject.text.split())
            return self.finding(used <= self.limit, f"{used} of {self.limit} words")

    assert evaluate(agent, [a_case(expect("max-words", limit=5))]).passed
    assert not evaluate(agent, [a_case(expect("max-words", limit=4))]).passed
    with pytest.raises(SuiteError, match="did you mean 'limit'"):
        expect("max-words", limt=3)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (True, "passed"),
        (False, "failed"),
        ((False, "because"), "failed"),
        (1.0, "passed"),
        (0.5, "failed"),
        (Finding(None, "who knows"), "undecided"),
        ("yes", "undecided"),
    ],
)
def test_a_check_of_ones_own_may_be_a_function(answer: Any, status: str) -> None:
    @assertion("mine")
    def mine(subject: Subject) -> Any:
        return answer

    assert evaluate(agent, [a_case(expect("mine"))]).results[0].status == status


def test_an_async_function_is_awaited() -> None:
    @assertion("slow")
    async def slow(subject: Subject) -> tuple[bool, str]:
        return subject.text == ANSWER, "the answer is the known one"

    assert evaluate(agent, [a_case(expect("slow"))]).passed


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        pytest.param([], "there are no cases", id="none"),
        pytest.param([Case(id="x", input="y")], "asserts nothing", id="vacuous"),
        pytest.param([a_case(expect("contains", value="x"))] * 2, "two cases have the id 'total'", id="twice"),
    ],
)
def test_cases_that_cannot_conclude_are_refused(cases: list[Case], message: str) -> None:
    with pytest.raises(UserError, match=message):
        evaluate(agent, cases)


def test_an_unknown_check_is_refused_where_it_is_written() -> None:
    with pytest.raises(SuiteError, match="did you mean 'contains'"):
        expect("contans", value="x")


def test_a_named_agent_runs_in_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "who.py").write_text("import os\ndef who(question): return str(os.getpid())\n")
    (tmp_path / "harness.toml").write_text("[agents.who]\ntarget = 'who.py:who'\n")
    monkeypatch.chdir(tmp_path)

    evaluation = evaluate("who", [a_case(expect("regex", value=r"\d+"))])

    assert evaluation.passed
    assert evaluation.results[0].outcome.trace.answer != str(__import__("os").getpid())


SPENDER = """
from harness.llm import Message, ModelReply, ModelRequest

def policy(request, *, seed, noise):
    return ModelReply(text="yes " * 400)

async def spender(request, context):
    return (await context.model.complete(ModelRequest(messages=(Message("user", "?"),), max_tokens=900))).text
"""


def test_budget_of_the_settings_holds_for_a_named_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(SPENDER)
    (tmp_path / "harness.toml").write_text(
        "[run]\nbudget_tokens = 2500\n[agents.mine]\ntarget = 'mine.py:spender'\nmodel = 'offline'\npolicy = 'mine.py:policy'\n"
    )
    monkeypatch.chdir(tmp_path)
    cases = [Case(id=f"c{number}", input="?", checks=(expect("contains", value="yes"),)) for number in range(8)]

    evaluation = evaluate("mine", cases, concurrency=1)

    passed = [result for result in evaluation.results if result.status == "passed"]
    assert 1 <= len(passed) <= 5, evaluation.report()
    assert any(
        "budget" in (result.outcome.error.message if result.outcome.error else "") for result in evaluation.results
    )


def test_importing_the_package_is_cheap() -> None:
    code = "import sys, harness; from harness import Case, evaluate; print([m for m in ('pydantic', 'yaml', 'rich', 'numpy') if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
