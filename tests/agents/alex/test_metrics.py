"""Figures of risk against a second computation, and against empyrical where it is installed."""

import json
import math
import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.workspace import load_target

ROOT = Path(__file__).parents[3]
returns, volatility, drawdown, beta, concentration = (
    load_target(ROOT, f"agents/_shared/metrics.py:{name}")
    for name in ("returns", "volatility", "drawdown", "beta", "concentration")
)
history = load_target(ROOT, "agents/_shared/fixtures.py:history")
SERIES = ("SPY", "BND", "GLD", "NVDA")
values = st.lists(st.floats(1, 1e6), min_size=3, max_size=60)


@pytest.mark.parametrize("symbol", SERIES)
def test_risk_figures_are_those_of_the_standard_library(symbol):
    closes = history().closes[symbol][-253:]
    daily, market = returns(closes), returns(history().closes["SPY"][-253:])
    highs = [max(closes[: n + 1]) for n in range(len(closes))]

    assert volatility(daily) == pytest.approx(statistics.stdev(daily) * math.sqrt(252), rel=1e-12)
    assert drawdown(closes) == pytest.approx(
        min(one / high for one, high in zip(closes, highs, strict=True)) - 1, rel=1e-12
    )
    assert beta(daily, market) == pytest.approx(statistics.linear_regression(market, daily).slope, rel=1e-9)


@pytest.mark.parametrize("symbol", SERIES)
def test_risk_figures_are_those_of_empyrical(symbol):
    """A development-only oracle: `uv pip install empyrical-reloaded`; importing it takes ten seconds."""
    empyrical = pytest.importorskip("empyrical", reason="the oracle empyrical-reloaded is not installed")
    import numpy as np

    closes = history().closes[symbol][-253:]
    daily, market = np.array(returns(closes)), np.array(returns(history().closes["SPY"][-253:]))

    assert volatility(list(daily)) == pytest.approx(empyrical.annual_volatility(daily), rel=1e-9)
    assert drawdown(closes) == pytest.approx(empyrical.max_drawdown(daily), rel=1e-9)
    assert beta(list(daily), list(market)) == pytest.approx(empyrical.beta(daily, market), rel=1e-9)
    assert closes[-1] / closes[0] - 1 == pytest.approx(empyrical.cum_returns_final(daily), rel=1e-9)


@given(values)
def test_a_drawdown_lies_between_nothing_and_everything(series):
    assert -1 <= drawdown(series) <= 0
    assert drawdown(sorted(series)) == 0


@given(values, st.floats(0.1, 10))
def test_scaling_a_portfolio_changes_none_of_its_risk(series, factor):
    scaled = [one * factor for one in series]

    assert drawdown(scaled) == pytest.approx(drawdown(series), abs=1e-9)
    assert volatility(returns(scaled)) == pytest.approx(volatility(returns(series)), rel=1e-6, abs=1e-6)


def test_what_cannot_be_measured_is_none():
    assert volatility([0.01]) is None
    assert beta([0.01, 0.02], [0.0, 0.0]) is None
    assert beta([0.01, 0.02], [0.01]) is None
    assert concentration([1.0]) == 1
    assert concentration([0.5, 0.5]) == 0.5


def portfolio_value(name):
    """The total from the files, without any code of the agents."""
    data = ROOT / "agents" / "data"
    prices = {one["symbol"]: one["current_price"] for one in json.loads((data / "instruments.json").read_text("utf-8"))}
    chosen = json.loads((data / "portfolios.json").read_text("utf-8"))[name]
    cash = sum(account["cash"] for account in chosen["accounts"])
    held = sum(
        n * prices[s]
        for account in chosen["accounts"]
        for s, n in account["positions"].items()
        if s not in chosen.get("unpriced", ())
    )
    return cash + held, cash


@pytest.mark.parametrize("name", [f"P{n:02}" for n in range(1, 19) if n != 17])
def test_every_portfolios_figures_are_those_of_a_second_computation(name, world, load):
    found = load("agents/alex/insight.py:portfolio_metrics")(world(portfolio=name))
    total, cash = portfolio_value(name)

    assert found["total"] == pytest.approx(total, abs=0.0051)
    assert found["cash"] == pytest.approx(cash, abs=0.0051)
    assert sum(row["value"] for row in found["accounts"]) == pytest.approx(total, abs=0.03)
    assert sum(row["value"] for row in found["asset_classes"]) == pytest.approx(total, abs=0.01)


def test_a_price_that_stopped_ends_the_window_of_risk(world, load):
    measure = load("agents/alex/insight.py:risk_metrics")

    assert measure(world(portfolio="P17"), 252)["through"] == "2026-09-18"
    assert measure(world(portfolio="P01"), 252)["through"] == "2026-11-20"
    assert measure(world(portfolio="P01"), 252)["window_days"] == 252


def test_risk_without_holdings_is_refused(world, load):
    error = load("agents/_shared/tools.py:ToolError")

    with pytest.raises(error, match="no holding has a price history"):
        load("agents/alex/insight.py:risk_metrics")(world(portfolio="P04"), 252)
