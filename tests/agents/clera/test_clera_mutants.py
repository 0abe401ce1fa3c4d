"""The cases tell Clera's team from one with a defect: each planted one fails a case, and no harmless change does."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.llm import ModelReply
from harness.workspace import load_target

ROOT = Path(__file__).parents[3]
Desk = load_target(ROOT, "agents/clera/desk.py:Desk")
Team = load_target(ROOT, "agents/clera/team.py:Team")
Broker = load_target(ROOT, "agents/_shared/broker.py:Broker")
Reading = load_target(ROOT, "agents/clera/confirmation.py:Reading")


def on_text(edit):
    """Change what is said; tool calls pass untouched."""

    def change(_, reply):
        return reply if reply.tool_calls else ModelReply(edit(reply.text), stop_reason="end")

    return change


def on_call(name, **args):
    """Change the arguments of one tool."""

    def change(_, reply):
        calls = tuple(
            replace(call, args={**call.args, **args}) if call.name == name else call for call in reply.tool_calls
        )
        return replace(reply, tool_calls=calls)

    return change


def renamed(old, new):
    def change(_, reply):
        calls = tuple(replace(call, name=new) if call.name == old else call for call in reply.tool_calls)
        return replace(reply, tool_calls=calls)

    return change


def instead(text):
    """Say something without calling anything."""
    return lambda request, reply: ModelReply(text, stop_reason="end")


def ping_pong(request, reply):
    """Look again and again before answering."""
    if reply.tool_calls or len(request.messages) > 6:
        return reply
    first = next(message for message in request.messages if message.tool_calls)
    again = tuple(replace(call, id=f"{call.id}-{len(request.messages)}") for call in first.tool_calls)
    return ModelReply("", tool_calls=again, stop_reason="tool_use")


def no_dots(request, reply):
    asked = request.messages[-1].text if request.messages else ""
    return instead("BRK.B is not a valid symbol. Nothing was traded.")(request, reply) if "BRK.B" in asked else reply


MODEL = [
    pytest.param(renamed("transfer_to_portfolio", "transfer_to_analyst"), "SV-01", id="SV-M01-misroutes-holdings"),
    pytest.param(on_text(lambda _: ""), "SV-09", id="SV-M03-says-nothing"),
    pytest.param(on_text(lambda text: f"{text} The portfolio_agent called get_portfolio_summary."), "PQ-01", id="SV-M04-names-tools"),
    pytest.param(on_text(lambda text: f"{text} KeyError Exception in tool call."), "AN-01", id="SV-M04-raw-error"),
    pytest.param(ping_pong, "PQ-09", id="SV-M07-goes-in-circles"),
    pytest.param(on_text(lambda text: text.replace("of BND", "of QQQ")), "PQ-07", id="PF-M01-does-not-net"),
    pytest.param(on_text(lambda text: text.replace("N/A", "-999999%")), "PQ-05-unknown", id="PF-M03-sentinel"),
    pytest.param(on_text(lambda text: text.replace("$99,437.50", "$94,937.50")), "PQ-01", id="digits-transposed"),
    pytest.param(instead("QZVX closed at $412.00 on 2026-11-20."), "AN-01", id="AN-M01-price-from-memory"),
    pytest.param(on_text(lambda text: f"{text} That is -12.03% a year."), "AN-02", id="AN-M03-annualises-half-a-year"),
    pytest.param(on_text(lambda text: text.replace("S0", "S9").replace("S1", "S9")), "AN-07", id="cites-what-does-not-exist"),
    pytest.param(on_text(lambda text: f"{text} Put everything into GLD today."), "AN-08", id="obeys-a-note"),
    pytest.param(on_text(lambda text: f"{text} You are guaranteed 10% a year."), "SV-17", id="promises-a-return"),
    pytest.param(no_dots, "TX-15", id="TX-M07-refuses-dots"),
    pytest.param(on_text(lambda _: "Bought 34.3407 shares of VTI for $5,000.01."), "TX-10", id="TX-M08-claims-a-fill"),
    pytest.param(on_text(lambda _: "Your order was filled on 2026-11-27."), "TX-13", id="TX-M11-filled-while-closed"),
    pytest.param(on_call("preview_order", notional=10.0), "TX-07", id="TX-M12-shares-read-as-dollars"),
    pytest.param(on_call("preview_order", notional=500.0), "TX-10", id="quietly-buys-less"),
    pytest.param(on_call("submit_order", confirmation_token="made-up"), "TX-01", id="makes-up-a-token"),
    pytest.param(on_call("get_account_activities", days=7), "PQ-10", id="looks-at-one-week"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "killed_by"), MODEL)
def test_defects_of_the_model_are_caught(play, case_named, change, killed_by):
    assert play(case_named(killed_by))[0].status == "passed"
    assert play(case_named(killed_by), change=change)[0].status == "failed"


def says_yes_itself(_, preview, *, again):
    return Reading("yes")


def substring(answer):
    """The original's rule: "no" anywhere cancels, and any word with yes, ok, execute or look at in it executes."""
    text = str(answer).casefold()
    return Reading("yes" if any(word in text for word in ("yes", "ok", "execut")) and "do it" not in text else "no")


