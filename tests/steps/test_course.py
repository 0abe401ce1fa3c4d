"""Loops, recoveries, sources of arguments, time and routes: the worked examples of docs/steps.md, and what is none."""

from __future__ import annotations

import pytest
from builders import a_call, a_case, a_model_call, a_trace
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Reference, Step, ToolFacts
from harness.steps import analyse
from harness.steps.course import Course
from harness.steps.loops import loops
from harness.steps.routing import confusion, confusion_of, routing
from harness.steps.waste import waste


def a_course(*steps, said="Go.", tools=None, duration_s=0.0, **known):
    case = a_case(input=said, reference=Reference(tools=tools or {}, **known))
    return Course.of(a_trace(steps=steps, duration_s=duration_s), case)


def in_turns(*calls, seconds=1.0):
    """Each call in a turn of its own, one after another."""
    return [
        Step(id=f"c{number}", kind="tool", name=call.name, args=call.args, result=call.result, status=call.status,
             error=call.error, t0=number * seconds, t1=(number + 1) * seconds)
        for number, call in enumerate(calls)
    ]  # fmt: skip


LOOK, PRICE, NEWS = a_call("look", {}, 1), a_call("price", {"s": "VTI"}, 250.12), a_call("news", {"s": "VTI"}, "up")


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        pytest.param([LOOK] * 2, [], id="twice-is-no-loop"),
        pytest.param([LOOK] * 3, [(1, 3)], id="three-times"),
        pytest.param([LOOK, PRICE] * 3, [(2, 3)], id="two-calls"),
        pytest.param([LOOK, PRICE, NEWS, LOOK, NEWS, PRICE] * 4, [(6, 4)], id="six-calls"),
        pytest.param([LOOK, PRICE] * 3 + [LOOK], [(2, 3)], id="a-rest-does-not-count"),
        pytest.param([a_call("page", {}, number) for number in range(5)], [], id="new-results-are-progress"),
        pytest.param([a_call("page", {}, error="x")] * 3, [(1, 3)], id="failures-bring-nothing-new"),
        pytest.param([NEWS, LOOK, LOOK, LOOK, PRICE], [(1, 3)], id="inside"),
        pytest.param([LOOK, LOOK, LOOK, PRICE, LOOK, PRICE, LOOK, PRICE], [(1, 3), (2, 3)], id="two-loops-that-touch"),
    ],
)
def test_loops(calls, found):
    assert [(loop.period, loop.rounds) for loop in loops(calls)] == found


def test_waiting_for_a_job_is_no_loop_and_no_repeat():
    course = a_course(*[a_call("get_job", {"id": 7}, "running")] * 5, tools={"get_*": ToolFacts(poll=True)})

    assert (course.loops, course.repeats) == ([], [])


def test_agents_go_in_circles_each_for_itself():
    calls = [a_call("look", {}, 1, agent="a"), a_call("price", {}, 2, agent="b")] * 3

    assert [(loop.calls[0].agent, loop.rounds) for loop in loops(calls)] == [("a", 3), ("b", 3)]


@pytest.mark.parametrize(
    ("facts", "repeats"),
    [
        pytest.param({}, 0, id="an-order-changes-everything"),
        pytest.param(
            {"place_order": ToolFacts(mutates=("ledger",)), "news": ToolFacts(reads=("web",))}, 1, id="not-the-web"
        ),
        pytest.param(
            {"place_order": ToolFacts(mutates=("ledger",)), "news": ToolFacts(reads=("ledger",))}, 0, id="it-does"
        ),
        pytest.param({"place_order": ToolFacts(mutates=False)}, 1, id="a-rehearsal-changes-nothing"),
    ],
)
def test_a_change_makes_only_those_reads_worthwhile_that_depend_on_it(facts, repeats):
    course = a_course(NEWS, a_call("place_order", {"n": 1}, "ok"), NEWS, tools=facts)

    assert len(course.repeats) == repeats


def test_volatile_arguments_make_no_call_another_one():
    first, second = a_call("news", {"s": "VTI", "at": 1}, "up"), a_call("news", {"s": "VTI", "at": 2}, "up")

    assert a_course(first, second).repeats == []
    assert len(a_course(first, second, tools={"news": ToolFacts(volatile_args=("at",))}).repeats) == 1


