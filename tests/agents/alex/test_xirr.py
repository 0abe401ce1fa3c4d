"""The money-weighted return against published answers, its own equation, and pyxirr where it is installed."""

import json
import math
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.workspace import load_target

ROOT = Path(__file__).parents[3]
rate_of_return, xirr = (load_target(ROOT, f"agents/_shared/metrics.py:{name}") for name in ("rate_of_return", "xirr"))
history = load_target(ROOT, "agents/_shared/fixtures.py:history")
EXCEED_NINE = [-1678.87, 771.96, 1814.05, 3520.30, 3552.95, 3584.99, 4789.91, -1]  # numpy-financial issue 44
TWO_ANSWERS = [-50, -100, 600, 300, -100]  # numpy issue 14977: -76 % solves it too
START = date(2020, 1, 1)

amounts = st.lists(st.floats(1, 1e6), min_size=1, max_size=12)
gaps = st.lists(st.integers(1, 400), min_size=12, max_size=12)


def dated(paid, spacing):
    """One payment in, then what comes back."""
    days = [START + timedelta(days=sum(spacing[:n])) for n in range(len(paid) + 1)]
    return list(zip(days, [-1000.0, *paid], strict=True))


@pytest.mark.parametrize(("flows", "rate"), [(EXCEED_NINE, 1.0043), (TWO_ANSWERS, 1.8544), ([-100, 110], 0.1)])
def test_published_answers(flows, rate):
    assert rate_of_return(list(enumerate(flows))) == pytest.approx(rate, abs=5e-5)


@pytest.mark.parametrize(
    "flows", [[], [(0, 5.0)], [(0, -1.0), (1, -2.0)], [(0, 0.0), (1, 0.0)], [(0, -1.0), (0, 2.0)],
              [(0, -1.0), (1, math.nan)], [(0, -1.0), (math.inf, 1.0)]],
)  # fmt: skip
def test_flows_without_an_answer_have_none(flows):
    assert rate_of_return(flows) is None


def test_no_flows_have_no_return():
    assert xirr([]) is None


@settings(max_examples=40)
@given(amounts, gaps)
def test_the_rate_solves_its_equation(paid, spacing):
    flows = dated(paid, spacing)
    rate = xirr(flows)
    assume(rate is not None and rate < 1e4)

    terms = [amount * (1 + rate) ** (-(day - START).days / 365) for day, amount in flows]
    assert math.fsum(terms) == pytest.approx(0, abs=1e-6 * max(map(abs, terms)))


@settings(max_examples=40)
@given(amounts, gaps, st.floats(0.001, 1000), st.integers(-3000, 3000))
def test_neither_currency_nor_calendar_changes_the_rate(paid, spacing, scale, shift):
    flows = dated(paid, spacing)
    moved = [(day + timedelta(days=shift), amount * scale) for day, amount in reversed(flows)]

    rate = xirr(flows)
    assume(rate is not None)

    assert xirr(moved) == pytest.approx(rate, rel=1e-6, abs=1e-9)


@settings(max_examples=40)
@given(st.floats(-0.99, 50), st.integers(30, 3650))
def test_one_payment_and_one_return_give_the_compound_rate(rate, days):
    end = 1000 * (1 + rate) ** (days / 365)
    assume(1e-9 < end < 1e12)

    assert xirr([(START, -1000.0), (START + timedelta(days=days), end)]) == pytest.approx(rate, rel=1e-6, abs=1e-9)


@settings(max_examples=40)
@given(
    st.lists(st.floats(200, 600), min_size=4, max_size=12), st.lists(st.integers(100, 400), min_size=12, max_size=12)
)
def test_pyxirr_agrees(paid, spacing):
    """A development-only oracle: `uv pip install pyxirr`."""
    pyxirr = pytest.importorskip("pyxirr", reason="the oracle pyxirr is not installed")
    flows = dated(paid, spacing)

    assert xirr(flows) == pytest.approx(pyxirr.xirr(flows), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", ["P01", "P02", "P05", "P09", "P12"])
def test_the_reporters_return_is_that_of_the_ledger_file(load, world, name):
    pyxirr = pytest.importorskip("pyxirr", reason="the oracle pyxirr is not installed")
    found = load("agents/alex/insight.py:risk_metrics")(world(portfolio=name), 252)
    ledger = json.loads((ROOT / "agents/data/ledger.json").read_text("utf-8"))
    own = [event for event in ledger["events"] if event["portfolio"] == name]
    start = max(day for day in history().days if day < own[0]["date"])
    flows = [(date.fromisoformat(start), -worth(ledger["openings"][name].values(), start))]
    flows += [(date.fromisoformat(one["date"]), -one["amount"]) for one in own if one["kind"] == "deposit"]
    held = json.loads((ROOT / "agents/data/portfolios.json").read_text("utf-8"))[name]["accounts"]
    flows.append((date(2026, 11, 20), worth(held, "2026-11-20")))

    assert found["money_weighted_from"] == start
    yearly = pyxirr.xirr(flows)
    period = (1 + yearly) ** ((date(2026, 11, 20) - date.fromisoformat(start)).days / 365) - 1
    assert found["money_weighted_percent"] == pytest.approx(100 * period, abs=0.0051)


def worth(accounts, day):
    place = history().days.index(day)
    return sum(
        one["cash"] + sum(n * history().closes[symbol][place] for symbol, n in one["positions"].items())
        for one in accounts
    )
