"""The example of the manual's page on mutants is examined as a user would have it, and ends as the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mutation_arena import examined

PAGE = (Path(__file__).parents[2] / "docs" / "mutants.md").read_text(encoding="utf-8")
FILE = re.compile(r"^```\w+\n# file: (?P<name>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
MORE = re.compile(r"^```python\n(?P<text>@mutant.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    root = tmp_path_factory.mktemp("page")
    for match in FILE.finditer(PAGE):
        path = root / match["name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(match["text"], encoding="utf-8")
    with (root / "agents" / "mutants" / "adviser.py").open("a", encoding="utf-8") as file:
        file.writelines(match["text"] for match in MORE.finditer(PAGE))
    return examined(root)


def test_defects_of_the_page_are_noticed_by_the_checks_that_it_expects(findings):
    fates = {item.mutant.id: item.fate for item in findings.detections}

    assert fates == {
        "AD-M01": "expected", "AD-M02": "expected", "AD-M03": "expected", "AD-M04": "expected", "AD-B01": "quiet",
    }  # fmt: skip


def test_benign_change_of_the_page_was_run_with_twenty_seeds(findings):
    assert findings.detections[3].trials == 20
    assert findings.notes == ()
