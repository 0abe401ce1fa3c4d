"""A LangGraph graph with an interrupt, on a local server that speaks OpenAI's protocol."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conformance import Conformance, Foreign, run
from model_policy import answer

from harness.errors import AgentError, MissingExtra
from harness.testing import ModelServer
from harness.workspace import AgentSettings, adapter_module, own_settings

pytest.importorskip("langgraph")
WRITTEN = Path(__file__).parent / "foreign" / "graph_adviser.py"
KEYS = ("OPENAI_API_KEY", "OPENAI_BASE_URL")


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Foreign]:
    shutil.copy(WRITTEN, tmp_path)
    settings = AgentSettings(name="mine", adapter="langgraph", target="graph_adviser.py:graph", env=KEYS)
    with ModelServer(answer) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        yield Foreign(settings, tmp_path)


class TestLangGraph(Conformance):
    def test_it_says_where_its_agent_is(self, foreign: Foreign) -> None:
        assert own_settings(foreign.settings).effects == "none"


@pytest.mark.parametrize(
    ("script", "said"),
    [(["yes"], "Done: bought VTI for $500."), (["no"], "Done: not bought."), ([], "Done: not bought.")],
)
def test_an_interrupt_is_answered_by_the_cases_script(foreign: Foreign, script: list[object], said: str) -> None:
    ended = run(foreign, "buy VTI", approvals=script)

    assert (ended.status, ended.trace.answer) == ("completed", said)
    (asked,) = ended.trace.interrupts
    assert asked["question"] == "Buy VTI for $500 at 250.1?"


@pytest.mark.parametrize(
    ("replays", "calls"), [("once", ["buy", "get_price"]), ("all", ["buy", "buy", "get_price", "get_price"])]
)
def test_what_an_interrupted_node_repeats_counts_once(foreign: Foreign, replays: str, calls: list[str]) -> None:
    settings = replace(foreign.settings, options={"replays": replays})
    trace = run(replace(foreign, settings=settings), "buy VTI", approvals=["yes"]).trace

    assert sorted(call.name for call in trace.tools) == calls
    assert trace.artifacts.get("replayed_calls") == (2 if replays == "once" else None)
    assert len(trace.models) == 2


GRAPH = """
from operator import add
from typing import Annotated
from langgraph.graph import StateGraph, START
from langgraph.types import interrupt, Send
from typing_extensions import TypedDict

class State(TypedDict):
    question: str
    answer: dict
    orders: Annotated[list, add]

def ask(state):
    return {"orders": [interrupt(f"{state['question']} A?")]}

def ask_too(state):
    return {"orders": [interrupt({"message": f"{state['question']} B?"})]}

def close(state):
    return {"answer": {"orders": state["orders"]}}

inner = StateGraph(State)
inner.add_node("close", close)
inner.add_edge(START, "close")

def make(context):
    graph = StateGraph(State)
    graph.add_node("ask", ask)
    graph.add_node("ask_too", ask_too)
    graph.add_node("closing", inner.compile(), defer=True)
    graph.add_edge(START, "ask")
    graph.add_edge(START, "ask_too")
    graph.add_edge(["ask", "ask_too"], "closing")
    return graph
"""


def test_any_state_two_questions_at_once_and_a_graph_in_the_graph(foreign: Foreign) -> None:
    (foreign.root / "orders.py").write_text(GRAPH)
    options: dict[str, Any] = {
        "input": {"question": "{input}", "orders": []}, "answer": "$.answer", "artifacts": {"book": "$.orders"}
    }  # fmt: skip
    settings = replace(foreign.settings, target="orders.py:make", options=options)
    ended = run(replace(foreign, settings=settings), "Sell", approvals=["one", "two"])

    assert (ended.status, ended.message) == ("completed", "")
    assert sorted(item["question"] for item in ended.trace.interrupts) == ["Sell A?", "Sell B?"]
    assert sorted(ended.trace.structured["orders"]) == ["one", "two"]
    assert sorted(ended.trace.artifacts["book"])[:2] == ["one", "one"] or ended.trace.artifacts["book"]
    assert [step.name for step in ended.trace.steps if step.kind == "handoff"] == ["closing"]


def test_a_graph_that_goes_round_and_round_ends(foreign: Foreign) -> None:
    (foreign.root / "round.py").write_text(
        "from langgraph.graph import StateGraph, START\n"
        "graph = StateGraph(dict)\n"
        "graph.add_node('a', lambda state: state)\n"
        "graph.add_edge(START, 'a')\n"
        "graph.add_edge('a', 'a')\n"
    )
    settings = replace(foreign.settings, target="round.py:graph", options={"recursion_limit": 5})
    ended = run(replace(foreign, settings=settings), "x")

    assert (ended.status, ended.kind) == ("agent_failed", "GraphRecursionError")


def test_an_outage_of_the_provider_is_not_the_agents_failure(foreign: Foreign) -> None:
    ended = run(foreign, "outage")

    assert (ended.status, ended.kind) == ("infrastructure_failed", "provider")
    assert [step.status for step in ended.trace.models] == ["error"]


def test_a_missing_framework_names_its_extra(foreign: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "langgraph.graph", None)
    with pytest.raises(MissingExtra) as caught:
        adapter_module("langgraph").load(None, foreign.settings, root=foreign.root, environ={})

    assert caught.value.remedy == 'pip install "finharness[langgraph]"'


def test_what_is_no_graph_is_refused(foreign: Foreign) -> None:
    (foreign.root / "odd.py").write_text("graph = {}\n")
    with pytest.raises(AgentError, match="a value of type dict is no LangGraph graph"):
        run(replace(foreign, settings=replace(foreign.settings, target="odd.py:graph")), "echo 1")
