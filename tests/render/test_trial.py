"""One trial step by step."""

from builders import a_call, a_job, a_model_call, a_result, a_verdict, an_outcome

from harness.model import Failure
from harness.render.terminal import painted
from harness.render.trial import trial_lines


def text_of(result, **known):
    return "".join(f"{painted(line, colour=False)}\n" for line in trial_lines(result, **known))


def test_trial_step_by_step(sample, golden):
    golden("trial.txt", text_of(sample.results[3]))


def test_a_crash_shows_its_last_lines():
    error = Failure("ValueError", "no such portfolio", "\n".join(f"line {number}" for number in range(40)))
    result = a_result("failed", outcome=an_outcome(status="agent_failed", error=error), verdicts=())

    shown = text_of(result)

    assert "ValueError: no such portfolio" in shown
    assert "line 39" in shown
    assert "line 3\n" not in shown
    assert "no check looked at it" in shown


def test_everything_is_shown_when_asked_for():
    answer = "first line\n" + "word " * 400
    result = a_result(outcome=an_outcome(answer, steps=[a_call("big", {"x": "y" * 900})]))

    assert "characters)" in text_of(result)
    assert "characters)" not in text_of(result, full=True)
    assert "  answer  first line\n" in text_of(result, full=True)


def test_what_is_unknown_is_not_zero():
    shown = text_of(a_result(outcome=an_outcome(steps=[a_model_call(tokens=None, cost_usd=None)])))

    assert "tokens and cost unknown" in shown
    assert "$0" not in shown


def test_unfinished_steps_say_so():
    step = a_call("slow", status="unfinished", t0=1.0, t1=1.0)

    assert "unfinished" in text_of(a_result("failed", outcome=an_outcome(status="timed_out", steps=[step])))


def test_a_check_that_broke_is_undecided():
    verdict = a_verdict(None, reason="the check broke: boom", error=True)

    assert "? contains  the check broke: boom" in text_of(a_result("undecided", job=a_job(), verdicts=(verdict,)))
