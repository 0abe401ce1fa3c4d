"""How a mutant's trials and the unchanged agent's become one fate."""

from __future__ import annotations

import pytest

from harness.detection.behaviour import behaviour, first_change
from harness.detection.controls import Control
from harness.detection.labels import expanded, fits, label
from harness.detection.tables import met
from harness.detection.values import Detection, Findings
from harness.detection.verdict import Dossier
from harness.model import Case, CheckSpec, Event, Failure, Job, Outcome, Result, Verdict, fold
from harness.mutation import Mutant

CASE = Case(id="C", agent="a", checks=(CheckSpec(type="contains"), CheckSpec(type="number")))


def a_mutant(**known):
    fields = {"id": "M", "agent": "a", "seam": "T", "severity": 3, "origin": "D", "expects": ("number",), "cases": (),
              "description": "", "where": "", "module": ""}  # fmt: skip
    return Mutant(**{**fields, **known})


def a_result(*passed, said="x", status="completed", error=None):
    trace = fold([Event(0.0, "text_done", {"text": said})])
    verdicts = tuple(
        Verdict(check=spec.name, passed=one, reason="why") for spec, one in zip(CASE.checks, passed, strict=False)
    )
    return Result(Job(CASE, "a", 0, 1), Outcome(status, trace, error), verdicts, "passed", 1.0)


def a_control(*copies):
    control = Control()
    for copy in copies or (a_result(True, True),):
        control.note(copy, keep=True)
    return control


def fate(result, *copies, **known):
    dossier = Dossier(a_mutant(**known), {"FIGURES": ("number",)})
    dossier.take(result, a_control(*copies))
    return dossier.close()


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        pytest.param((True, False), "expected", id="by-the-check-named"),
        pytest.param((False, True), "other", id="by-another"),
        pytest.param((False, False), "expected", id="by-both"),
        pytest.param((True, True), "survived", id="by-none"),
        pytest.param((True, None), "undecided", id="no-longer-decided"),
    ],
)
def test_fate_follows_from_what_passed_before_and_fails_now(passed, expected):
    assert fate(a_result(*passed, said="y")).fate == expected


def test_group_stands_for_its_members():
    assert fate(a_result(True, False, said="y"), expects=("FIGURES",)).fate == "expected"


def test_check_that_fails_on_the_unchanged_agent_notices_nothing():
    found = fate(a_result(True, False, said="y"), a_result(True, False))

    assert (found.fate, found.kills) == ("survived", ())


def test_check_that_concludes_otherwise_on_a_second_look_decides_nothing():
    found = fate(a_result(True, False, said="y"), a_result(True, True), a_result(True, False))

    assert found.fate == "undecided"
    assert "number is unsteady" in found.reason


def test_same_trace_is_no_survivor_but_an_equivalent_candidate():
    assert fate(a_result(True, True)).fate == "idle"


def test_agent_that_differs_from_itself_gives_no_equivalent_candidates():
    assert fate(a_result(True, True), a_result(True, True), a_result(True, True, said="z")).fate == "survived"


@pytest.mark.parametrize(
    ("status", "expects", "expected"),
    [
        pytest.param("agent_failed", ("number",), "broken", id="fails"),
        pytest.param("agent_failed", ("agent",), "expected", id="fails-as-planted"),
        pytest.param("over_budget", ("budget",), "expected", id="over-budget"),
        pytest.param("timed_out", ("number",), "other", id="too-slow"),
        pytest.param("infrastructure_failed", ("number",), "undecided", id="not-run"),
    ],
)
def test_trial_that_does_not_complete_is_told_apart(status, expects, expected):
    found = fate(a_result(status=status, error=Failure("KeyError", "boom")), expects=expects)

    assert found.fate == expected
    assert "boom" in (found.reason or found.kills[0].reason)


def test_unchanged_agent_that_does_not_complete_decides_nothing():
    found = fate(a_result(True, True), a_result(status="agent_failed", error=Failure("E", "no key")))

    assert found.fate == "undecided"
    assert "agent_failed: no key" in found.reason


def test_benign_change_is_quiet_an_alarm_or_measures_nothing():
    assert fate(a_result(True, True, said="y"), severity=0, expects=()).fate == "quiet"
    assert fate(a_result(False, True, said="y"), severity=0, expects=()).fate == "alarm"
    assert fate(a_result(True, True), severity=0, expects=()).fate == "idle"


def findings(*fates):
    return Findings(tuple(Detection(a_mutant(severity=severity), end, 1) for severity, end in fates), 1, 1)


def test_targets_are_met_by_shares_of_what_was_decided_and_no_alarm():
    assert met(findings((3, "expected"), (1, "broken"), (1, "idle")))
    assert not met(findings((3, "expected"), (3, "other")))
    assert not met(findings((3, "expected"), (1, "survived")))
    assert not met(findings((3, "expected"), (0, "alarm")))
    assert findings((3, "idle")).rate().share is None


@pytest.mark.parametrize(
    ("spec", "name", "wanted", "fitting"),
    [
        ({"type": "contains"}, "contains", "contains", True),
        ({"type": "regex", "negate": True}, "not-regex", "regex", False),
        ({"type": "regex", "negate": True}, "not-regex", "not-*", True),
        ({"type": "python", "params": {"value": "cases/x.py:figures"}}, "python:figures", "figures", True),
        ({"type": "python", "params": {"value": "cases/x.py:figures"}}, "python:figures", "python", True),
        ({"type": "artifact", "params": {"name": "ledger"}}, "artifact:ledger", "ledger", True),
        ({"type": "finance:chart-spec"}, "finance:chart-spec", "chart-spec", False),
    ],
)
def test_expectation_names_a_check_by_its_kind_or_its_own_name(spec, name, wanted, fitting):
    assert label(CheckSpec(**spec)) == name
    assert fits(name, wanted) is fitting


def test_group_is_replaced_by_its_members_and_nothing_else_is():
    assert expanded(["REF", "budget"], {"REF": ("diff", "figures")}) == ("diff", "figures", "budget")


def test_first_change_names_the_place_and_the_part_that_differs():
    before, after = (
        behaviour(a_result(said=said).outcome) for said in ("It is worth $99,437.50.", "It is worth $94,937.50.")
    )

    assert first_change(before, before) is None
    assert first_change(before, after) == "turns[0].answer: It is worth $99,437.50. → It is worth $94,937.50."
    assert first_change({"a": [1]}, {"a": [1, 2]}) == "a: 1 → 2 of them"
    assert first_change({"a": 1}, {"b": 1}) == "a: gone"
    assert first_change({"a": float("nan")}, {"a": float("nan")}) is None