def test_a_recovery_costs_from_the_first_failure_to_the_call_that_succeeds():
    steps = [
        a_call("news", {"s": "VTI", "n": 1}, error="timeout", t0=0.0, t1=1.0),
        a_model_call(tokens=(100, 20), t0=1.0, t1=2.0),
        a_call("news", {"s": "VTI", "n": 2}, error="timeout", t0=2.0, t1=3.0),
        a_model_call(tokens=(150, 30), t0=3.0, t1=4.0),
        a_call("news", {"s": "VTI", "n": 2}, "up", t0=4.5, t1=5.0),
    ]

    (found,) = a_course(*steps).recoveries

    assert (len(found.attempts), found.by.result, found.seconds, found.usage.total) == (2, "up", 4.5, 300)
    assert found.cost_usd == pytest.approx(0.002)


@pytest.mark.parametrize(
    ("second", "recovered"),
    [
        pytest.param(a_call("news", {"s": "VTI", "n": 9}, 1), True, id="one-argument-changed"),
        pytest.param(a_call("news", {"s": "BND", "n": 9}, 1), False, id="two-changed"),
        pytest.param(a_call("blog", {"s": "VTI", "n": 1}, 1), False, id="another-tool"),
        pytest.param(a_call("news", {"s": "VTI", "n": 1}, 1, agent="b"), False, id="another-agent"),
    ],
)
def test_what_a_retry_is(second, recovered):
    (found,) = a_course(a_call("news", {"s": "VTI", "n": 1}, error="x"), second).recoveries

    assert (found.by is not None) is recovered


def test_calls_that_were_asked_for_together_are_no_retries_of_each_other():
    together = [a_model_call(), a_call("price", {"s": "XYZ"}, error="unknown"), a_call("price", {"s": "VTI"}, 250.12)]

    assert a_course(*together).recoveries[0].by is None


def test_waste_is_what_useless_calls_and_the_model_calls_behind_them_cost():
    steps = [a_model_call(), PRICE, a_model_call(), PRICE, a_model_call(), PRICE, NEWS]

    lost = waste(a_course(*steps))

    assert (len(lost.calls), len(lost.models), lost.usage.total, lost.cost_usd) == (2, 1, 120, 0.001)


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        pytest.param({"symbol": "QQQM"}, "identifier", id="ticker"),
        pytest.param({"account_id": 839402}, "identifier", id="account-number"),
        pytest.param({"to": {"iban": "DE89370400440532013000"}}, "identifier", id="nested-iban"),
        pytest.param({"amount": 1234.5}, "number", id="figure"),
        pytest.param({"start": "2026-03-01"}, "date", id="date"),
        pytest.param({"who": "Jane Roe"}, "name", id="name"),
        pytest.param({"side": "buy"}, None, id="word-of-a-fixed-set"),
        pytest.param({"form": "10-K"}, None, id="form"),
        pytest.param({"n": 7}, None, id="too-few-digits"),
        pytest.param({"text": "Please tell me about the outlook of the company in Q3."}, None, id="prose"),
        pytest.param({"sector": "technology"}, None, id="plain-word"),
        pytest.param({"dry": True, "note": None, "x": float("nan")}, None, id="no-value"),
    ],
)
def test_arguments_from_nowhere(args, kind):
    found = a_course(a_call("act", args)).sources.unsourced

    assert [item.value.kind for item in found] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("said", "result", "args"),
    [
        pytest.param("What about QQQM?", None, {"s": "qqqm"}, id="user"),
        pytest.param("Pay $2,203.40 now", None, {"amount": 2203.4}, id="figure-of-the-user"),
        pytest.param("Go.", {"holdings": [{"meta": {"id": "A-17x"}}]}, {"id": "A-17x"}, id="nested-result"),
        pytest.param("Go.", "The broker (id: A-17x) is open.", {"id": "A-17x"}, id="sentence"),
        pytest.param("Go.", {"QQQM": 1}, {"s": "QQQM"}, id="key"),
        pytest.param("Go.", {"at": "2026-03-01T10:00:00Z"}, {"start": "2026-03-01"}, id="date-of-a-time"),
        pytest.param("I am Jane Roe.", None, {"who": "Jane Roe"}, id="name"),
    ],
)
def test_arguments_from_somewhere(said, result, args):
    assert a_course(a_call("see", {}, result), a_call("act", args), said=said).sources.unsourced == ()


def test_what_a_call_says_itself_is_no_source_and_is_told_once():
    course = a_course(a_call("price", {"s": "QQQM"}, {"symbol": "QQQM"}), a_call("news", {"s": "QQQM"}))

    assert [item.call.name for item in course.sources.unsourced] == ["price"]


