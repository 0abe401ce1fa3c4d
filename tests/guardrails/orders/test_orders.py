"""What holds of the trade validator and of the confirmation desk, whatever they are given."""

import threading
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from harness.guardrails.orders import NO, YES, Confirmations, Denied, Order, consent, order_hash, validate_order

NOW = "2026-11-20T15:30:00+00:00"
AMOUNTS = st.decimals(min_value="0.01", max_value="60000", places=2).map(str)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def judged(order, **account):
    account = {"cash": "20000", "total": "100000", "positions": {"VTI": "40"}, **account}
    market = {"now": NOW, "instrument": {"symbol": "VTI"}, "quote": {"price": "97.31", "at": NOW}}
    policy = {
        "max_order": "10000",
        "max_day": "15000",
        "max_share": "0.25",
        "reserve": "500",
        "types": ["market", "limit"],
    }
    return validate_order(order, account, market, policy)


ORDERS = st.fixed_dictionaries(
    {"side": st.sampled_from(["buy", "sell"]), "symbol": st.just("VTI")},
    optional={
        "quantity": AMOUNTS,
        "notional": AMOUNTS,
        "type": st.sampled_from(["market", "limit"]),
        "limit_price": st.decimals(min_value="90", max_value="105", places=2).map(str),
    },
)


@given(ORDERS, st.decimals(min_value=0, max_value=15000, places=2), st.decimals(min_value=0, max_value=20000, places=2))
def test_no_order_above_a_cap_above_the_power_or_above_the_holding_is_ever_approved(order, spent, reserved):
    ruling = judged(order, day_notional=str(spent), reserved=str(reserved))
    if not ruling.ok:
        assert ruling.reasons()
        return

    price = max(Decimal(order.get("limit_price", "0")), Decimal("97.31") if "limit_price" not in order else Decimal(0))
    moved = Decimal(order["notional"]) if "notional" in order else Decimal(order["quantity"]) * price
    assert moved <= 10000
    assert spent + moved <= 15000
    if order["side"] == "buy":
        assert moved <= 20000 - reserved - 500
        assert moved + 40 * Decimal("97.31") <= 25000
    else:
        assert Decimal(order.get("quantity", 0)) <= 40
        assert Decimal(order.get("notional", 0)) <= 40 * Decimal("97.31")


@given(ORDERS, st.integers(0, 60))
def test_an_order_that_was_approved_is_not_approved_twice(order, seconds):
    order = {**order, "key": "k"}
    if not judged(order).ok:
        return
    placed = {name: order.get(name) for name in ("side", "symbol", "quantity", "notional", "key")}
    again = {**placed, "at": f"2026-11-20T15:{29 if seconds else 30}:{(60 - seconds) % 60:02}+00:00"}

    assert "duplicate-key" in judged(order, recent=[again]).rules
    assert "duplicate-order" in judged({**order, "key": "other"}, recent=[again]).rules


@given(JUNK, JUNK, JUNK, JUNK)
def test_nonsense_is_refused_and_never_raises(order, account, market, policy):
    ruling = validate_order(order, account, market, policy)

    assert not ruling.ok
    assert not ruling.broken


@given(st.sampled_from(["order", "account", "market", "policy"]), st.text(max_size=10), JUNK)
def test_one_nonsensical_field_never_makes_the_guardrail_fail_itself(part, name, junk):
    parts = {
        "order": {"side": "buy", "symbol": "VTI", "quantity": 1},
        "account": {"cash": 5000, "total": 9000},
        "market": {"now": NOW, "instrument": {"symbol": "VTI"}, "quote": {"price": 10, "at": NOW}},
        "policy": {},
    }
    parts[part][name] = junk

    assert not validate_order(**parts).broken


def test_a_guardrail_that_fails_blocks(monkeypatch):
    monkeypatch.setattr("harness.guardrails.orders.validate.FORM", (lambda situation: 1 / 0,))

    ruling = judged({"side": "buy", "symbol": "VTI", "quantity": 1})

    assert (ruling.ok, ruling.broken) == (False, True)
    assert "ZeroDivisionError" in ruling.reasons()[0]


def test_the_hash_is_of_the_terms_and_not_of_how_they_are_written():
    order = Order(side="buy", symbol="VTI", notional=Decimal(500), account="Roth IRA")

    same = Order(side="BUY", symbol="vti", notional=Decimal("500.00"), account="roth  ira", key="k-9")
    others = [
        Order(side="sell", symbol="VTI", notional=Decimal(500), account="Roth IRA"),
        Order(side="buy", symbol="VTI", notional=Decimal("500.01"), account="Roth IRA"),
        Order(side="buy", symbol="VTI", quantity=Decimal(500), account="Roth IRA"),
        Order(side="buy", symbol="VTI", notional=Decimal(500), account="401(k)"),
        Order(side="buy", symbol="VTI", notional=Decimal(500), account="Roth IRA", limit_price=Decimal(1)),
    ]
    assert order_hash(order) == order_hash(same)
    assert len({order_hash(one) for one in [order, *others]}) == 6


@pytest.mark.parametrize(
    "said", [*sorted(YES), "YES!", " Yes. ", True, {"approved": True}, {"answer": "yes", "after_s": 3}]
)
def test_a_plain_yes_is_a_yes(said):
    assert consent(said) == "yes"


@pytest.mark.parametrize(
    "said", [*sorted(NO), "No!", False, {"approved": False}, {"approved": "true"}, {"approved": 1}]
)
def test_a_plain_no_is_a_no(said):
    assert consent(said) == "no"


