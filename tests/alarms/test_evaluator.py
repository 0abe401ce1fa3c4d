"""Alarms are raised by CloudWatch's own rules: periods, M out of N, missing data, thresholds that are met exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.alarms import AlarmState, Sample, evaluate, states, worst_of_run
from harness.alarms.evaluator import decide
from harness.shape import MisfitsError
from harness.workspace import AlarmRule

NOW = 1_800_000_000.0


def a_rule(**known: Any) -> AlarmRule:
    """Success below 0.90, one period of 300 s."""
    return AlarmRule(**{"name": "r", "metric": "AgentSuccess", "threshold": 0.9, **known})


def samples(*values: float, metric: str = "AgentSuccess", agent: str = "planner", at_s: float = NOW) -> list[Sample]:
    """Samples of one moment."""
    return [Sample(at_s, metric, value, (("agent", agent),)) for value in values]


def points(text: str) -> list[bool | None]:
    """`0 - X` as datapoints."""
    return [{"0": False, "X": True, "-": None}[mark] for mark in text.split()]


ALARM, OK, NONE, KEEP = "ALARM", "OK", "INSUFFICIENT_DATA", "keep"
TABLE = [  # the two tables of AWS's page on missing data: missing, ignore, breaching, notBreaching
    (3, "0 - X - X", (OK, OK, OK, OK)),
    (3, "- - - - 0", (OK, OK, OK, OK)),
    (3, "- - - - -", (NONE, KEEP, ALARM, OK)),
    (3, "0 X X - X", (ALARM, ALARM, ALARM, ALARM)),
    (3, "- - X - -", (ALARM, KEEP, ALARM, OK)),
    (2, "0 - X - X", (ALARM, ALARM, ALARM, ALARM)),
    (2, "0 0 X 0 X", (ALARM, ALARM, ALARM, ALARM)),
    (2, "0 - X - -", (OK, OK, ALARM, OK)),
    (2, "- - - - 0", (OK, OK, ALARM, OK)),
    (2, "- - - X -", (ALARM, KEEP, ALARM, OK)),
]


@pytest.mark.parametrize(("needed", "text", "wanted"), TABLE)
@pytest.mark.parametrize("previous", [OK, ALARM])
def test_the_tables_of_the_manual(needed: int, text: str, wanted: Sequence[str], previous: Any) -> None:
    for missing, state in zip(("missing", "ignore", "breaching", "notBreaching"), wanted, strict=True):
        rule = a_rule(periods=3, datapoints=needed, missing=missing)

        assert decide(points(text), rule, previous)[0] == (previous if state == KEEP else state), missing


@pytest.mark.parametrize("text", ["- - - - X", "- - - X -"])
def test_one_new_breach_raises_nothing_yet(text: str) -> None:
    assert decide(points(text), a_rule(periods=3, missing="missing"), "INSUFFICIENT_DATA")[0] == "INSUFFICIENT_DATA"
    assert decide(points(text), a_rule(periods=3, missing="missing"), "OK")[0] == "OK"


@pytest.mark.parametrize(("comparison", "exactly"), [("<", "OK"), ("<=", "ALARM"), (">", "OK"), (">=", "ALARM")])
def test_exactly_at_the_threshold(comparison: Any, exactly: str) -> None:
    values = samples(*[1.0] * 9, 0.0)  # nine of ten, which is not 0.9 in every order of adding

    assert evaluate(a_rule(comparison=comparison), values, NOW).state == exactly


def test_money_adds_up_to_the_threshold() -> None:
    rule = a_rule(metric="CostUSD", statistic="sum", comparison=">=", threshold=0.3)

    assert evaluate(rule, samples(0.1, 0.2, metric="CostUSD"), NOW).state == "ALARM"


@pytest.mark.parametrize(
    ("missing", "state"), [("missing", NONE), ("ignore", NONE), ("breaching", ALARM), ("notBreaching", OK)]
)
def test_no_data_and_a_cold_start(missing: Any, state: str) -> None:
    found = evaluate(a_rule(missing=missing), [], NOW)

    assert (found.state, found.value, found.samples) == (state, None, 0)
    assert "no data" in found.reason


def test_one_point_is_enough_only_where_the_rule_says_so() -> None:
    assert evaluate(a_rule(), samples(0.0), NOW).state == "ALARM"
    assert evaluate(a_rule(min_samples=2), samples(0.0), NOW).state == "INSUFFICIENT_DATA"
    assert evaluate(a_rule(min_samples=2), samples(0.0, 0.0), NOW).state == "ALARM"


@pytest.mark.parametrize(("count", "state"), [(0, OK), (4, OK), (5, ALARM), (6, ALARM)])
def test_five_errors_in_five_minutes(count: int, state: str) -> None:
    rule = a_rule(metric="Errors", statistic="sum", comparison=">=", threshold=5, missing="notBreaching")

    assert evaluate(rule, samples(*[1.0] * count, 0.0, metric="Errors"), NOW).state == state


def test_only_the_period_of_now_counts() -> None:
    early = samples(0.0, at_s=NOW - 900)

    assert evaluate(a_rule(periods=1), [*early, *samples(1.0)], NOW).state == "OK"
    assert evaluate(a_rule(), samples(0.0, at_s=NOW + 301), NOW).state == "INSUFFICIENT_DATA"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_measures_nothing(value: float) -> None:
    assert evaluate(a_rule(), samples(value), NOW).state == "INSUFFICIENT_DATA"
    assert evaluate(a_rule(), [Sample(math.nan, "AgentSuccess", 0.0)], NOW).state == "INSUFFICIENT_DATA"


def test_each_agent_has_its_own_state() -> None:
    values = [*samples(0.0, agent="bad"), *samples(1.0, agent="good")]

    found = {state.name: state.state for state in states([a_rule(by=("agent",))], values, NOW)}

    assert found == {"r [agent=bad]": "ALARM", "r [agent=good]": "OK"}


def test_a_rule_of_which_nobody_was_heard_says_so_itself() -> None:
    (found,) = states([a_rule(by=("agent",))], [], NOW)

    assert (found.name, found.state) == ("r", "INSUFFICIENT_DATA")


def test_the_state_before_is_kept_where_the_rule_says_so() -> None:
    rule = a_rule(by=("agent",), missing="ignore", min_samples=5)

    (found,) = states([rule], samples(0.0), NOW, previous={"r [agent=planner]": "ALARM"})

    assert found.state == "ALARM"


def _naive(rule: AlarmRule, marks: Sequence[str], previous: str) -> str:
    """The manual's words, written down once more in another way."""
    real = [mark for mark in marks if mark != "-"][-rule.periods :]
    fill = {"breaching": "X", "notBreaching": "0"}.get(rule.missing, "")
    filled = real + [fill] * (rule.periods - len(real)) if fill else real
    if filled.count("X") >= rule.needed:
        return "ALARM"
    if fill or len(real) == rule.periods or "0" in real:
        return "OK"
    if rule.missing == "ignore":
        return previous
    if not real:
        return "INSUFFICIENT_DATA"
    return "ALARM" if len(marks) - marks.index("X") >= rule.needed else previous