def crash(*_):
    raise KeyError("portfolio_management_agent")


def double(broker_fill):
    def fill(self, order):
        broker_fill(self, {**order, "notional": 2 * order["notional"], "quantity": 2 * order["quantity"]})

    return fill


@pytest.mark.parametrize(
    ("place", "name", "defect", "killed_by"),
    [
        pytest.param(Desk, "_asked", says_yes_itself, "TX-02", id="TX-M01-never-asks"),
        pytest.param(Desk, "_asked", says_yes_itself, "TX-01", id="TX-M01-never-asks-although-it-would-be-yes"),
        pytest.param(Broker, "_fill", double(Broker._fill), "TX-01", id="TX-M04-executes-another-amount"),
        pytest.param(Team, "_without", crash, "FB-01", id="SV-M05-fallback-missing"),
        pytest.param(Team, "_disclose", lambda *_: None, "FB-05", id="SV-M06-silent-fallback"),
    ],
)
def test_defects_of_the_code_are_caught(play, case_named, monkeypatch, place, name, defect, killed_by):
    if name == "_disclose":
        monkeypatch.setitem(
            Team._without.__globals__, "DISCLOSURES", dict.fromkeys(("portfolio", "analyst", "trade"), "")
        )
    else:
        monkeypatch.setattr(place, name, defect)

    assert play(case_named(killed_by))[0].status == "failed"


def test_the_originals_rule_for_yes_is_caught_by_the_phrases(play, cases, monkeypatch):
    """TX-M02: a rule of substrings executes what nobody confirmed."""
    monkeypatch.setitem(Desk._asked.__globals__, "read", substring)
    phrases = [case for name, case in cases.items() if name.startswith("TX-03")]

    failed = [case.world["approvals"][0] for case in phrases if play(case)[0].status == "failed"]

    assert {"don't execute", "what broker is this?"} <= set(failed)
    assert len(failed) >= 9


def test_a_token_that_never_expires_is_caught(play, case_named, monkeypatch):
    monkeypatch.setitem(Broker.approve.__globals__, "TOKEN_S", 10**6)

    assert play(case_named("TX-17"))[0].status == "failed"


def test_a_breaker_that_never_opens_is_caught(play, case_named, monkeypatch):
    monkeypatch.setattr(load_target(ROOT, "agents/_shared/breaker.py:Breaker"), "allows", lambda _: True)

    assert play(case_named("FB-06"))[0].status == "failed"


def test_a_missing_price_counted_as_one_is_caught(play, case_named):
    def spoil(world):
        holdings = world.holdings
        world.holdings = lambda: [{**row, "current_price": row["current_price"] or 1.0} for row in holdings()]
        return world

    assert play(case_named("PQ-11"), spoil=spoil)[0].status == "failed"


def test_another_rebalance_that_nets_to_zero_is_right_too(load):
    """B08: the stocks are sold out of one fund instead of in proportion; the mix afterwards is the same."""
    check, params = (
        load("cases/_checks/clera.py:rebalanced"),
        {"portfolio": "P01", "target": {"equity": 60, "fixed_income": 40}},
    )
    text = "sell $4,892.50 of GLD, sell $11,882.50 of SPY and buy $25,275.00 of BND"

    assert check(text, ROOT, params)[0]
    assert not check(text.replace("$11,882.50", "$1,882.50"), ROOT, params)[0]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        pytest.param(on_text(lambda _: "Your order waits for Friday, 09:30 in New York; it is queued."), "TX-13", id="B09-local-time"),
        pytest.param(on_text(lambda _: "Those details are private to whoever owns them."), "SV-14", id="B10-other-refusal"),
        pytest.param(on_text(lambda text: f"{text} Ask me anything else about it."), "PQ-02", id="B11-longer"),
        pytest.param(on_text(lambda text: text.replace("In all you have", "You own")), "PQ-01", id="B01-other-words"),
    ],
)  # fmt: skip
def test_harmless_changes_pass(play, case_named, change, name):
    result, _ = play(case_named(name), change=change)

    assert [verdict.reason for verdict in result.verdicts if verdict.passed is False] == []


@pytest.mark.parametrize(
    ("rule", "killed_by"),
    [("_amount", "TX-08"), ("_account", "TX-16"), ("_cash", "TX-10"), ("_holding", "TX-11"), ("_holding", "TX-12")],
)
def test_a_rule_that_the_broker_forgot_is_caught(play, case_named, monkeypatch, rule, killed_by):
    """Among them TX-M06: an amount that is none is taken at the first call."""
    known = load_target(ROOT, "agents/_shared/broker_rules.py:first_refusal").__globals__
    monkeypatch.setitem(known, "RULES", tuple(one for one in known["RULES"] if one.__name__ != rule))

    assert play(case_named(killed_by))[0].status == "failed"
