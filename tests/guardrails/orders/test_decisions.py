"""The trade validator decides every row of `decisions.jsonl` as the row says; each row changes one thing about a good order."""

import copy
import json
from pathlib import Path

import pytest

from harness.guardrails.orders import validate_order

ROWS = [json.loads(line) for line in Path(__file__).with_name("decisions.jsonl").read_text("utf-8").splitlines()]
BASE = {
    "order": {"side": "buy", "symbol": "VTI", "quantity": 10},
    "account": {"id": "a-1", "name": "Roth IRA", "cash": 5000, "total": 20000, "positions": {"VTI": 5}},
    "market": {
        "now": "2026-11-20T15:30:00+00:00",
        "instrument": {"symbol": "VTI"},
        "quote": {"price": 100, "at": "2026-11-20T15:29:00+00:00"},
    },
    "policy": {},
}


def situation(changes):
    made = copy.deepcopy(BASE)
    for place, item in changes.items():
        *parents, last = place.split(".")
        inner = made
        for name in parents:
            inner = inner.setdefault(name, {})
        inner[last] = item
    return made


def test_the_table_has_both_verdicts_and_every_rule():
    rules = {rule for row in ROWS for rule in row["rules"]}

    assert len(ROWS) >= 150
    assert min(sum(row["ok"] for row in ROWS), sum(not row["ok"] for row in ROWS)) >= 75
    assert len(rules) >= 38


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_the_validator_decides_as_the_table_says(row):
    ruling = validate_order(**situation(row["set"]))

    assert sorted(ruling.rules) == row["rules"], ruling.reasons()
    assert ruling.ok is row["ok"]
