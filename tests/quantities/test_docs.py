"""The tables of docs/numbers.md are true."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.quantities import agrees, scan, scan_all

PAGE = (Path(__file__).parents[2] / "docs" / "numbers.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize(("text", "reading"), rows("What is read"))
def test_what_is_read(text: str, reading: str) -> None:
    found = [" ".join(filter(None, [f"{q.value.normalize():f}", q.kind.value, q.currency])) for q in scan(text)]

    assert "; ".join(found) == reading.strip(" |")


@pytest.mark.parametrize(("text", "reason"), rows("What is ignored"))
def test_what_is_ignored(text: str, reason: str) -> None:
    found = scan_all(text)

    assert found.quantities == ()
    assert {ignored.reason.value for ignored in found.ignored} == {reason.strip(" |")}


@pytest.mark.parametrize(("expected", "actual", "agree", "rule"), rows("When two figures agree"))
def test_when_two_figures_agree(expected: str, actual: str, agree: str, rule: str) -> None:
    agreement = agrees(expected, actual)

    assert (bool(agreement), agreement.rule.value) == (agree == "yes", rule.strip(" |"))
