"""GitHub Actions is told where checks failed, and data cannot speak to it."""

import re

import pytest
from builders import a_case, a_job, a_manifest, a_result, a_verdict
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UserError
from harness.render import github
from harness.render.github import annotation_lines, step_summary
from harness.store import RunRow
from harness.summary import summarise


def a_failed_run(text, where="cases/a.yaml:12:9"):
    result = a_result("failed", job=a_job(a_case("C-1")), verdicts=(a_verdict(False, reason=text, where=where),))
    return summarise(RunRow(a_manifest(), "complete", None, 1, 1), [result]), [result]


def test_annotations_stand_at_the_failed_check(sample):
    shown = list(annotation_lines(sample.summary, sample.results))

    assert shown[0] == (
        "::error file=cases/alex/charter.yaml,line=12,col=9,title=finharness::alex/charter :: CH-01 [adviser]: "
        "finance:chart-spec: the shares add up to 93.5 %25 and the whole portfolio is 100 %25: cash is left out of the "
        "chart; trajectory:efficiency: 7 calls where 4 do"
    )
    assert [line.split()[0] for line in shown] == ["::error", "::error", "::warning", "::warning"]


@given(st.text(st.characters(exclude_categories=())) | st.text("\r\n:,%="), st.text("ab:,\n%=", max_size=12))
def test_data_neither_ends_a_command_nor_begins_one(text, where):
    (line,) = annotation_lines(*a_failed_run(text, where))

    assert len(line.splitlines()) == 1
    assert re.fullmatch(r"::error (file=[^:,\n]*,)?(line=\d+,)?(col=\d+,)?title=finharness::.*", line)


def test_the_report_is_added_to_the_summary_page(sample, tmp_path):
    page = tmp_path / "summary"
    page.write_text("before\n")

    step_summary(page, sample.summary, sample.results)

    assert page.read_text(encoding="utf-8").startswith("before\n# Run 20261121-100000-0001\n")


def test_a_long_report_is_cut_at_a_line_and_says_so(sample, tmp_path, monkeypatch):
    monkeypatch.setattr(github, "MOST_BYTES", 300)

    step_summary(tmp_path / "summary", sample.summary, sample.results)

    assert (tmp_path / "summary").stat().st_size < 400
    assert "longer than GitHub shows" in (tmp_path / "summary").read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_named(sample, tmp_path):
    with pytest.raises(UserError, match="GITHUB_STEP_SUMMARY"):
        step_summary(tmp_path, sample.summary, sample.results)
