"""The report in the terminal: what failed and why first, then the totals."""

import pytest
from builders import a_case, a_job, a_manifest, a_result, a_verdict

from harness.render.picture import picture
from harness.render.report import lines, report
from harness.render.terminal import painted
from harness.store import RunRow
from harness.summary import summarise


def text_of(sample, *, colour=False, columns=80, latest=True):
    shown = lines(picture(sample.summary, sample.results), columns=columns, latest=latest)
    return "".join(f"{painted(line, colour=colour)}\n" for line in shown)


def test_report_without_colour(sample, golden):
    golden("report.txt", text_of(sample))


def test_report_with_colour(sample, golden):
    golden("report.ansi", text_of(sample, colour=True))


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(sample, columns):
    wide = [line for line in text_of(sample, columns=columns).splitlines() if len(line) > columns]

    assert [line for line in wide if "finharness" not in line and not line.startswith("    team=")] == []


def test_every_trial_in_trouble_names_the_command_that_shows_it(sample):
    shown = text_of(sample)

    assert "finharness show CH-01 --trial 1\n" in shown
    assert "finharness eval --resume 20261121-100000-0001" in shown


def test_commands_name_an_older_run(sample):
    assert "finharness show CH-01 --trial 1 --run 20261121-100000-0001" in text_of(sample, latest=False)


def test_case_ids_are_quoted_for_the_shell():
    case = a_case("x; rm -rf ~")
    result = a_result("failed", job=a_job(case))
    summary = summarise(RunRow(a_manifest(), "complete", None, 1, 1), [result])

    shown = "".join(painted(line, colour=False) for line in lines(picture(summary, [result])))

    assert "finharness show 'x; rm -rf ~'" in shown


def test_many_failures_are_cut_with_the_way_to_the_rest():
    results = [a_result("failed", job=a_job(a_case(f"C-{number}"))) for number in range(50)]
    summary = summarise(RunRow(a_manifest(), "complete", None, 50, 50), results)

    shown = "".join(f"{painted(line, colour=False)}\n" for line in lines(picture(summary, results)))

    assert shown.count("finharness show") == 20
    assert "and 30 more cases: finharness report" in shown


def test_hostile_data_does_not_reach_the_terminal(capsys):
    hostile = "\x1b]8;;http://x\x07 \x1b[2J\r\u202eevil\n::set-output name=x::y\n \x9b31m"
    case = a_case("C-1", description=hostile, tags={"a\x1b[2J": hostile, "b": ""})
    verdict = a_verdict(False, check="contains", reason=hostile, expected=hostile, actual={hostile: hostile})
    result = a_result("failed", job=a_job(case, variant=hostile), verdicts=(verdict,))
    summary = summarise(RunRow(a_manifest(), "complete", None, 1, 1), [result])

    report(summary, [result])

    shown = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\x9b", "\r", "\u202e"} & set(shown)
    assert not any(line.lstrip().startswith("::") for line in shown.splitlines())
