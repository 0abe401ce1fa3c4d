"""The probes: what a reader takes from a text, decided before the scanner read it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from harness.quantities import scan

DATA = Path(__file__).parents[1] / "data"


def probes(name: str) -> list[dict]:
    return json.loads((DATA / name).read_text(encoding="utf-8"), parse_float=Decimal)


@pytest.mark.parametrize("file", ["numbers_probe.json", "numbers_more.json"])
def test_every_probe_is_read_as_a_reader_would(file: str) -> None:
    wrong = []
    for probe in probes(file):
        wanted = [(Decimal(item["value"]), item["kind"]) for item in probe["quantities"]]
        found = [(quantity.value, quantity.broad_kind) for quantity in scan(probe["text"])]
        if found != wanted:
            wrong.append(f"{probe['text']!r}: wanted {wanted}, found {found}")
    assert not wrong, "\n".join(wrong)


def test_currencies_of_the_probes_are_read() -> None:
    for probe in probes("numbers_more.json"):
        for wanted, found in zip(probe["quantities"], scan(probe["text"]), strict=True):
            assert wanted.get("currency") in (None, found.currency), probe["text"]


def test_there_are_enough_probes_of_our_own() -> None:
    assert len(probes("numbers_probe.json")) == 33
    assert len({probe["text"] for probe in probes("numbers_more.json")}) >= 100