@given(
    marks=st.lists(st.sampled_from("0X-"), min_size=1, max_size=8),
    periods=st.integers(1, 6),
    data=st.data(),
    missing=st.sampled_from(["missing", "ignore", "breaching", "notBreaching"]),
    previous=st.sampled_from(["OK", "ALARM", "INSUFFICIENT_DATA"]),
)
def test_any_series_is_judged_as_the_manual_says(
    marks: list[str], periods: int, data: st.DataObject, missing: Any, previous: Any
) -> None:
    rule = a_rule(periods=periods, datapoints=data.draw(st.integers(1, periods)), missing=missing)

    assert decide(points(" ".join(marks)), rule, previous)[0] == _naive(rule, marks, previous)


@given(st.lists(st.tuples(st.integers(0, 2000), st.booleans()), max_size=40), st.integers(1, 6))
def test_the_worst_stretch_of_a_run_is_that_of_brute_force(found: list[tuple[int, bool]], threshold: int) -> None:
    rule = a_rule(metric="Errors", statistic="sum", comparison=">=", threshold=threshold, missing="notBreaching")
    values = [Sample(NOW + second, "Errors", float(failed)) for second, failed in found]

    (state,) = worst_of_run([rule], values)

    worst = max((sum(failed for other, failed in found if 0 <= other - second < 300) for second, _ in found), default=0)
    assert state.state == ("ALARM" if worst >= threshold else "OK")


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 30))
def test_a_runs_share_needs_samples_and_is_judged_whole(passed: list[bool], least: int) -> None:
    values = [Sample(NOW + 100 * index, "AgentSuccess", float(one)) for index, one in enumerate(passed)]

    (state,) = worst_of_run([a_rule(min_samples=least)], values)

    if len(passed) < least:
        assert state.state == "INSUFFICIENT_DATA"
    else:
        assert state.state == ("ALARM" if 10 * sum(passed) < 9 * len(passed) else "OK")


@pytest.mark.parametrize(
    ("missing", "state"), [("missing", NONE), ("ignore", NONE), ("breaching", ALARM), ("notBreaching", OK)]
)
def test_a_run_without_data_is_judged_by_the_rule(missing: Any, state: str) -> None:
    assert worst_of_run([a_rule(missing=missing)], [])[0].state == state


@pytest.mark.parametrize(
    "known", [{"periods": 2, "datapoints": 3}, {"period_s": 45}, {"period_s": 3600, "periods": 25}, {"period_s": 5}]
)
def test_rules_that_cannot_be_are_refused(known: dict[str, Any]) -> None:
    from harness.shape import read

    with pytest.raises(MisfitsError):
        read(AlarmRule, {"name": "r", "metric": "Errors", "threshold": 1.0, **known})


def test_a_state_knows_its_group() -> None:
    assert AlarmState(a_rule(), "OK", "").name == "r"