@pytest.mark.parametrize(
    "said",
    [
        "ok", "okay", "sure", "yes, do it now", "yes?", "yes but only $300", "not yes", "yes and no", "y e s", "go ahead", "👍", "", " ",
        "maybe", "look at the price first", "what broker is this?", "ye\u200bs", "\u202eyes", "уes", "oui", "si", "yesterday", "I guess",
        "fine", "yep", "yeah", "do it", None, 1, 1.0, [], ["yes"], {}, "{", "[]", "{" * 5000, "yes" * 5000, float("nan"),
    ],
)  # fmt: skip
def test_anything_vague_is_no_consent(said):
    assert consent(said) == "unclear"


@pytest.mark.parametrize(
    "said", [{"ticker": "VTI", "amount": 300}, '{"amount": 300}', {"approved": True, "amount": 300}]
)
def test_a_changed_order_is_not_approved(said):
    assert consent(said) == "changed"


@given(JUNK | st.text())
def test_reading_an_answer_never_raises(said):
    assert consent(said) in {"yes", "no", "changed", "unclear"}


ORDER = Order(side="buy", symbol="VTI", notional=Decimal(500))
OTHER = Order(side="buy", symbol="VTI", notional=Decimal(501))


class Ticking:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def desk():
    clock = Ticking()
    return Confirmations(clock=clock), clock


def denied(call):
    with pytest.raises(Denied) as caught:
        call()
    return caught.value.rule


def test_an_approved_order_is_placed_once_and_a_retry_gets_the_first_result():
    made, _ = desk()
    placed = []
    _, token = made.answer(made.propose(ORDER).id, "yes")

    results = [made.submit(token, ORDER, lambda order: placed.append(order) or f"fill-{len(placed)}") for _ in range(3)]

    assert results == ["fill-1"] * 3
    assert placed == [ORDER]


@pytest.mark.parametrize("said", ["no", "ok", "yes, but 300", None, {"amount": 300}])
def test_without_a_plain_yes_there_is_no_token(said):
    made, _ = desk()

    meaning, token = made.answer(made.propose(ORDER).id, said)

    assert meaning != "yes"
    assert token == ""


def test_a_yes_after_a_no_or_a_change_is_too_late_and_after_something_vague_it_counts():
    made, _ = desk()
    refused, vague = made.propose(ORDER).id, made.propose(ORDER).id
    made.answer(refused, "no")
    made.answer(vague, "hm")

    assert denied(lambda: made.answer(refused, "yes")) == "not-confirmed"
    assert made.answer(vague, "yes")[1]


def test_tokens_fit_their_order_only_in_time_and_once():
    made, clock = desk()
    _, token = made.answer(made.propose(ORDER).id, "yes")

    assert denied(lambda: made.submit("", ORDER, print)) == "token-unknown"
    assert denied(lambda: made.submit("é", ORDER, print)) == "token-unknown"
    assert denied(lambda: made.submit(token, OTHER, print)) == "token-of-another-order"
    clock.now = 121
    assert denied(lambda: made.submit(token, ORDER, print)) == "token-expired"
    assert denied(lambda: made.answer("proposal-9", "yes")) == "not-proposed"


def test_after_a_call_that_failed_midway_the_order_is_never_sent_again():
    made, _ = desk()
    _, token = made.answer(made.propose(ORDER).id, "yes")

    with pytest.raises(ZeroDivisionError):
        made.submit(token, ORDER, lambda order: 1 / 0)

    assert denied(lambda: made.submit(token, ORDER, print)) == "outcome-unknown"


def test_of_many_threads_one_places_the_order():
    made, _ = desk()
    _, token = made.answer(made.propose(ORDER).id, "yes")
    placed, refused, start = [], [], threading.Barrier(8)

    def work():
        start.wait()
        try:
            made.submit(token, ORDER, placed.append)
        except Denied as error:
            refused.append(error.rule)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert placed == [ORDER]
    assert set(refused) <= {"outcome-unknown"}


class Desk(RuleBasedStateMachine):
    """Any sequence of proposals, answers and submissions places no more than what was approved, each once."""

    def __init__(self):
        super().__init__()
        self.desk, self.clock = desk()
        self.asked, self.tokens, self.placed, self.approved = [], [], [], []

    @rule(order=st.sampled_from([ORDER, OTHER]))
    def propose(self, order):
        self.asked.append(self.desk.propose(order))

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), said=st.sampled_from(["yes", "no", "ok", "", {"amount": 1}]))
    def answer(self, data, said):
        asked = data.draw(st.sampled_from(self.asked))
        try:
            meaning, token = self.desk.answer(asked.id, said)
        except Denied:
            return
        assert (meaning == "yes") == bool(token) == (said == "yes")
        if token:
            self.tokens.append(token)
            self.approved.append(asked.order)

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), order=st.sampled_from([ORDER, OTHER]))
    def submit(self, data, order):
        try:
            self.desk.submit(data.draw(st.sampled_from(self.tokens)), order, self.placed.append)
        except Denied:
            return

    @rule(seconds=st.integers(0, 90))
    def wait(self, seconds):
        self.clock.now += seconds

    @invariant()
    def nothing_is_placed_that_was_not_approved(self):
        assert all(self.placed.count(order) <= self.approved.count(order) for order in (ORDER, OTHER))


def test_no_sequence_of_events_places_an_order_twice():
    run_state_machine_as_test(Desk)
