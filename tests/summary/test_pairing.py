"""Two runs are paired by case."""

import pytest
from builders import a_case, a_job, a_manifest, a_result

from harness.stats import mcnemar
from harness.store import RunRow
from harness.summary import summarise
from harness.summary.pairing import compare


def summed(variant="adviser", **passed):
    results = [
        a_result("passed" if good else "failed", job=a_job(a_case(case), index=index, variant=variant))
        for case, trials in passed.items()
        for index, good in enumerate(trials)
    ]
    return summarise(RunRow(a_manifest(), "complete", None, 0, 0), results)


def test_cases_are_lost_gained_or_the_same():
    comparison = compare(summed(A=[1], B=[0], C=[1], D=[1]), summed(A=[0], B=[1], C=[1], E=[1]))

    assert [pair.case for pair in comparison.lost] == ["A"]
    assert [pair.case for pair in comparison.gained] == ["B"]
    assert (comparison.same, comparison.gone, comparison.new) == (1, ("demo/basics::D",), ("demo/basics::E",))
    assert comparison.p == pytest.approx(mcnemar(1, 1))


def test_the_worst_loss_comes_first():
    comparison = compare(summed(A=[1, 1], B=[1, 1]), summed(A=[1, 0], B=[0, 0]))

    assert [(pair.case, pair.drop) for pair in comparison.lost] == [("B", 1.0), ("A", 0.5)]


def test_a_case_that_changed_is_shown_and_not_tested():
    comparison = compare(summed(A=[1]), summed(A=[0]), changed={("demo/basics", "A")})

    assert comparison.lost[0].changed
    assert comparison.p.two_sided == 1.0


def test_two_agents_are_paired_by_case_when_asked():
    before, after = summed("old", A=[1]), summed("new", A=[0])

    assert compare(before, after).pairs == ()
    assert len(compare(before, after, by_case=True).lost) == 1
