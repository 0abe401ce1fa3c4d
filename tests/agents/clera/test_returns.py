"""Returns and scores against second computations that share no code with the agents."""

import random
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from harness.workspace import load_target

ROOT = Path(__file__).parents[3]
performance = load_target(ROOT, "agents/clera/research.py:performance")
Arguments = load_target(ROOT, "agents/clera/research.py:PerformanceArguments")
ToolError = load_target(ROOT, "agents/_shared/tools.py:ToolError")


@pytest.fixture(scope="module")
def closes():
    return pd.read_csv(ROOT / "agents/data/prices.csv.gz", index_col="date", parse_dates=True)


def test_returns_are_those_that_pandas_finds(world, closes):
    bank, chance = world(portfolio="P01"), random.Random(7)
    for _ in range(60):
        symbol = chance.choice(list(closes.columns))
        first = date(2023, 12, 1) + timedelta(days=chance.randrange(900))
        last = min(first + timedelta(days=chance.randrange(10, 900)), date(2026, 11, 20))
        found = performance(bank, Arguments(symbol=symbol, start_date=first, end_date=last))

        span = closes.loc[str(first) : str(last), [symbol, "SPY"]]
        growth = span.iloc[-1] / span.iloc[0]
        assert found["return_percent"] == pytest.approx(100 * (growth[symbol] - 1), abs=0.0051)
        assert found.get("benchmark_return_percent", 0) == pytest.approx(
            100 * (growth["SPY"] - 1) if symbol != "SPY" else 0, abs=0.0051
        )
        assert (found["start_date"], found["end_date"]) == (str(span.index[0].date()), str(span.index[-1].date()))
        assert found["sessions"] == len(span)
        assert ("annualised_percent" in found) == ((span.index[-1] - span.index[0]).days >= 365.25)


@pytest.mark.parametrize(
    ("symbol", "first", "last", "problem"),
    [
        ("VTI", "2026-01-05", "2026-11-21", "future"),
        ("VTI", "2018-01-05", "2026-11-20", "at most 5 years"),
        ("VTI", "2022-01-05", "2026-11-20", "known from"),
        ("VTI", "2026-11-20", "2026-11-20", "must be before"),
        ("VTI", "2026-11-14", "2026-11-15", "fewer than two sessions"),
        ("NOSUCH", "2026-01-05", "2026-11-20", "not a symbol"),
    ],
)
def test_what_cannot_be_measured_is_said(world, symbol, first, last, problem):
    with pytest.raises(ToolError, match=problem):
        performance(world(portfolio="P01"), Arguments(symbol=symbol, start_date=first, end_date=last))


@pytest.mark.parametrize("portfolio", [f"P{number:02}" for number in range(1, 19) if number != 17])
def test_every_portfolio_is_summed_up_as_its_data_say(world, load, portfolio):
    """All but P17, whose prices are of another day; PQ-14 asks for that one."""
    summary = load("agents/clera/accounts.py:summary")(world(portfolio=portfolio))
    split = load("cases/_checks/charter.py:_split")

    assert summary["total_value"] == pytest.approx(sum(split(ROOT, portfolio, "holding").values()), abs=0.011)
    parts = split(ROOT, portfolio, "allocation_asset_class")
    assert {
        item["name"].replace("_", " ").title(): item["value"] for item in summary["asset_classes"]
    } == pytest.approx(parts, abs=0.011)
    assert 0 <= summary["risk_score"] <= 10
    assert (summary["risk_score"] == 0) == (not summary["holdings"])
