"""How verdicts are reached and what they make of a trial."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from builders import a_call, a_case, a_check, a_conversation, a_job, a_trace, a_trace_of, a_verdict, an_outcome
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Turn, Where
from harness.model.fault import Fault
from harness.registry import Check, Finding, Services, check, replaced
from harness.score import regrade, score, share_of, status_of

YES, NO, OPEN = a_check(value="a"), a_check(value="z"), a_check("ttft", max_ms=1)


def scored(*checks, answer="abc", services=None, **known):
    case = a_case(checks=checks, **{key: known.pop(key) for key in ("turns", "reference") if key in known})
    return asyncio.run(score(a_job(case), an_outcome(answer, **known), services or Services(), timeout_s=0.05))


def changed(spec, **fields):
    return a_check(spec.type, **spec.params, **fields)


@pytest.fixture
def custom():
    """Register checks for one test."""
    before = replaced(None)
    yield check
    replaced(before)


@pytest.mark.parametrize(
    ("checks", "status", "share"),
    [
        pytest.param([YES], "passed", 1.0, id="holds"),
        pytest.param([YES, NO], "failed", 0.5, id="one-fails"),
        pytest.param([YES, OPEN], "undecided", 1.0, id="one-open"),
        pytest.param([NO, OPEN], "failed", 0.0, id="failure-goes-before-open"),
        pytest.param([], "undecided", None, id="no-check"),
        pytest.param([OPEN], "undecided", None, id="only-open"),
        pytest.param([YES, changed(NO, severity="minor")], "passed", 0.5, id="minor-only-lowers"),
        pytest.param([YES, changed(OPEN, severity="minor")], "passed", 1.0, id="minor-open"),
        pytest.param([changed(OPEN, severity="minor")], "undecided", None, id="only-minor-open"),
        pytest.param([changed(YES, weight=9), changed(NO, severity="blocker")], "failed", 0.9, id="blocker-not-averaged"),
        pytest.param([a_check("not-contains", value="z")], "passed", 1.0, id="negated"),
        pytest.param([a_check("not-contains", value="a")], "failed", 0.0, id="negated-fails"),
        pytest.param([a_check("not-ttft", max_ms=1)], "undecided", None, id="negated-open-stays-open"),
        pytest.param([a_check("not-diff", expected={})], "failed", 0.0, id="negated-unreadable-stays-failed"),
    ],
)  # fmt: skip
def test_status_and_score(checks, status, share):
    result = scored(*checks)

    assert (result.status, result.score) == (status, share)
    assert len(result.verdicts) == len(checks)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("agent_failed", "failed"),
        ("timed_out", "failed"),
        ("over_budget", "failed"),
        ("infrastructure_failed", "errored"),
        ("cancelled", "errored"),
    ],
)
def test_how_the_trial_ended_comes_first(status, expected):
    result = scored(YES, status=status)

    assert result.status == expected
    assert (result.score == 0.0) == (expected == "failed")
    assert [verdict.check for verdict in result.verdicts] == (["agent"] if expected == "failed" else [])


def test_an_agent_s_failure_is_a_blocker_that_says_why_and_what_was_not_run():
    (verdict,) = scored(YES, NO, status="timed_out").verdicts

    assert (verdict.severity, verdict.passed) == ("blocker", False)
    assert verdict.reason == (
        "the agent did not finish in time: timed_out: the trial ended as timed_out (2 checks not run)"
    )


def test_checks_that_speak_of_failed_agents_are_run_for_them(custom):
    @custom("test:speaks")
    class Speaks(Check):
        on_failed_agent = True

        def conclude(self, subject):
            return self.finding(False, "no apology was given")

    result = scored(YES, a_check("test:speaks"), status="agent_failed")

    assert [verdict.check for verdict in result.verdicts] == ["agent", "test:speaks"]
    assert "(1 check not run)" in result.verdicts[0].reason


def test_a_verdict_carries_what_the_suite_says():
    where = Where(file="cases/a.yaml", line=7, column=3)

    (verdict,) = scored(a_check(value="z", severity="minor", weight=2.0, metric="tone", where=where)).verdicts

    assert (verdict.severity, verdict.weight, verdict.metric, verdict.where) == (
        "minor",
        2.0,
        "tone",
        "cases/a.yaml:7:3",
    )
    assert (verdict.expected, verdict.actual) == ("z", "abc")


def test_checks_of_turns_come_first_and_look_at_their_turn():
    turns = (Turn(input="one", checks=(a_check(value="first"),)), Turn(input="two", checks=(a_check(value="second"),)))
    trace = a_conversation("first", "second")

    result = scored(a_check(value="second"), trace=trace, turns=turns)

    assert result.status == "passed"
    assert [verdict.turn for verdict in result.verdicts] == [0, 1, None]


def test_a_turn_that_was_never_answered_fails_its_checks_under_not_too():
    turns = (Turn(input="one"), Turn(input="two", checks=(a_check("not-contains", value="x"), changed(OPEN))))

    result = scored(trace=a_conversation("first"), turns=turns)

    assert [verdict.passed for verdict in result.verdicts] == [False, False]
    assert result.verdicts[0].reason == "turn 2 was never answered"


class Odd(Exception):
    def __str__(self):
        raise RuntimeError("no message either")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(ValueError("boom"), id="raises"),
        pytest.param(Odd(), id="raises-without-a-message"),
        pytest.param(SystemExit(0), id="exits"),
        pytest.param(True, id="truth-value"),
        pytest.param(None, id="nothing"),
        pytest.param(Finding("yes", "x"), id="text-as-conclusion"),
        pytest.param(Finding(True, "x", score=1.5), id="score-beyond-one"),
        pytest.param(Finding(True, "x", score=float("nan")), id="score-that-is-no-number"),
    ],
)
@pytest.mark.parametrize("waits", [False, True])
def test_a_broken_check_is_undecided_says_so_and_harms_no_other(custom, answer, waits):
    def answered():
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @custom("test:broken")
    class Broken(Check):
        def conclude(self, subject):
            if not waits:
                return answered()

            async def later():
                return answered()

            return later()

    result = scored(YES, a_check("not-test:broken"), YES)

    assert result.status == "undecided"
    assert [verdict.passed for verdict in result.verdicts] == [True, None, True]
    assert [verdict.error for verdict in result.verdicts] == [False, True, False]
    assert result.verdicts[1].reason.startswith("the check not-test:broken broke: ")


def test_a_check_that_waits_too_long_is_undecided(custom):
    @custom("test:waits")
    class Waits(Check):
        async def conclude(self, subject):
            await asyncio.Event().wait()

    (verdict,) = scored(a_check("test:waits")).verdicts

    assert (verdict.passed, verdict.error) == (None, True)
    assert verdict.reason == "the check test:waits broke: TimeoutError: no conclusion after 0.05 s"


def test_a_time_out_of_the_check_s_own_is_told_as_its_own(custom):
    @custom("test:own")
    class Own(Check):
        async def conclude(self, subject):
            raise TimeoutError("the judge did not answer")

    (verdict,) = scored(a_check("test:own")).verdicts

    assert verdict.reason.endswith("TimeoutError: the judge did not answer")


def test_checks_that_wait_wait_together_and_keep_their_order(custom):
    gate = asyncio.Event()

    @custom("test:waits")
    class Waits(Check):
        opens: bool = False

        async def conclude(self, subject):
            gate.set() if self.opens else await gate.wait()
            return self.finding(True, "opened" if self.opens else "waited")

    result = scored(a_check("test:waits"), YES, a_check("test:waits", opens=True))

    assert [verdict.reason for verdict in result.verdicts][::2] == ["waited", "opened"]


@pytest.mark.parametrize("spec", [a_check("no-such-kind"), a_check("contains", valeu="x"), a_check("regex", value="(")])
def test_a_check_that_cannot_be_made_is_a_broken_one(spec):
    (verdict,) = scored(spec).verdicts

    assert (verdict.passed, verdict.error) == (None, True)


@pytest.mark.parametrize(("costs", "total"), [((0.5, 0.25), 0.75), ((0.5, None), None), ((), 0.0)])
def test_what_judging_cost_is_the_sum_and_unknown_when_a_part_is(custom, costs, total):
    @custom("test:costs")
    class Costs(Check):
        usd: float | None = None

        def conclude(self, subject):
            return self.finding(True, "judged", cost_usd=self.usd)

    result = scored(*[a_check("test:costs", usd=usd) for usd in costs])

    assert result.judge_cost_usd == total


def test_degrees_count_by_degree_and_are_turned_by_not(custom):
    @custom("test:degree")
    class Degree(Check):
        def conclude(self, subject):
            return self.finding(True, "mostly", score=0.75)

    assert scored(a_check("test:degree")).score == 0.75
    assert scored(a_check("not-test:degree")).score == 0.25
    assert scored(a_check("not-test:degree")).status == "failed"


def test_long_texts_are_cut_in_verdicts():
    (verdict,) = scored(a_check("equals", value="b"), answer="a" * 10_000).verdicts

    assert len(verdict.actual) < 2100
    assert verdict.actual.endswith("(+8000 characters)")


def test_the_steps_are_analysed_and_an_odd_trace_costs_no_verdict(monkeypatch):
    assert scored(YES, steps=[a_call()]).steps["calls"] == 1
    monkeypatch.setattr("harness.score.analyse", lambda *_, **__: 1 / 0)

    result = scored(YES, trace=a_trace("abc"))

    assert result.status == "passed"
    assert result.steps == {"error": "ZeroDivisionError: division by zero"}


def test_a_check_that_asks_whether_the_trial_passed_is_concluded_after_the_others():
    case = a_case(checks=[a_check("trajectory:efficiency", min=0.5), NO], plan=[("get_price", {})])
    outcome = an_outcome("abc", steps=[a_call()])

    result = asyncio.run(score(a_job(case), outcome, Services()))

    assert [verdict.check for verdict in result.verdicts] == ["trajectory:efficiency", NO.type]
    assert (result.verdicts[0].passed, result.verdicts[0].score) == (False, 0.0)
    assert result.steps["plan"]["efficiency"] == 0.0


def test_regrading_uses_the_stored_trace_and_the_case_as_it_is_now():
    first = scored(NO)

    again = asyncio.run(regrade(first, Services()))
    now = asyncio.run(regrade(first, Services(), case=a_case(checks=[YES])))

    assert again == first
    assert (now.status, now.outcome) == ("passed", first.outcome)
    assert now.job.key == first.job.key


def test_cancelling_is_not_swallowed(custom):
    @custom("test:waits")
    class Waits(Check):
        async def conclude(self, subject):
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        scored(a_check("test:waits"))


VERDICTS = st.lists(
    st.builds(
        a_verdict,
        st.sampled_from([True, False, None]),
        severity=st.sampled_from(["blocker", "major", "minor"]),
        weight=st.floats(0, 10),
        score=st.none() | st.floats(0, 1),
    ),
    max_size=6,
)


@given(VERDICTS)
def test_a_trial_passes_only_when_nothing_required_failed_or_is_open_and_something_held(verdicts: Any):
    status = status_of(an_outcome(), verdicts)
    required = [verdict.passed for verdict in verdicts if verdict.severity != "minor"]

    assert (status == "passed") == (all(required) and any(verdict.passed is not None for verdict in verdicts))
    assert (status == "failed") == (False in required)


@given(VERDICTS)
def test_the_score_is_a_share(verdicts: Any):
    share = share_of(verdicts)

    assert share is None or 0 <= share <= 1


def test_a_fault_that_never_struck_leaves_the_trial_undecided():
    case = a_case(checks=[YES], faults=(Fault(seam="tool", kind="timeout", name="quote"),))

    result = asyncio.run(score(a_job(case), an_outcome("abc"), Services()))

    assert result.status == "undecided"
    assert result.verdicts[-1].reason == "never struck, so nothing is proven: timeout at tool quote"


def test_a_fault_that_struck_is_proven_by_the_trace():
    case = a_case(
        checks=[YES], faults=(Fault(seam="tool", kind="timeout"), Fault(seam="model", kind="reset", optional=True))
    )
    trace = a_trace_of(("fault", {"seam": "tool", "kind": "timeout", "fault": 0, "name": "q", "call": 1}), ("text_done", {"text": "abc"}))  # fmt: skip

    result = asyncio.run(score(a_job(case), an_outcome(trace=trace), Services()))

    assert (result.status, result.score) == ("passed", 1.0)
    assert result.verdicts[-1].reason == "1 fault struck, as the trace shows"


def test_a_check_that_fails_fails_whatever_struck():
    case = a_case(checks=[NO], faults=(Fault(seam="tool", kind="timeout"),))

    assert asyncio.run(score(a_job(case), an_outcome("abc"), Services())).status == "failed"
