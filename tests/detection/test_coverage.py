"""The table of checks, cases and mutants is the repository's own, complete, and up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.detection.coverage import coverage, markdown
from harness.detection.labels import asked, fits, label
from harness.model import Case, CheckSpec
from harness.mutation.catalog import Mutant
from harness.mutation.files import registered
from harness.suites import load
from harness.workspace import Workspace

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def ours():
    workspace = Workspace.find(ROOT)
    return coverage(load(workspace), registered(workspace), workspace.mutants.groups)


def test_every_kind_of_check_is_asked_by_a_case(ours):
    assert ours.unasked() == ()


def test_every_kind_of_check_is_expected_to_notice_a_mutant(ours):
    assert ours.unexpected() == ()


def test_every_name_in_a_group_of_ours_is_a_check_that_a_case_asks():
    workspace = Workspace.find(ROOT)
    labels = {label(spec) for case in load(workspace) for spec in asked(case)} | {"budget", "agent"}

    named = {name for names in workspace.mutants.groups.values() for name in names}
    assert [name for name in sorted(named) if not any(fits(known, name) for known in labels)] == []


def test_page_of_the_manual_is_up_to_date(ours):
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")

    assert page == markdown(ours), "run `finharness mutate --coverage docs/coverage.md`"


def test_cells_count_cases_and_mutants_by_severity_and_name_the_empty_ones():
    case = Case(id="C", suite="s", agent="a", checks=(CheckSpec(type="contains"), CheckSpec(type="number")))
    made = Mutant("M", "a", "T", 3, "D", ("contains",), (), "", "", "")

    page = markdown(coverage([case], [made], {}))

    assert "| `contains` | 1 | – | – | 1 |" in page
    assert "| `number` | 1 | – | – | – |" in page
    assert "Without any mutant: `budget`, `number`. No mutant at all of severity 1, 2." in page
