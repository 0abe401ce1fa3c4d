"""The page on what goes wrong names tests that exist, and has one for every line."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
HAPPENINGS, FIGURES = PAGE.split("\n## Figures\n")
ROW = re.compile(r"^\| (?!what|-|promise)(.+) \|$", re.MULTILINE)


@cache
def defined(file: str) -> frozenset[str]:
    """The tests of a file, and the classes that are some."""
    path = ROOT / file
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found = re.findall(r"^(?:async )?def (test_\w+)|^(Test\w+) = ", text, re.MULTILINE)
    return frozenset(name for pair in found for name in pair if name)


def rows(text: str) -> list[str]:
    return ROW.findall(text.replace("|---|---|---|", "").replace("|---|---|", ""))


def test_every_line_has_a_test_that_exists() -> None:
    proofs = [re.findall(r"`(tests/[\w/]+\.py)::(\w+)`$", row) for row in rows(HAPPENINGS)]

    assert len(proofs) > 65
    assert [row for row, proof in zip(rows(HAPPENINGS), proofs, strict=True) if len(proof) != 1] == []
    gone = [f"{file}::{name}" for ((file, name),) in proofs if name not in defined(file)]
    assert gone == [], "a test that the page rests on was renamed or removed"


def test_every_figure_has_a_place_where_it_was_measured() -> None:
    named = [re.findall(r"`((?:bench|tests)/[\w/]+\.\w+)`", row.rpartition(" | ")[2]) for row in rows(FIGURES)]

    assert len(named) > 15
    assert all(named)
    assert [name for names in named for name in names if not (ROOT / name).is_file()] == []


def test_a_measured_page_says_the_command_that_writes_it() -> None:
    pages = sorted(set(re.findall(r"`(bench/\w+\.md)`", FIGURES)))

    assert [page for page in pages if page.replace(".md", ".py") not in (ROOT / page).read_text("utf-8")[:1500]] == []


@pytest.mark.parametrize("page", ["SECURITY.md", "docs/running.md"])
def test_other_pages_name_tests_and_benches_that_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = sorted(set(re.findall(r"`((?:tests|bench)/[^`:]+)`", text)))

    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
