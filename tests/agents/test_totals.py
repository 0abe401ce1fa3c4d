"""What every portfolio is worth, computed a second time: from the files alone, in exact fractions, by other code."""

import csv
import gzip
import json
from fractions import Fraction
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "agents" / "data"
INSTRUMENTS = {item["symbol"]: item for item in json.loads((DATA / "instruments.json").read_text("utf-8"))}
PORTFOLIOS = json.loads((DATA / "portfolios.json").read_text("utf-8"))
DIMENSIONS = ("asset_class", "region", "sector", "account", "holding", "tax")
COLUMNS = {"asset_class": "allocation_asset_class", "region": "allocation_regions", "sector": "allocation_sectors"}
EXPECTED = {
    "P01": 99_437.50,
    "P02": 31_076.97,
    "P03": 0.00,
    "P04": 50_000.00,
    "P05": 48_954.00,
    "P06": 5_873.20,
    "P07": 23_676.00,
    "P08": 1_063.29,
    "P09": 227_437.97,
    "P10": 208_685.40,
    "P11": 15_796.12,
    "P12": 25_164.39,
    "P13": 21_250.30,
    "P14": 10_197.70,
    "P15": 5_480.27,
    "P16": 26_919.50,
    "P17": 34_822.50,
    "P18": 12.00,
}
"""Committed, so that neither a change of the data nor one of the arithmetic goes by unseen."""


def history():
    """The stored closes by symbol and day."""
    with gzip.open(DATA / "prices.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return {row["date"]: row for row in csv.DictReader(file)}


CLOSES = history()


def price(portfolio, symbol):
    """A symbol's price in a portfolio: none, the one of the day on which its prices stopped, or the current one."""
    if symbol in portfolio.get("unpriced", ()):
        return None
    stopped = portfolio.get("stale", {}).get(symbol)
    return Fraction(CLOSES[stopped][symbol]) if stopped else Fraction(str(INSTRUMENTS[symbol]["current_price"]))


def parts(portfolio, by):
    """The portfolio's value in exact fractions, by the rows that a division has."""
    found = {}
    for account in portfolio["accounts"]:
        cash = {"account": account["name"], "tax": account["tax"]}.get(by, "cash")
        found[cash] = found.get(cash, Fraction()) + Fraction(str(account["cash"]))
        for symbol, quantity in account["positions"].items():
            if (each := price(portfolio, symbol)) is None:
                continue
            own = {"account": account["name"], "tax": account["tax"], "holding": symbol}
            untagged = symbol in portfolio.get("untagged", ())
            split = (
                {own[by]: 100} if by in own else {"unclassified": 100} if untagged else INSTRUMENTS[symbol][COLUMNS[by]]
            )
            for name, share in split.items():
                part = Fraction(str(quantity)) * each * Fraction(str(share)) / 100
                found[name] = found.get(name, Fraction()) + part
    return found


def labelled(key, by):
    """A row's name as the tools write it."""
    if by in {"account", "holding"}:
        return "Cash" if key == "cash" else key
    return key.replace("_", " ").title()


def cents(value):
    """Rounded half up, as money is."""
    return int(value * 100 + Fraction(1, 2))


@pytest.mark.parametrize("name", PORTFOLIOS)
def test_the_second_computation_gives_the_committed_total(name):
    assert cents(sum(parts(PORTFOLIOS[name], "holding").values())) == round(EXPECTED[name] * 100)


@pytest.mark.parametrize("by", DIMENSIONS)
@pytest.mark.parametrize("name", PORTFOLIOS)
def test_every_division_has_that_total_and_these_parts(load, world, name, by):
    found = load("agents/alex/allocation.py:allocation")(world(portfolio=name), by)
    second = {labelled(key, by): part for key, part in parts(PORTFOLIOS[name], by).items()}

    assert found["total"] == EXPECTED[name]
    shown = {row["name"]: row["value"] for row in found["rows"]}
    assert set(shown) == {key for key, part in second.items() if part > 0}
    assert all(abs(Fraction(str(value)) - second[key]) <= Fraction(1, 100) for key, value in shown.items())


@pytest.mark.parametrize("name", PORTFOLIOS)
def test_reporter_retirement_portfolio_and_broker_say_the_same_total(load, world, name):
    one = world(portfolio=name)
    totals = {
        "reporter": load("agents/alex/insight.py:portfolio_metrics")(one)["total"],
        "retirement": load("agents/alex/projection.py:Household")(one, 1).value(),
        "portfolio": load("agents/clera/accounts.py:summary")(one)["total_value"],
        "broker": round(
            float(
                one.broker.book.situation(
                    load("agents/_shared/broker_rules.py:Draft")("buy", "VTI", 1.0), since=""
                ).total
            )
            + 1e-9,
            2,
        ),
    }

    assert set(totals.values()) == {EXPECTED[name]}, totals