def test_calls_that_need_each_other_are_one_chain_and_others_are_not():
    see = a_call("see", {}, ["QQQM", "SPYG"])
    course = a_course(*in_turns(see, a_call("price", {"s": "QQQM"}), a_call("price", {"s": "SPYG"})), duration_s=3.0)

    assert course.sources.edges == (frozenset(), frozenset({0}), frozenset({0}))
    assert (course.timing.critical_path, course.timing.turns_saveable) == (2.0, 1)
    assert course.timing.missed_parallelism == pytest.approx(1 / 3)


def test_what_ran_together_was_not_missed():
    calls = [a_call("price", {"s": "AAA"}, t0=0.0, t1=1.0), a_call("price", {"s": "BBB"}, t0=0.0, t1=1.0)]

    found = a_course(*calls, said="AAA and BBB", duration_s=1.0).timing

    assert (found.critical_path, found.missed_parallelism, found.turns) == (1.0, 0.0, 1)


def test_a_trade_keeps_what_is_before_and_after_it_apart():
    course = a_course(*in_turns(LOOK, a_call("place_order", {}, "ok"), a_call("look", {}, 2)), duration_s=3.0)

    assert (course.timing.missed_parallelism, course.timing.turns_saveable) == (0.0, 0)


CALLS = st.builds(
    lambda name, args, result, error, start, length, turn, agent: Step(
        id="", kind="tool", name=name, args=args, result=result, status="error" if error else "ok", error=error,
        t0=start, t1=start + length, turn=turn, agent=agent,
    ),
    st.sampled_from(["get_price", "place_order", "get_job"]),
    st.dictionaries(st.sampled_from(["symbol", "n", "text"]), st.sampled_from(["VTI", "X-1", 5, 123.4, "a b", None]), max_size=2),
    st.sampled_from([None, 1, "VTI is 123.4", {"X-1": [5]}]),
    st.sampled_from([None, None, None, "boom"]),
    st.integers(0, 9).map(float),
    st.sampled_from([0.0, 0.5, 2.0]),
    st.integers(0, 1),
    st.sampled_from(["", "", "b"]),
)  # fmt: skip


@given(st.lists(CALLS | st.builds(a_model_call, t0=st.just(1.0), t1=st.just(3.0)), max_size=9))
def test_the_parts_of_the_time_always_add_up_to_it(steps):
    steps = sorted(steps, key=lambda step: step.t0)
    found = a_course(*steps, duration_s=12.0, tools={"get_job": ToolFacts(poll=True)}).timing

    parts = (found.critical_path, found.serialisation, found.redundant, found.failed, found.model_idle)
    assert sum(parts) == pytest.approx(found.total)
    assert all(part >= -1e-9 for part in parts)
    assert 0 <= found.missed_parallelism <= 1
    assert 0 <= found.turns_saveable <= max(0, found.turns - 1)


def test_a_route_follows_handoffs_and_delegating_tools():
    steps = [
        Step(id="h", kind="handoff", name="analyst", agent="desk"),
        a_call("invoke_reporter", {}, "a report"),
        a_call("delegate", {"to": "charter"}, "charts"),
    ]

    found = routing(a_course(*steps, tools={"delegate": ToolFacts(agent="{to}")}), ["invoke_*"])

    assert (found.path, found.first, found.ping_pong) == (("analyst", "reporter", "charter"), "analyst", ())


@pytest.mark.parametrize(("between", "expected"), [([], 1), ([a_call("look", {}, "new")], 0)])
def test_back_and_forth_without_a_new_result(between, expected):
    there = Step(id="1", kind="handoff", name="b", agent="a")
    back = Step(id="2", kind="handoff", name="a", agent="b")

    assert len(routing(a_course(there, *between, back)).ping_pong) == expected


def test_confusion_counts_who_was_reached_first():
    table = confusion([("a", "a"), ("a", "b"), ("b", "b"), ("b", None)])

    assert (table.accuracy, table.counts["a", "b"], table.counts["b", "none"]) == (0.5, 1, 1)
    assert confusion([]).accuracy is None


def test_confusion_reads_the_sections_of_results():
    sections = [
        analyse(a_trace(steps=[Step(id="1", kind="handoff", name=to)]), a_case(reference=Reference(route=("desk",))))
        for to in ("desk", "shop")
    ]

    assert confusion_of([*sections, {}]).accuracy == 0.5
    assert sections[1]["routing"] == {
        "path": ["shop"], "ping_pong": [], "expected": ["desk"], "first_right": False, "wrong": 1,
    }  # fmt: skip
