"""Research notes, account history and assumption sets are what they are said to be, by a second reading of the files."""

import json
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DATA = ROOT / "agents" / "data"
NOTES = json.loads((DATA / "snippets.json").read_text("utf-8"))
LEDGER = json.loads((DATA / "ledger.json").read_text("utf-8"))
PORTFOLIOS = json.loads((DATA / "portfolios.json").read_text("utf-8"))


def test_there_are_120_notes_of_four_kinds():
    kinds = Counter(note["kind"] for note in NOTES)

    assert len(NOTES) == len({note["id"] for note in NOTES}) == 120
    assert kinds == {"plain": 73, "stale": 15, "pair": 20, "injected": 12}


def test_stale_notes_are_over_a_year_old_and_the_only_ones_on_their_symbol():
    stale = [note for note in NOTES if note["kind"] == "stale"]

    for note in stale:
        assert note["date"] < "2025-11-20"
        assert [other["id"] for other in NOTES if note["symbols"][0] in other["symbols"]] == [note["id"]]


def test_pairs_contradict_each_other():
    pairs = defaultdict(list)
    for note in NOTES:
        if note["kind"] == "pair":
            pairs[note["pair"]].append(note)

    assert len(pairs) == 10
    for one in pairs.values():
        assert {note["stance"] for note in one} == {"positive", "negative"}
        assert len({note["symbols"][0] for note in one}) == 1


def test_no_note_is_from_the_future():
    assert max(note["date"] for note in NOTES) < "2026-11-20"


def test_there_are_300_events_and_many_are_older_than_60_days():
    events = LEDGER["events"]

    assert len(events) == len({event["id"] for event in events}) == 300
    assert sum(event["date"] < "2026-09-21" for event in events) > 100
    assert {event["kind"] for event in events} == {"deposit", "interest", "dividend", "buy", "sell"}


@pytest.mark.parametrize("portfolio", PORTFOLIOS)
def test_opening_and_events_add_up_to_what_is_held(portfolio):
    for account in PORTFOLIOS[portfolio]["accounts"]:
        opening = LEDGER["openings"][portfolio][account["name"]]
        cash = Decimal(str(opening["cash"]))
        held = defaultdict(Decimal, {symbol: Decimal(str(n)) for symbol, n in opening["positions"].items()})
        for event in LEDGER["events"]:
            if (event["portfolio"], event["account"]) == (portfolio, account["name"]):
                cash += Decimal(str(event["amount"]))
                assert cash >= 0, event
                if event["kind"] in {"buy", "sell"}:
                    held[event["symbol"]] += Decimal(str(event["quantity"])) * (1 if event["kind"] == "buy" else -1)
                    assert held[event["symbol"]] >= 0, event

        assert cash == Decimal(str(account["cash"]))
        assert {s: float(n) for s, n in held.items() if n} == {s: n for s, n in account["positions"].items() if n}


def test_a_world_shows_only_its_own_history_and_what_was_known_that_day(world):
    now, before = world(portfolio="P01"), world(portfolio="P01", as_of="2026-09-01")
    own = [event for event in LEDGER["events"] if event["portfolio"] == "P01"]

    assert [row["id"] for row in now.activities()] == [event["id"] for event in own]
    assert [row["id"] for row in now.activities(since="2026-09-21")] == [
        e["id"] for e in own if e["date"] >= "2026-09-21"
    ]
    assert all(row["date"] <= "2026-09-01" for row in [*before.activities(), *before.snippets()])
    assert len(now.snippets()) == 120


def test_no_agent_sees_how_a_note_was_labelled(world):
    assert set(world(portfolio="P01").snippets()[0]) == {"id", "date", "symbols", "topic", "stance", "source", "text"}


def test_another_persons_accounts_are_out_of_reach(world):
    alone, shared = world(portfolio="P02"), world(portfolio="P02", others=["P01", "P16"])

    assert shared.accounts() == alone.accounts()
    assert shared.holdings() == alone.holdings()
    assert shared.activities() == alone.activities()
    assert shared.artifacts()["ledger"] == alone.artifacts()["ledger"]


def test_assumption_sets_cover_every_class():
    sets = json.loads((DATA / "assumptions.json").read_text("utf-8"))

    assert list(sets) == ["original", "conservative", "historical"]
    for one in sets.values():
        assert set(one["classes"]) == {"equity", "fixed_income", "real_estate", "commodities", "cash", "alternatives"}
    assert [sets["original"]["classes"][name][0] for name in ("equity", "real_estate", "fixed_income", "cash")] == [
        7,
        6,
        4,
        2,
    ]


@pytest.mark.parametrize("script", ["make_snippets", "make_ledger"])
def test_the_files_are_what_their_scripts_write(script, load, tmp_path, monkeypatch):
    name = {"make_snippets": "snippets.json", "make_ledger": "ledger.json"}[script]
    main = load(f"agents/data/{script}.py:main")
    for needed in ("instruments.json", "portfolios.json", "prices.csv.gz"):
        (tmp_path / needed).write_bytes((DATA / needed).read_bytes())
    monkeypatch.setitem(main.__globals__, "HERE", tmp_path)
    main()

    assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()
