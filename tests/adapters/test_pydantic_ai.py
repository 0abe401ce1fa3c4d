"""A PydanticAI agent, on a local server that speaks OpenAI's protocol."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conformance import ABILITIES, Conformance, Foreign, run
from model_policy import answer

from harness.errors import AgentError, MissingExtra
from harness.testing import ModelServer
from harness.workspace import AgentSettings, adapter_module, own_settings

pytest.importorskip("pydantic_ai")
WRITTEN = Path(__file__).parent / "foreign" / "pydantic_adviser.py"
KEYS = ("OPENAI_API_KEY", "OPENAI_BASE_URL")


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Foreign]:
    shutil.copy(WRITTEN, tmp_path)
    settings = AgentSettings(name="mine", adapter="pydantic-ai", target="pydantic_adviser.py:adviser", env=KEYS)
    with ModelServer(answer) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        yield Foreign(settings, tmp_path, ABILITIES - {"structured"})


class TestPydanticAI(Conformance):
    def test_it_says_where_its_agent_is(self, foreign: Foreign) -> None:
        assert own_settings(foreign.settings).effects == "none"

    def test_silence_is_no_answer(self, foreign: Foreign) -> None:  # PydanticAI itself takes it for a failure
        ended = run(foreign, "silent")

        assert (ended.status, ended.kind) == ("agent_failed", "UnexpectedModelBehavior")


@pytest.mark.parametrize(
    ("script", "said", "result", "error"),
    [
        pytest.param(["yes"], "Done: bought VTI for $500.", "bought VTI for $500", None, id="approved"),
        pytest.param([{"approved": False, "reason": "too dear"}], "Done: too dear.", None, "too dear", id="rejected"),
        pytest.param([], "Done: nobody approved it.", None, "nobody approved it", id="nobody-asked"),
    ],
)
def test_what_needs_approval_is_answered_by_the_cases_script(
    foreign: Foreign, script: list[object], said: str, result: str | None, error: str | None
) -> None:
    ended = run(foreign, "buy VTI", approvals=script)

    assert (ended.status, ended.trace.answer) == ("completed", said)
    (call,) = ended.trace.tools
    assert (call.name, dict(call.args), call.result, call.error) == (
        "buy",
        {"symbol": "VTI", "usd": 500},
        result,
        error,
    )
    assert [item["question"] for item in ended.trace.interrupts] == ["May buy be called?"]
    assert len(ended.trace.models) == 2


def test_typed_output_is_data(foreign: Foreign) -> None:
    typed = replace(foreign, settings=replace(foreign.settings, settings={"data": True}))

    assert run(typed, "typed").trace.structured == {"VTI": 60, "BND": 40}


def test_dependencies_are_made_of_our_context(foreign: Foreign) -> None:
    (foreign.root / "deep.py").write_text(
        "from pydantic_ai import Agent, RunContext\n"
        "from pydantic_ai.models.function import FunctionModel, DeltaToolCall\n"
        "async def stream(messages, info):\n"
        "    yield 'asked at ' + info.instructions\n"
        "agent = Agent(FunctionModel(stream_function=stream), deps_type=str)\n"
        "@agent.instructions\n"
        "def when(run: RunContext[str]) -> str:\n"
        "    return run.deps\n"
        "def deps(context):\n"
        "    return str(context.clock.now().date())\n"
    )
    settings = replace(foreign.settings, target="deep.py:agent", options={"deps": "deep.py:deps"})

    assert run(replace(foreign, settings=settings), "x", as_of="2025-03-01").trace.answer == "asked at 2025-03-01"


def test_an_outage_of_the_provider_is_not_the_agents_failure(foreign: Foreign) -> None:
    ended = run(foreign, "outage")

    assert (ended.status, ended.kind) == ("infrastructure_failed", "provider")


def test_a_missing_framework_names_its_extra(foreign: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pydantic_ai.agent", None)
    with pytest.raises(MissingExtra) as caught:
        adapter_module("pydantic-ai").load(None, foreign.settings, root=foreign.root, environ={})

    assert caught.value.remedy == 'pip install "finharness[pydantic-ai]"'


def test_what_is_no_agent_is_refused(foreign: Foreign) -> None:
    (foreign.root / "odd.py").write_text("class Adviser: pass\n")
    with pytest.raises(AgentError, match=r"the class Adviser is no pydantic_ai\.Agent"):
        run(replace(foreign, settings=replace(foreign.settings, target="odd.py:Adviser")), "echo 1")
