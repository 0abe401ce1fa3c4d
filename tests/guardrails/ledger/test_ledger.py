"""A ledger adds up, and nothing in it moves without a reason."""

import copy
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.guardrails.ledger import after, check_ledger, differences, read_ledger, read_movements, state

PRICES = {"VTI": {"current_price": 14.56}, "BND": 72.5}
LEDGER = {
    "total": 20656.0,
    "gain": 156.0,
    "realized": 44.0,
    "profit": 200.0,
    "accounts": [
        {
            "id": "a-1",
            "name": "Roth IRA",
            "cash": 5000,
            "total": 20656.0,
            "positions": [
                {"symbol": "VTI", "quantity": 100, "value": 1456.0, "cost": 1300, "gain": 156.0, "weight": 7.05},
                {
                    "symbol": "BND",
                    "quantity": 195.86206896551724,
                    "cost": 14200,
                    "gain": 0,
                    "value": 14200,
                    "weight": 68.7,
                },
            ],
        }
    ],
}


def changed(**places):
    made = copy.deepcopy(LEDGER)
    for place, item in places.items():
        *parents, last = place.split("__")
        inner = made
        for name in parents:
            inner = inner[int(name)] if name.isdigit() else inner[name]
        inner[int(last) if last.isdigit() else last] = item
    return made


def test_a_ledger_that_adds_up_has_no_breach_and_says_what_was_compared():
    ruling = check_ledger(LEDGER, prices=PRICES)

    assert ruling.ok, ruling.reasons()
    assert ruling.looked == ("values", "totals", "weights", "gains")
    assert round(ruling.value, 6) == 20656


@pytest.mark.parametrize(
    ("places", "rules"),
    [
        ({"total": 20656.02}, {"total"}),
        ({"accounts__0__total": 20655.0}, {"total"}),
        ({"accounts__0__cash": 5000.02}, {"total"}),
        ({"accounts__0__positions__0__value": 1456.02}, {"position-value"}),
        ({"accounts__0__positions__0__weight": 7.07}, {"weight"}),
        ({"accounts__0__positions__0__gain": 150.0}, {"position-gain", "gains"}),
        ({"gain": 150.0, "profit": 194.0}, {"gains"}),
        ({"profit": 201}, {"profit"}),
        ({"accounts__0__positions__0__quantity": 1000}, {"position-value", "position-gain", "total", "weight"}),
        ({"accounts__0__cash": -1, "accounts__0__total": None, "total": None}, {"negative-cash", "weight"}),
        ({"accounts__0__cash": float("nan")}, {"malformed"}),
        ({"accounts__0__cash": "lots"}, {"malformed"}),
        ({"accounts__0__cash": None}, {"malformed"}),
        ({"accounts__0__positions__0__quantity": True}, {"malformed"}),
        ({"accounts": []}, {"malformed"}),
        ({"accounts": "all"}, {"malformed"}),
        ({"accounts__0": 7}, {"malformed"}),
    ],
)
def test_what_does_not_add_up_is_named(places, rules):
    ruling = check_ledger(changed(**places), prices=PRICES)

    assert ruling.rules == rules
    assert not ruling.ok
    assert all(breach.path.startswith("$") for breach in ruling.breaches)


def test_a_stated_total_cannot_be_right_while_a_price_is_missing():
    assert check_ledger(LEDGER, prices={"VTI": 14.56}).rules == {"price-missing"}


def test_weights_may_be_fractions_and_of_their_account():
    ledger = {
        "accounts": [
            {"name": "A", "cash": 50, "positions": [{"symbol": "X", "quantity": 1, "price": 50, "weight": 0.5}]},
            {"name": "B", "cash": 0, "positions": [{"symbol": "Y", "quantity": 1, "price": 100, "weight": 0.5}]},
        ]
    }

    assert check_ledger(ledger).ok


def book(cash, /, name="Roth IRA", **positions):
    return {"name": name, "cash": cash, "positions": positions}


BUY = {
    "account": "roth ira",
    "side": "buy",
    "symbol": "VTI",
    "status": "filled",
    "quantity": 34.34065934,
    "price": 14.56,
    "amount": 500.0,
}


