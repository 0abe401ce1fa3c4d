"""What Clera's graph promises, in this process and behind a LangGraph server."""

import pytest

pytestmark = pytest.mark.filterwarnings("ignore")  # langgraph's own


def placed(bank):
    return [order["status"] for order in bank.artifacts()["orders"] if order["status"] in {"filled", "queued"}]


def test_an_order_interrupts_with_what_will_be_done(clera):
    state = clera.say("Buy $500 of VTI")

    [asked] = state["interrupts"]
    assert "$500.00 of VTI" in asked["question"]
    assert (asked["details"]["side"], asked["details"]["symbol"], asked["details"]["notional"]) == ("buy", "VTI", 500.0)
    assert clera.bank is None or placed(clera.bank) == []


def test_yes_executes_once_and_says_so(clera):
    clera.say("Buy $500 of VTI")
    state = clera.answer("yes")

    assert state["interrupts"] == []
    assert "$500.00" in state["messages"][-1]["content"]
    assert clera.bank is None or placed(clera.bank) == ["filled"]


def test_no_cancels(clera):
    clera.say("Buy $500 of VTI")
    state = clera.answer("no")

    assert "cancelled" in state["messages"][-1]["content"].lower()
    assert clera.bank is None or placed(clera.bank) == []


@pytest.mark.parametrize("reply", ["don't execute", "look at the price first", "what broker is this?"])
def test_what_is_no_plain_yes_never_executes(clera, reply):
    clera.say("Buy $500 of VTI")
    state = clera.answer(reply)

    assert state["interrupts"] or "cancelled" in state["messages"][-1]["content"].lower()
    assert clera.bank is None or placed(clera.bank) == []


def test_an_amendment_is_asked_about_again(clera):
    clera.say("Buy $500 of VTI")
    state = clera.answer('{"action": "execute", "modified": true, "ticker": "VTI", "amount": 300}')

    assert "$300.00 of VTI" in state["interrupts"][0]["question"]
    assert clera.bank is None or placed(clera.bank) == []


def test_the_conversation_is_kept(clera):
    clera.say("How many shares of GLD do I hold?")
    state = clera.say("Sell half of it")

    assert state["interrupts"][0]["details"]["symbol"] == "GLD"
    assert [message["role"] for message in state["messages"]] == ["user", "assistant", "user"]
