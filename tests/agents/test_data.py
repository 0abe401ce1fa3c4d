"""The reference data are whole, consistent, and what their scripts make of them."""

import csv
import gzip
import json
from datetime import date
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "agents" / "data"
INSTRUMENTS = json.loads((DATA / "instruments.json").read_text("utf-8"))
PORTFOLIOS = json.loads((DATA / "portfolios.json").read_text("utf-8"))
DIMENSIONS = ("allocation_asset_class", "allocation_regions", "allocation_sectors")


def test_eighty_instruments_from_four_origins():
    origins = [item["origin"] for item in INSTRUMENTS]

    assert {name: origins.count(name) for name in set(origins)} == {
        "alex": 22, "written": 20, "sp500": 25, "canary": 13,
    }  # fmt: skip
    assert len({item["symbol"] for item in INSTRUMENTS}) == 80


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_allocation_adds_up_and_uses_known_keys(load, dimension):
    known = {
        "allocation_asset_class": "ASSET_CLASSES",
        "allocation_regions": "REGIONS",
        "allocation_sectors": "SECTORS",
    }
    keys = set(load(f"agents/alex/vocabulary.py:{known[dimension]}"))

    for item in INSTRUMENTS:
        assert sum(item[dimension].values()) == 100, item["symbol"]
        assert set(item[dimension]) <= keys, item["symbol"]


def test_prices_are_what_the_script_makes_and_end_at_the_instruments_prices(load):
    history = load("agents/data/make_prices.py:history")(INSTRUMENTS)
    stored = (DATA / "prices.csv.gz").read_bytes()

    assert gzip.decompress(stored).decode() == history
    assert len(stored) < 1_000_000
    header, *rows = csv.reader(history.splitlines())
    assert len(rows) == 756
    assert rows[-1] == ["2026-11-20", *(f"{item['current_price']:.2f}" for item in INSTRUMENTS)]
    assert all(float(price) > 0 for row in rows for price in row[1:])
    assert len(header) == 81


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        pytest.param(date(2026, 11, 20), True, id="friday"),
        pytest.param(date(2026, 11, 26), False, id="thanksgiving"),
        pytest.param(date(2026, 7, 3), False, id="fourth-of-july-on-a-saturday"),
        pytest.param(date(2025, 5, 26), False, id="memorial-day"),
        pytest.param(date(2024, 5, 27), False, id="memorial-day-in-a-month-of-five-mondays"),
        pytest.param(date(2025, 1, 9), False, id="day-of-mourning"),
        pytest.param(date(2026, 4, 3), False, id="good-friday"),
        pytest.param(date(2026, 1, 2), True, id="day-after-new-year"),
        pytest.param(date(2026, 11, 21), False, id="saturday"),
    ],
)
def test_the_history_knows_the_exchange_holidays(load, day, open_):
    assert (load("agents/data/make_prices.py:sessions")(day, 1) == [day]) is open_


def test_the_policy_remembers_everything_but_canaries_and_prices(load):
    written = load("agents/data/make_knowledge.py:written")(INSTRUMENTS)
    stored = (DATA.parent / "alex" / "policies" / "knowledge.json").read_text("utf-8")

    assert stored == written
    assert len(json.loads(stored)) == 67
    assert "price" not in stored


def test_portfolios_name_known_users_and_instruments():
    users = {user["clerk_user_id"] for user in json.loads((DATA / "users.json").read_text("utf-8"))}
    symbols = {item["symbol"] for item in INSTRUMENTS}

    assert len(users) == 12
    assert list(PORTFOLIOS) == [f"P{number:02}" for number in range(1, 19)]
    for portfolio in PORTFOLIOS.values():
        held = {symbol for account in portfolio["accounts"] for symbol in account["positions"]}
        assert portfolio["user"] in users
        assert held <= symbols
        assert {*portfolio.get("untagged", ()), *portfolio.get("unpriced", ()), *portfolio.get("stale", {})} <= held


def test_no_canary_is_a_listed_company():
    real = {item["name"].lower() for item in INSTRUMENTS if item["origin"] != "canary"}

    for canary in (item for item in INSTRUMENTS if item["origin"] == "canary"):
        assert canary["name"].lower() not in real
        assert canary["current_price"] > 0
