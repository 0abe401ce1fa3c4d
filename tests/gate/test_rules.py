from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from builders import a_case, a_job, a_manifest, a_result, a_verdict
from hypothesis import given
from hypothesis import strategies as st

from harness.gate import Limits, bless, decide, exit_code, tally, worst

MORNING = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def cases(spec, **known):
    """Tallies from {case id: one letter per trial}: p passed, f failed, u undecided, e errored, - missing."""
    words = {"p": "passed", "f": "failed", "u": "undecided", "e": "errored"}
    jobs = [
        (a_job(a_case(name, **known), index=index), letter)
        for name, row in spec.items()
        for index, letter in enumerate(row)
    ]
    results = [a_result(words[letter], job=job) for job, letter in jobs if letter != "-"]
    return tally([job for job, _ in jobs], results).get("demo/basics", ())


def baseline(spec, **known):
    return bless(a_manifest("before"), "demo/basics", cases(spec, **known), by="ann", at=MORNING).baseline


def judged(before, after, limits=None, **known):
    return decide(baseline(before, **known), "now", cases(after, **known), limits)


MANY = {f"C-{number:02}": "p" for number in range(40)}


def test_the_same_results_over_enough_cases_pass():
    decision = judged(dict.fromkeys(MANY, "ppp"), dict.fromkeys(MANY, "ppp"))

    assert decision.value == "pass"
    assert (decision.compared, decision.rate, decision.drop) == (40, 1.0, 0.0)
    assert decision.drop_limit is not None
    assert 0 < decision.drop_limit < 0.05


def test_the_same_results_over_few_cases_prove_nothing():
    decision = judged({"A": "p", "B": "p"}, {"A": "p", "B": "p"})

    assert decision.value == "inconclusive"
    assert "not excluded with 2 cases" in decision.reasons[0]


def test_many_lost_cases_regress_and_are_named():
    decision = judged(MANY, MANY | dict.fromkeys(list(MANY)[:6], "f"))

    assert decision.value == "regress"
    assert [change.case for change in decision.lost] == list(MANY)[:6]
    assert decision.lost[0].reason == "contains: because of the test"
    assert "dropped by 15.0 points" in decision.reasons[0]


def test_one_trial_each_is_mcnemar_s_mid_p():
    before = MANY | {"X": "f"}
    after = MANY | dict.fromkeys(list(MANY)[:7], "f") | {"X": "p"}

    assert judged(before, after).p == pytest.approx(0.0390625 / 2, abs=1e-9)  # (7, 1): one-sided half of 0.039063


def test_repeated_trials_use_the_stratified_test():
    decision = judged({"A": "ppppp", "B": "ppppp", "C": "pppff"}, {"A": "pff", "B": "ppp", "C": "fff"})

    assert decision.p == pytest.approx(0.0095663, abs=1e-6)
    assert decision.value == "regress"


def test_a_gain_is_no_regression():
    decision = judged(dict.fromkeys(MANY, "f"), MANY)

    assert decision.value == "pass"
    assert len(decision.gained) == 40
    assert decision.lost == ()


def test_a_case_that_must_pass_regresses_alone():
    decision = judged(MANY, MANY | {"C-07": "f"}, must_pass=True)

    assert decision.value == "regress"
    assert decision.reasons == ("C-07 must pass and failed 1 of 1 trials (contains: because of the test)",)


def test_taking_must_pass_away_does_not_take_its_protection_away():
    old = baseline(MANY, must_pass=True)

    decision = decide(old, "now", cases(MANY | {"C-07": "f"}))

    assert decision.value == "regress"
    assert "C-07 must pass" in decision.reasons[0]
    assert len(decision.changed) == 40


def test_a_failed_blocker_check_regresses_once_seen():
    job = a_job(a_case("A"))
    failed = a_result(
        "failed",
        job=job,
        verdicts=(a_verdict(False, check="not-contains", severity="blocker", reason="leaks an account"),),
    )

    decision = decide(baseline({"A": "p"}), "now", tally([job], [failed])["demo/basics"])

    assert decision.value == "regress"
    assert decision.reasons == ("A failed a blocker check (not-contains: leaks an account)",)


def test_minor_cases_are_listed_but_do_not_count():
    decision = judged(MANY, dict.fromkeys(MANY, "f"), severity="minor")

    assert decision.value == "inconclusive"
    assert len(decision.lost) == 40
    assert decision.compared == 0


