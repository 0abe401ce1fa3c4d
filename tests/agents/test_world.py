"""The world of a trial: fresh, fixed in time, and valued as a second computation values it."""

import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from harness.errors import UserError

DATA = Path(__file__).parents[2] / "agents" / "data"
PRICES = {item["symbol"]: item["current_price"] for item in json.loads((DATA / "instruments.json").read_text("utf-8"))}
PORTFOLIOS = json.loads((DATA / "portfolios.json").read_text("utf-8"))
VIEWS = ("asset_class", "region", "sector", "account", "holding", "tax")


@pytest.fixture
def view(load, world):
    allocation = load("agents/alex/allocation.py:allocation")
    return lambda portfolio, by: allocation(world(portfolio=portfolio), by)


def test_the_five_fund_portfolio_has_the_published_split(view):
    rows = {row["name"]: row["value"] for row in view("P01", "asset_class")["rows"]}

    assert sum(rows.values()) == 99_437.50
    shares = {name: round(100 * value / 99_437.50, 2) for name, value in rows.items()}
    assert shares == {"Equity": 71.95, "Fixed Income": 14.58, "Cash": 8.55, "Commodities": 4.92}


@pytest.mark.parametrize("by", VIEWS)
@pytest.mark.parametrize("name", PORTFOLIOS)
def test_rows_add_up_to_the_cent_and_are_sorted(view, name, by):
    found = view(name, by)
    cents = [round(row["value"] * 100) for row in found["rows"]]

    assert sum(cents) == round(found["total"] * 100)
    assert cents == sorted(cents, reverse=True)
    assert all(cents)
    assert (found["currency"], found["as_of"]) == ("USD", "2026-11-20")


def test_a_missing_price_is_named_and_counts_nothing(view):
    found = view("P07", "holding")

    assert found["excluded"] == [{"symbol": "VWO", "reason": "no price is known"}]
    assert "VWO" not in {row["name"] for row in found["rows"]}


def test_stale_prices_are_old_prices_and_say_so(view):
    found = view("P17", "holding")

    assert {item["price_date"] for item in found["stale"]} == {"2026-09-18"}
    assert found["total"] != 40 * PRICES["SPY"] + 100 * PRICES["BND"] + 60 * PRICES["VEA"] + 15 * PRICES["GLD"] + 3000


def test_untagged_holdings_are_unclassified(view):
    assert {row["name"] for row in view("P06", "asset_class")["rows"]} == {"Unclassified", "Cash"}


def test_another_day_has_that_days_prices(world):
    then = world(portfolio="P01", as_of="2025-03-03").holdings()[0]

    assert then["symbol"] == "SPY"
    assert then["current_price"] != PRICES["SPY"]
    assert then["price_date"] == "2025-03-03"


def test_a_weekend_has_fridays_prices(world):
    assert world(portfolio="P01", as_of="2026-11-14").holdings()[0]["price_date"] == "2026-11-13"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param({"portfolio": "P99"}, "unknown portfolio 'P99'", id="portfolio"),
        pytest.param({"user": "U99"}, "unknown user 'U99'", id="user"),
        pytest.param({"portfolo": "P01"}, "did you mean 'portfolio'?", id="key"),
        pytest.param({"as_of": "1999-01-04"}, "no price is known before 2023-11-16", id="day"),
    ],
)
def test_a_world_that_cannot_be_made_says_why(world, spec, message):
    with pytest.raises(UserError, match=message.replace("?", r"\?")):
        world(**spec)


def test_worlds_share_nothing(world):
    first, second = world(portfolio="P01"), world(portfolio="P01")
    before = second.fingerprint()

    first.save_instrument("SPY", name="Changed", allocation_asset_class={"cash": 100})

    assert second.instrument("SPY")["name"] == "SPDR S&P 500 ETF Trust"
    assert first.fingerprint() != before == second.fingerprint()


def test_the_same_seed_makes_the_same_world(world):
    assert world(portfolio="P02").artifacts() == world(portfolio="P02").artifacts()
    assert world(portfolio="P02", seed=2).job()["id"] != world(portfolio="P02", seed=3).job()["id"]


def test_saving_a_classification_never_touches_the_price(world):
    one = world(portfolio="P01")

    one.save_instrument("SPY", name="SPY", allocation_regions={"global": 100})
    one.save_instrument("NEW", name="New fund", allocation_regions={"global": 100})

    assert one.instrument("SPY")["current_price"] == 450.25
    assert one.instrument("NEW")["current_price"] is None
    assert set(one.artifacts()["instruments"]) == {"SPY", "QQQ", "BND", "VEA", "GLD", "NEW"}


def test_artifacts_hold_the_end_state(world):
    one = world(portfolio="P01")
    one.update_job(status="completed", charts_payload={"mix": {"title": "Mix"}})

    found = one.artifacts()

    assert found["ledger"]["accounts"][0]["positions"]["SPY"] == 100
    assert found["jobs"][0]["charts_payload"] == {"mix": {"title": "Mix"}}
    assert found["jobs"][0]["completed_at"] == "2026-11-20T15:30:00Z"
    assert found["state"]["sha256"] == one.fingerprint()


@pytest.mark.parametrize("by", VIEWS)
def test_holdings_that_cannot_be_valued_change_no_total(world, load, by):
    bad = world(portfolio="P01", holdings={"ZZZQ": 10, "VTI": "NaN", "AAPL": -5, "MSFT": 0})

    found = load("agents/alex/allocation.py:allocation")(bad, by)

    assert found["total"] == 99_437.50
    assert {item["symbol"]: item["reason"] for item in found["excluded"]} == {
        "ZZZQ": "the symbol is not known",
        **dict.fromkeys(("VTI", "AAPL", "MSFT"), "its quantity is not a positive number"),
    }


@pytest.mark.parametrize(
    ("spec", "problem"),
    [({"holdings": {"SPY": 1}}, "account"), ({"portfolio": "P01", "holdings": {"SPY": "x"}}, "SPY")],
)
def test_holdings_need_an_account_and_a_number(world, spec, problem):
    with pytest.raises(UserError, match=problem):
        world(**spec)


def test_each_trial_has_a_file_of_its_own_that_goes_with_it(world):
    first, second = world(portfolio="P01"), world(portfolio="P02")

    assert first.file != second.file
    with closing(sqlite3.connect(f"file:{first.file}?mode=ro", uri=True)) as reader:
        assert reader.execute("SELECT count(*) FROM positions").fetchone() == (5,)
    file = first.file
    first.close()
    assert not file.exists()
    assert second.file.exists()


def test_a_world_that_cannot_be_opened_leaves_no_file(world, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(UserError):
        world(portfolio="P99")

    assert list(tmp_path.iterdir()) == []
