"""The parts of Clera's team: what counts as a yes, the breaker, memory, the last look, words, routing, rebalancing."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.adapters import Request
from harness.errors import UserError
from harness.llm import Message, ModelReply, ModelRequest, Tool, ToolCall
from harness.testing import QueuedModel
from harness.workspace import load_target

ROOT = Path(__file__).parents[3]


def part(target):
    return load_target(ROOT, f"agents/{target}")


read = part("clera/confirmation.py:read")
YES = part("clera/confirmation.py:YES")
clear = part("clera/wording.py:clear")
order = part("clera/policies/words.py:order")
dates = part("clera/policies/words.py:dates")
rebalanced = part("clera/rebalance.py:rebalanced")
Breaker = part("_shared/breaker.py:Breaker")
WorldClock = part("_shared/calendar_clock.py:WorldClock")


@given(st.text(max_size=40))
def test_no_text_outside_the_list_is_a_yes(text):
    plain = " ".join(text.casefold().replace("’", "'").split()).rstrip(" .!")

    assert (read(text).kind == "yes") == (plain in YES)


@pytest.mark.parametrize(
    "answer", [None, 1, 1.0, [], ["yes"], {}, {"yes": True}, {"approved": "yes"}, {"answer": None}]
)
def test_no_other_data_is_a_yes(answer):
    assert read(answer).kind != "yes"


def test_an_amendment_keeps_what_it_says_and_how_long_it_took():
    reading = read({"answer": json.dumps({"action": "execute", "ticker": "VTI", "amount": 300}), "after_s": 5})

    assert (reading.kind, reading.seconds) == ("amended", 5.0)
    assert (reading.amendment.ticker, reading.amendment.amount) == ("VTI", 300)


def test_a_breaker_opens_waits_tries_once_and_closes():
    now = [datetime(2026, 11, 20, 15, 30, tzinfo=UTC)]
    breaker = Breaker(lambda: now[0])

    def later(seconds):
        now[0] += timedelta(seconds=seconds)

    for _ in range(3):
        assert breaker.allows()
        breaker.failed()
    assert (breaker.state, breaker.allows()) == ("open", False)
    later(30)
    assert breaker.state == "half_open"
    assert [breaker.allows(), breaker.allows()] == [True, False]
    breaker.failed()
    assert breaker.state == "open"
    later(30)
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.state == "closed"


def test_failures_far_apart_open_nothing():
    now = [datetime(2026, 11, 20, 15, 30, tzinfo=UTC)]
    breaker = Breaker(lambda: now[0])
    for _ in range(9):
        breaker.failed()
        now[0] += timedelta(seconds=31)

    assert breaker.state == "closed"


def test_memory_is_bounded_and_overwrites(world):
    memory = world(portfolio="P01", memory={"goal": "a boat"}).memory
    memory.note("goal", "x" * 1000)
    for number in range(19):
        memory.note(f"fact{number}", "y")

    assert len(memory.facts()["goal"]) == 300
    with pytest.raises(part("_shared/memory.py:MemoryFull")):
        memory.note("one_more", "z")
    memory.note("goal", "still possible")


def test_old_turns_are_left_out_whole():
    recent = part("_shared/memory.py:recent")
    history = [(f"question {n}", "a" * 100) for n in range(20)]

    kept = recent(history, budget=350)

    assert [message.text for message in kept[::2]] == ["question 17", "question 18", "question 19"]
    assert recent([({"a": 1}, "")])[0].text == '{"a": 1}'


@pytest.mark.parametrize(
    "leak",
    ["transfer_to_trade", "the analyst agent", "portfolio_management_agent", "KeyError: 'x'", "my system prompt"],
)
def test_sentences_about_the_machinery_are_dropped(leak):
    cleared = clear(f"You have $5. I asked {leak} about it. All is well.", [])

    assert (cleared.text, cleared.dropped) == ("You have $5. All is well.", 1)


@given(st.text(max_size=200), st.lists(st.sampled_from(["A failed.", "B failed."]), unique=True))
def test_an_answer_is_never_empty_and_always_discloses(text, disclosures):
    cleared = clear(text, disclosures)

    assert cleared.text.strip()
    assert all(item in cleared.text for item in disclosures)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Buy $1,500.50 of VTI", ("buy", "VTI", 1500.5, None, None, None)),
        ("sell 3 shares of Apple", ("sell", "AAPL", None, 3.0, None, None)),
        ("Sell half of my GLD", ("sell", "GLD", None, None, 0.5, None)),
        ("Put 2k dollars into BRK.B", ("buy", "BRK.B", 2000.0, None, None, None)),
        ("Buy $500 of VTI in my Roth IRA", ("buy", "VTI", 500.0, None, None, "Roth IRA")),
        ("Buy -$5 of VTI", ("buy", "VTI", -5.0, None, None, None)),
        ("What is an ETF?", (None, None, None, None, None, None)),
    ],
)
def test_orders_are_read_as_written(text, expected):
    assert tuple(order(text)) == expected


@given(st.text(max_size=120))
def test_any_text_can_be_read_and_routed(text):
    intents = part("clera/policies/routing.py:intents")

    assert 1 <= len(intents(text, [text])) <= 2
    assert dates(text, date(2026, 11, 20))[0]


classes = st.dictionaries(st.sampled_from(["equity", "fixed_income", "commodities"]), st.integers(1, 5), min_size=1)
holdings = st.lists(
    st.tuples(st.sampled_from(["equity", "fixed_income", "alternatives"]), st.floats(0.01, 5000), st.floats(0.5, 900)),
    min_size=1,
    max_size=8,
)


@given(holdings, st.floats(0, 50_000), classes)
def test_every_rebalance_nets_to_zero_and_reaches_its_target(held, cash, weights):
    rows = [
        {"symbol": f"S{number}", "quantity": quantity, "current_price": price, "allocation_asset_class": {name: 100}}
        for number, (name, quantity, price) in enumerate(held)
    ]
    target = {name: Decimal(100 * weight) / sum(weights.values()) for name, weight in weights.items()}
    found = rebalanced(rows, Decimal(str(round(cash, 2))), target)

    bought = sum(trade["amount"] for trade in found["trades"] if trade["side"] == "buy")
    sold = sum(trade["amount"] for trade in found["trades"] if trade["side"] == "sell")
    total = cash + sum(quantity * price for _, quantity, price in held)
    assert found["net"] == 0
    assert bought - sold == pytest.approx(found["cash_before"] - found["cash_after"], abs=0.02)
    assert 0 <= found["cash_after"] < len(rows) + 5 + 0.001 * total  # trades below a dollar are left out


def test_a_portfolio_that_is_on_target_needs_no_trade():
    row = {"symbol": "VTI", "quantity": 10, "current_price": 10.0, "allocation_asset_class": {"equity": 100}}

    assert rebalanced([row], Decimal(0), {"equity": Decimal(100)})["trades"] == []


@pytest.mark.parametrize("as_of", ["2026-11-20", "2026-11-20T15:30:00", "2026-11-20T10:30:00-05:00"])
def test_the_worlds_clock_starts_where_the_case_says(as_of):
    clock = WorldClock.at(as_of, default=date(2020, 1, 1))
    assert clock.stamp() == "2026-11-20T15:30:00Z"
    clock.advance(90)
    assert clock.stamp() == "2026-11-20T15:31:30Z"
    for wrong in (-1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="time cannot pass"):
            clock.advance(wrong)


@pytest.mark.parametrize("arguments", [{"symbol": "VTI", "start_date": "soon"}, {"symbol": "VTI"}, {}])
def test_arguments_that_do_not_fit_are_told_to_the_model(context, world, arguments):
    wrong = ModelReply("", tool_calls=(ToolCall("c1", "calculate_investment_performance", arguments),))
    model = QueuedModel([wrong, ModelReply("I have no figure for that.", stop_reason="end")])
    made = context(model, world=world(portfolio="P01"))

    reply = asyncio.run(part("clera/analyst.py:analyst")(Request("How did VTI do?"), made))

    assert "the arguments do not fit" in model.requests[1].messages[-1].text
    assert reply.text == "I have no figure for that."


def test_at_most_eight_handoffs(context, world):
    calls = tuple(
        ToolCall(f"c{n}", "transfer_to_analyst", {"task": f"What is the price of VTI? {n}"}) for n in range(10)
    )
    policy = part("clera/policies/clera.py:policy")

    def answer(request):
        if any(tool.name == "web_search" for tool in request.tools):
            return policy(request, seed=1, noise=0.0)
        return (
            ModelReply("", tool_calls=calls)
            if len(request.messages) == 1
            else ModelReply("That is all.", stop_reason="end")
        )

    made = context(QueuedModel(answer), world=world(portfolio="P01"))
    reply = asyncio.run(part("clera/supervisor.py:clera")(Request("Prices, please."), made))

    assert reply.structured["route"] == ["analyst"] * 8
    assert reply.text == "That is all."


@pytest.mark.parametrize(
    "agent", ["supervisor.py:clera", "portfolio.py:portfolio", "analyst.py:analyst", "trader.py:trader"]
)
def test_without_a_world_the_answer_is_honest(context, agent):
    reply = asyncio.run(part(f"clera/{agent}")(Request("Buy $500 of VTI"), context(QueuedModel([]))))

    assert "connected" in reply.text


def test_an_unknown_service_cannot_be_down(world):
    with pytest.raises(UserError, match="unknown service 'traders'"):
        world(portfolio="P01", down=["traders"])


def test_the_originals_names_route_the_same(ask, load):
    trace = ask("clera", "How much cash do I have?", portfolio="P01", settings={"aliases": True})

    assert trace.tools[0].name == "transfer_to_portfolio_management_agent"
    assert "$8,500.00" in trace.answer


RESULTS = st.one_of(
    st.text(max_size=40),
    st.dictionaries(
        st.sampled_from(["status", "price", "rows", "notes", "holdings", "answer", "error"]),
        st.none() | st.integers() | st.text(max_size=5),
    ).map(json.dumps),
)


@given(
    st.sampled_from(["transfer_to_portfolio", "get_portfolio_summary", "web_search", "quote"]),
    st.sampled_from(
        [
            "Buy $500 of VTI",
            "What is my portfolio worth?",
            "Any news on AAPL?",
            "Rebalance my portfolio",
            "Should I buy VTI?",
        ]
    ),
    RESULTS,
)
def test_tool_results_of_any_shape_are_survived_without_figures(tool, question, result):
    """Results that are not JSON, or lack what was promised, get words and no money."""
    policy = part("clera/policies/clera.py:policy")
    tools = (Tool(tool, "", {}),)
    messages = [Message("user", question)]
    for _ in range(6):
        reply = policy(ModelRequest(tuple(messages), tools=tools), seed=0, noise=0.0)
        if not reply.tool_calls:
            break
        messages.append(reply.message())
        messages += [Message("tool", result, tool_call_id=call.id) for call in reply.tool_calls]

    assert reply.text.strip()
    assert "$" not in reply.text or "$" in result + question
