"""Clera as a LangGraph graph: interrupt, resume, and nothing done twice although the node is run again."""

import asyncio
import importlib.util
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.llm.offline import OfflineModel
from harness.workspace import load_target

ROOT = Path(__file__).parents[3]
HAS_LANGGRAPH = importlib.util.find_spec("langgraph") is not None
clera_graph = load_target(ROOT, "agents/compat/clera_graph.py:clera_graph")
POLICY = load_target(ROOT, "agents/clera/policies/clera.py:policy")
needs_langgraph = pytest.mark.skipif(not HAS_LANGGRAPH, reason="needs the extra langgraph")


@pytest.fixture
def talk(context, world):
    """Send messages or resumptions to one conversation; its replies and its world."""
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.types import Command

    bank = world(portfolio="P01")
    made = context(OfflineModel(POLICY, seed=1), world=bank)
    graph = clera_graph(lambda _thread: made, checkpointer=InMemorySaver())

    def send(text=None, *, resume=None):
        given = Command(resume=resume) if text is None else {"messages": [{"role": "user", "content": text}]}
        return asyncio.run(graph.ainvoke(given, {"configurable": {"thread_id": "t1"}}))

    return send, bank


@pytest.mark.filterwarnings("ignore")
@needs_langgraph
def test_an_order_interrupts_and_yes_executes_it_once(talk):
    send, bank = talk
    asked = send("Buy $500 of VTI")["__interrupt__"][0].value
    assert (asked["details"]["symbol"], asked["details"]["notional"]) == ("VTI", 500.0)
    assert bank.artifacts()["orders"] == []

    done = send(resume="yes")

    assert "$500.00" in done["messages"][-1]["content"]
    assert [order["status"] for order in bank.artifacts()["orders"]] == ["filled"]
    assert bank.artifacts()["ledger"]["accounts"][0]["cash"] == 4500.0


@pytest.mark.filterwarnings("ignore")
@needs_langgraph
def test_an_unclear_answer_interrupts_again_and_no_cancels(talk):
    send, bank = talk
    send("Buy $500 of VTI")
    assert "yes or no" in send(resume="what broker is this?")["__interrupt__"][0].value["question"]

    done = send(resume="no")

    assert "cancelled" in done["messages"][-1]["content"]
    assert bank.artifacts()["ledger"]["accounts"][0]["cash"] == 5000.0


@pytest.mark.filterwarnings("ignore")
@needs_langgraph
def test_the_conversation_is_kept(talk):
    send, bank = talk
    send("How many shares of GLD do I hold?")
    send("Sell half of it")
    send(resume='{"action": "execute", "ticker": "GLD", "amount": 195.7}')

    assert "1 shares of GLD" in send(resume="yes")["messages"][-1]["content"]
    assert bank.artifacts()["ledger"]["accounts"][0]["positions"]["GLD"] == 24.0


@pytest.mark.skipif(HAS_LANGGRAPH, reason="langgraph is installed")
def test_without_langgraph_the_remedy_is_named():
    with pytest.raises(HarnessError, match="langgraph"):
        clera_graph(lambda _thread: None)


def test_a_world_goes_back_to_what_it_was(world):
    bank = world(portfolio="P01")
    before, mark = bank.saved(), bank.fingerprint()
    draft = load_target(ROOT, "agents/_shared/broker_rules.py:Draft")("buy", "VTI", 500.0)
    preview = bank.broker.preview(draft)
    bank.broker.submit(preview["order_id"], bank.broker.approve(preview["order_id"]))
    bank.memory.note("goal", "a boat")
    bank.kept["previews"] = {}
    bank.clock.advance(60)

    bank.restore(before)

    assert (bank.fingerprint(), bank.kept, bank.clock.stamp()) == (mark, {}, "2026-11-20T15:30:00Z")
    assert bank.broker.preview(draft)["order_id"] == preview["order_id"]