def test_changed_cases_are_listed_and_not_compared():
    old = baseline(MANY)
    changed = cases({"C-00": "f"}, input="Something else?")

    decision = decide(old, "now", (*changed, *cases({name: "p" for name in MANY if name != "C-00"})))

    assert decision.changed == ("C-00",)
    assert decision.lost == ()
    assert decision.compared == 39


def test_fewer_cases_than_the_baseline_fail():
    after = {name: "p" for name in MANY if name not in {"C-03", "C-04"}}

    assert judged(MANY, after).value == "regress"
    assert judged(MANY, after).reasons == ("2 cases of the baseline not run: C-03, C-04",)
    assert judged(MANY, after, Limits(allow_removed=True)).value == "pass"


def test_new_cases_are_listed_and_not_compared():
    decision = judged(MANY, MANY | {"N": "f"})

    assert decision.added == ("N",)
    assert decision.lost == ()


@pytest.mark.parametrize(("errored", "value"), [(2, "inconclusive"), (3, "invalid")])
def test_more_than_five_percent_errored_trials_say_nothing(errored, value):
    decision = judged(MANY, MANY | dict.fromkeys(list(MANY)[:errored], "e"))

    assert decision.value == value
    assert decision.errored == errored


def test_a_run_with_missing_trials_says_nothing():
    decision = judged(MANY, MANY | {"C-01": "-"})

    assert decision.value == "invalid"
    assert "1 of 40 planned trials have no result" in decision.reasons[0]


def test_undecided_cases_never_let_a_gate_pass():
    many = dict.fromkeys(MANY, "ppp")

    decision = judged(many, many | {"C-01": "uuu"})

    assert decision.value == "inconclusive"
    assert decision.reasons == ("1 case without a verdict: C-01",)


def test_a_case_that_must_pass_needs_a_verdict():
    assert judged(MANY, MANY | {"C-01": "u"}, must_pass=True).value == "invalid"


def test_another_agent_is_compared_on_the_same_cases():
    case = a_case("A", agent="mutant")

    decision = decide(baseline({"A": "p"}), "now", tally([a_job(case)], [a_result(job=a_job(case))])["demo/basics"])

    assert decision.compared == 1
    assert decision.notes == ("compares mutant with the baseline of adviser",)


def test_a_run_that_is_compared_with_itself_is_told_so():
    decision = decide(baseline({"A": "p"}), "before", cases({"A": "p"}))

    assert decision.notes == ("this is the run that the baseline was taken from",)


def test_nothing_comparable_is_invalid():
    decision = decide(baseline({"A": "p"}), "now", cases({"A": "p"}, input="other"))

    assert decision.value == "invalid"
    assert "no case can be compared" in decision.reasons[0]


@given(
    st.lists(
        st.tuples(st.text("pfuue-", min_size=1, max_size=3), st.text("pf", min_size=1, max_size=3)),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_happened_the_decision_is_one_of_four_and_has_a_reason(rows):
    before = {f"C{index}": old for index, (_, old) in enumerate(rows)}
    after = {f"C{index}": new for index, (new, _) in enumerate(rows)}

    decision = judged(before, after)

    assert decision.value in {"pass", "regress", "inconclusive", "invalid"}
    assert all(decision.reasons)
    assert decision == replace(decision)


def test_the_worst_decides_and_the_exit_code_says_it():
    assert worst(["pass", "invalid", "inconclusive"]) == "invalid"
    assert worst(["pass", "regress", "invalid"]) == "regress"
    assert [exit_code(value) for value in ("pass", "regress", "inconclusive", "invalid")] == [0, 1, 0, 3]
    assert exit_code("inconclusive", strict=True) == 3


def test_a_run_in_which_everything_errored_says_nothing():
    decision = judged(MANY, dict.fromkeys(MANY, "e"))

    assert decision.value == "invalid"
    assert "40 of 40 trials errored" in decision.reasons[0]
    assert (decision.rate, decision.p, decision.compared) == (None, None, 0)


def test_one_case_with_one_trial_proves_nothing_either_way():
    assert judged({"A": "p"}, {"A": "f"}).value == "inconclusive"
    assert judged({"A": "p"}, {"A": "p"}).value == "inconclusive"


def test_an_empty_run_has_lost_its_cases():
    assert decide(baseline({"A": "p"}), "now", ()).reasons == ("1 case of the baseline not run: A",)
