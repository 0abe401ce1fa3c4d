"""Screen with half of the baseline, confirm fresh trials with the other half."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from builders import a_case, a_job, a_manifest, a_result, a_verdict
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UserError
from harness.gate import (
    Evidence,
    Fresh,
    Limits,
    MetricLimits,
    Quarantined,
    bless,
    decide,
    decide_all,
    in_force,
    tally,
    to_confirm,
)

NIGHT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
WORDS = {"p": "passed", "f": "failed", "e": "errored", "u": "undecided"}
TEN = "pppppppppp"
MANY = {f"C-{number:02}": TEN for number in range(50)}


def cases(spec, **known):
    jobs = [
        (a_job(a_case(name, **known), index=index), letter)
        for name, row in spec.items()
        for index, letter in enumerate(row)
    ]
    return tally([job for job, _ in jobs], [a_result(WORDS[letter], job=job) for job, letter in jobs]).get(
        "demo/basics", ()
    )


def baseline(spec, **known):
    return bless(a_manifest("before"), "demo/basics", cases(spec, **known), by="ann", at=NIGHT).baseline


def again(spec, **known):
    return {item.name: item for item in cases(spec, **known)}


def once(spec, **failing):
    return {name: failing.get(name.replace("-", ""), "p") for name in spec}


def test_a_case_that_fails_again_is_confirmed_and_named():
    after = cases(once(MANY, C07="f", C08="f", C09="f"))
    fresh = Fresh(confirm=again({"C-07": "fffff", "C-08": "fffff", "C-09": "ppppp"}))

    decision = decide(baseline(MANY), "now", after, fresh=fresh)

    assert decision.value == "regress"
    assert [item.case for item in decision.confirmed] == ["C-07", "C-08"]
    assert [item.case for item in decision.suspected] == ["C-09"]
    assert decision.plan == "screen and confirm"
    assert decision.fresh_trials == 15


def test_a_failure_by_chance_is_cleared():
    decision = decide(baseline(MANY), "now", cases(once(MANY, C07="f")), fresh=Fresh(confirm=again({"C-07": "ppppp"})))

    assert decision.value == "pass"
    assert decision.confirmed == ()
    assert [item.case for item in decision.suspected] == ["C-07"]


def test_only_the_screening_half_chooses_suspects():
    before = baseline({"A": "fffffppppp", "B": "pppppfffff", "C": TEN})

    suspects = to_confirm(Evidence(before, cases({"A": "f", "B": "f", "C": "p"})))

    assert [item.case.id for item in suspects] == ["B"]


def test_the_level_is_divided_between_the_looks():
    after = cases(once(MANY, C07="f", C08="f"))
    single = decide(baseline(MANY), "now", after)
    staged = decide(baseline(MANY), "now", after, fresh=Fresh(confirm=again({"C-07": "ppppp", "C-08": "ppppp"})))

    assert single.p == pytest.approx((1 / 11) ** 2 / 2)
    assert staged.p == pytest.approx((1 / 6) ** 2 / 2 / 0.4)


def test_suspects_without_fresh_trials_make_it_invalid():
    after = cases(once(MANY, C07="f"))

    assert decide(baseline(MANY), "now", after, fresh=Fresh(confirm=again({"C-07": "eeeee"}))).value == "invalid"
    assert (
        "no fresh trial of 1 suspected case: C-07"
        in decide(baseline(MANY), "now", after, fresh=Fresh(confirm={})).reasons[0]
    )


@pytest.mark.parametrize(
    ("fresh", "value"), [("ffppp", "regress"), ("pfpff", "pass"), ("fpppp", "pass"), ("pffpp", "regress")]
)
def test_must_pass_is_decided_by_two_of_three_fresh_trials(fresh, value):
    after = cases(once(MANY, C07="f"), must_pass=True)

    decision = decide(
        baseline(MANY, must_pass=True), "now", after, fresh=Fresh(confirm=again({"C-07": fresh}, must_pass=True))
    )

    assert decision.value == value


def test_a_breach_in_a_fresh_trial_counts_as_any():
    job = a_job(a_case("C-07"))
    leak = a_result("failed", job=job, verdicts=(a_verdict(False, check="no-pii", severity="blocker", reason="leaks"),))
    fresh = {item.name: item for item in tally([job], [leak])["demo/basics"]}

    decision = decide(baseline(MANY), "now", cases(once(MANY, C07="f")), fresh=Fresh(confirm=fresh))

    assert decision.value == "regress"
    assert decision.reasons == ("C-07 failed a blocker check (no-pii: leaks)",)


def test_escalation_judges_all_trials_of_all_cases():
    before = baseline(dict.fromkeys(MANY, "ppppppppfp"))
    drifted = Fresh(confirm={}, escalated=again(dict.fromkeys(MANY, "pfpf")))

    decision = decide(before, "now", cases(once(MANY)), Limits(on_inconclusive="escalate"), drifted)

    assert decision.value == "regress"
    assert decision.plan == "screen and confirm and escalate"
    assert decision.rate == pytest.approx(3 / 5)


def test_quarantined_cases_are_shown_and_do_not_decide():
    after = cases(once(MANY, C07="f", C08="f", C09="f"))
    held = frozenset({"C-07", "C-08", "C-09"})

    (decision,) = decide_all("now", [Evidence(baseline(MANY), after, quarantined=held)])

    assert decision.value == "pass"
    assert decision.quarantined == ("C-07", "C-08", "C-09")
    assert decision.compared == 47


def test_a_quarantine_ends_and_says_whose_it_was():
    item = Quarantined(case="A", suite="demo/basics", owner="ann", expires="2026-11-20", reason="flaky provider")

    assert in_force([item], "demo/basics", date(2026, 11, 20)) == (frozenset({"A"}), ())
    held, over = in_force([item], "demo/basics", date(2026, 11, 21))
    assert held == frozenset()
    assert over == ("the quarantine of A ended on 2026-11-20; it counts again (owner: ann)",)


def test_several_suites_share_one_level():
    before, after = baseline(MANY), cases(once(MANY, C07="f"))
    alone = decide(before, "now", after)
    shared = decide_all("now", [Evidence(before, after)] * 3)

    assert alone.value == "regress"
    assert [item.value for item in shared] == ["pass"] * 3
    assert shared[0].metrics[0].p_adjusted == pytest.approx(3 * alone.p)


def spent(spec, price):
    return [
        replace(item, cost_usd=(price,) * item.decided, tokens=(100.0 * price,) * item.decided) for item in cases(spec)
    ]


def test_a_dearer_agent_regresses_where_cost_is_gated():
    before = bless(a_manifest("before"), "demo/basics", spent(MANY, 1.0), by="ann", at=NIGHT).baseline
    limits = Limits(metrics={"pass_rate": MetricLimits(), "cost": MetricLimits()})

    dearer = decide(before, "now", spent(once(MANY), 1.2), limits)
    hardly = decide(before, "now", spent(once(MANY), 1.02), limits)

    assert dearer.value == "regress"
    assert dearer.reasons == ("cost grew by 20.0% (p = 0.0002)",)
    assert hardly.value == "pass"


def test_another_judge_is_another_measure():
    def judged(by, index=0):
        job = a_job(a_case("A"), index=index)
        verdict = a_verdict(True, check="llm-rubric", labels={"judge": by, "rubric": "advice v1 0123abcd"})
        return tally([job], [a_result(job=job, verdicts=(verdict,))])["demo/basics"]

    before = bless(a_manifest("before"), "demo/basics", judged("model-a"), by="ann", at=NIGHT).baseline

    assert decide(before, "now", judged("model-a")).value == "inconclusive"
    other = decide(before, "now", judged("model-b"))
    assert other.value == "invalid"
    assert "judged by model-b advice v1 0123abcd, in the baseline by model-a" in other.reasons[0]


def test_a_renamed_case_is_compared_under_its_new_name():
    after = {("D-00" if name == "C-00" else name): row for name, row in once(MANY, C00="f").items()}

    decision = decide(baseline(MANY), "now", cases(after))

    assert decision.renamed == ("C-00 -> D-00",)
    assert (decision.removed, decision.added, decision.compared) == ((), (), 50)


def test_a_weakened_case_is_named_with_what_it_lost():
    decision = decide(baseline({"A": TEN}, must_pass=True, severity="blocker"), "now", cases({"A": "p"}, checks=()))

    assert decision.weakened == (
        "A: need not pass any more; severity blocker became major; check contains major changed or gone",
    )


def test_flaky_cases_are_named_with_their_share_of_the_noise():
    decision = decide(baseline(MANY | {"X": "pfpfpfpfpf"}), "now", cases(once({**MANY, "X": ""})))

    assert decision.flaky == ("X (5/10 in the baseline, 100% of the suite's noise)",)


def test_an_open_decision_says_what_it_could_have_seen():
    before = baseline(dict.fromkeys(MANY, "ppppppppfp"))
    decision = decide(before, "now", cases(once(MANY, C01="f", C02="f", C03="f", C04="f", C05="f")))

    assert decision.value == "inconclusive"
    assert "could only have seen a drop of 12 points" in decision.reasons[0]
    assert "trials per case would decide" in decision.reasons[0]


@given(st.dictionaries(st.sampled_from("ABCDEF"), st.tuples(st.text("pf", min_size=1, max_size=10), st.text("pfe", min_size=1, max_size=3), st.text("pfe", max_size=5)), min_size=1))  # fmt: skip
def test_whatever_the_stages_saw_there_is_a_decision(rows):
    before = baseline({name: row[0] for name, row in rows.items()})
    fresh = Fresh(confirm=again({name: row[2] for name, row in rows.items()}))

    decision = decide(before, "now", cases({name: row[1] for name, row in rows.items()}), fresh=fresh)

    assert decision.value in {"pass", "regress", "inconclusive", "invalid"}
    assert decision.reasons


def test_a_regression_beside_many_errors_stands_when_no_verdict_of_theirs_could_undo_it():
    lost = {f"C{number:02}": "f" for number in range(12)} | {f"C{number:02}": "e" for number in range(12, 16)}
    few = {f"C{number:02}": "f" for number in range(4)} | {f"C{number:02}": "e" for number in range(4, 30)}

    certain = decide(baseline(MANY), "now", cases(once(MANY, **lost)))
    unsure = decide(baseline(dict.fromkeys(MANY, "pppppppppf")), "now", cases(once(MANY, **few)))

    assert certain.value == "regress"
    assert certain.reasons[-1] == "4 of 50 trials errored, more than 5%; run them again"
    assert unsure.value == "invalid"


def test_a_regression_of_an_unfinished_run_is_held_to_the_same():
    after = [replace(item, planned=item.planned + 9) for item in cases(once(MANY, C07="f", C08="f"))]

    assert decide(baseline(MANY), "now", after).value == "invalid"


def replied(spec, replies=None, **facts):
    """Trials of cases, each with a reply: its own, or the one given."""
    jobs = [(a_job(a_case(name), index=index), word) for name, row in spec.items() for index, word in enumerate(row)]
    results = [
        a_result(
            WORDS[word],
            job=job,
            steps=facts or {"replies": [(replies or (lambda job: f"{job.case.id}{job.index}:text"))(job)]},
        )
        for job, word in jobs
    ]
    return tally([job for job, _ in jobs], results)["demo/basics"]


def test_trials_that_a_cache_answered_are_refused():
    decision = decide(baseline(MANY), "now", replied(once(MANY), from_cache=1))

    assert decision.value == "invalid"
    assert decision.reasons == (
        (
            "50 trials are copies (C-00, C-01, C-02, C-03, C-04 and 45 more): model replies came from a cache; "
            "switch the cache off and run them again"
        ),
    )


def test_repeats_of_one_reply_are_refused_and_those_of_different_replies_are_not():
    repeats = dict.fromkeys(MANY, "ppp")
    once_asked = decide(baseline(MANY), "now", replied(repeats, lambda job: f"{job.case.id}:text"))

    assert once_asked.value == "invalid"
    assert once_asked.reasons[0].startswith("100 trials are copies")
    assert decide(baseline(MANY), "now", replied(repeats)).value == "pass"


def test_a_server_that_gives_every_reply_one_id_identifies_none():
    replies = replied(dict.fromkeys(MANY, "ppp"), lambda job: f"chatcmpl-1:{job.case.id}")

    assert decide(baseline(MANY), "now", replies).value == "pass"


def test_fresh_trials_that_repeat_the_run_s_replies_confirm_nothing():
    same = lambda job: f"{job.case.id}:text"
    after = replied(once(MANY, C07="f"), same)
    fresh = Fresh(confirm={item.name: item for item in replied({"C-07": "fffff"}, same)})

    decision = decide(baseline(MANY), "now", after, fresh=fresh)

    assert decision.value == "invalid"
    assert "5 trials are copies (C-07)" in decision.reasons[-1]


def test_copies_are_not_blessed():
    with pytest.raises(UserError, match="1 trial is a copy"):
        bless(a_manifest("before"), "demo/basics", replied({"A": "pp"}, lambda job: "id:text"), by="ann", at=NIGHT)