@pytest.mark.parametrize(
    ("before", "now", "movements", "rules"),
    [
        pytest.param(book(5000), book(5000), [], set(), id="nothing"),
        pytest.param(book(5000), book(4500, VTI=34.34065934), [BUY], set(), id="purchase"),
        pytest.param(book(5000), book(4500.01, VTI=34.34065934), [BUY], {"unexplained-cash"}, id="cent-too-much"),
        pytest.param(book(5000), book(4500, VTI=34.34065935), [BUY], {"unexplained-position"}, id="dust-too-much"),
        pytest.param(book(5000), book(4000, VTI=68.68131868), [BUY], {"unexplained-cash", "unexplained-position"}, id="booked-twice"),
        pytest.param(book(5000), book(5000), [{**BUY, "status": "queued"}], set(), id="queued"),
        pytest.param(book(5000), book(5000, GME=1), [], {"unexplained-position"}, id="from-nowhere"),
        pytest.param(book(5000, VTI=3), book(5000), [], {"unexplained-position"}, id="vanished"),
        pytest.param(book(5000), book(5012.5), [{"kind": "dividend", "symbol": "VTI", "quantity": 3, "amount": 12.5}], set(), id="dividend"),
        pytest.param(book(5000), book(4990), [{"kind": "fee", "amount": 10}], set(), id="fee"),
        pytest.param(book(5000), book(4000), [{"kind": "withdrawal", "amount": -1000}], set(), id="withdrawal"),
        pytest.param(book(10, VTI=5), book(10, VTI=10), [{"kind": "split", "symbol": "VTI", "quantity": 5}], set(), id="split"),
        pytest.param(book(10, VTI=5), book(82.8), [{"side": "sell", "symbol": "VTI", "quantity": 5, "price": 14.56}], set(), id="sale"),
        pytest.param(book(10), book(9), [{"side": "buy", "symbol": "X", "quantity": 0, "amount": 0, "fees": 1}], set(), id="fees"),
        pytest.param(book(10), book(10), [{"kind": "gift", "amount": 5}], {"unknown-movement"}, id="unknown-kind"),
        pytest.param(book(10), book(10), [{**BUY, "account": "else"}], {"unknown-account"}, id="unknown-account"),
        pytest.param(book(10), book(10), [{**BUY, "amount": "NaN"}], {"malformed"}, id="no-amount"),
        pytest.param(book(10), book(10), [{"kind": "deposit"}], {"malformed"}, id="empty-deposit"),
        pytest.param(book(10), book(10), [7], {"malformed"}, id="no-movement"),
        pytest.param(book(10), book(10), "all", {"malformed"}, id="no-list"),
    ],
)  # fmt: skip
def test_every_movement_of_cash_and_shares_has_its_reason(before, now, movements, rules):
    ruling = check_ledger({"accounts": [now]}, opening={"accounts": [before]}, movements=movements)

    assert ruling.rules == rules, ruling.reasons()


def test_what_leaves_one_account_arrives_in_another():
    before = {"accounts": [book(100, "A", VTI=4), book(0, "B")]}
    now = {"accounts": [book(60, "A", VTI=3), book(40, "B", VTI=1)]}
    kinds = [
        ("A", "transfer_out", 40, None),
        ("B", "transfer_in", 40, None),
        ("A", "transfer_out", None, 1),
        ("B", "transfer_in", None, 1),
    ]
    rows = [
        {"account": a, "kind": k, "amount": m, "quantity": q, "symbol": "VTI" if q else None} for a, k, m, q in kinds
    ]
    lost = {"accounts": [book(60, "A", VTI=3), book(30, "B", VTI=1)]}

    assert check_ledger(now, opening=before, movements=rows).ok
    assert check_ledger(lost, opening=before, movements=[rows[0], {**rows[1], "amount": 30}, *rows[2:]]).rules == {
        "not-conserved"
    }


def test_an_account_that_comes_or_goes_is_unexplained():
    two = {"accounts": [book(1, "A"), book(1, "B")]}
    one = {"accounts": [book(1, "A")]}

    assert check_ledger(one, opening=two).rules == {"unexplained-account"}
    assert check_ledger(two, opening=one).rules == {"unexplained-account"}


def test_differences_read_like_a_bank_statement():
    expected, actual = (
        {"R": {"cash": Decimal(cash), "positions": {"VTI": Decimal(held)}}}
        for cash, held in [("4500", "2"), ("4000", "3")]
    )

    assert [one.message for one in differences(expected, actual)] == [
        "R: cash is 4,000.00, 4,500.00 expected (-500.00)",
        "R: 3 VTI, 2 expected (+1)",
    ]


MONEY = st.decimals(min_value=0, max_value=10**6, places=2)
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["deposit", "withdrawal", "buy", "sell", "fee"]),
        MONEY,
        st.decimals(min_value="0.01", max_value=50, places=4),
    ),
    max_size=12,
)


@given(MONEY, MOVES, MONEY.filter(bool))
def test_what_the_movements_make_is_explained_by_them_and_a_cent_more_is_not(cash, moves, extra):
    rows = [
        {"kind": kind, "amount": str(amount), "quantity": str(shares), "symbol": "VTI"}
        for kind, amount, shares in moves
    ]
    ledger, _ = read_ledger([book(str(cash))])
    movements, problems = read_movements(rows, ledger)
    end = after(state(ledger), movements)["Roth IRA"]
    now = book(str(end["cash"]), **{name: str(held) for name, held in end["positions"].items()})

    assert not problems
    assert check_ledger([now], opening=[book(str(cash))], movements=rows, overdraft=True).ok
    wrong = {**now, "cash": str(end["cash"] + extra)}
    assert check_ledger([wrong], opening=[book(str(cash))], movements=rows, overdraft=True).rules == {
        "unexplained-cash"
    }


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["accounts", "cash", "positions", "symbol", "quantity", "total", "name", "kind", "amount", ""]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(JUNK, JUNK, JUNK, JUNK)
def test_nonsense_never_makes_the_guardrail_fail_itself(ledger, prices, opening, movements):
    ruling = check_ledger(ledger, prices=prices, opening=opening, movements=movements)

    assert not ruling.broken, ruling.reasons()
    assert ruling.as_json()["ok"] is ruling.ok


@pytest.mark.parametrize("tolerance", [-1, "NaN", None, "lots"])
def test_a_tolerance_that_is_no_amount_blocks(tolerance):
    assert not check_ledger([book(1)], tolerance=tolerance).ok
