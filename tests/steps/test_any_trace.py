"""Whatever a trace holds, it is analysed: odd values, odd texts, deep and large data."""

from __future__ import annotations

import json
import math

from builders import a_call, a_case, a_model_call, a_trace
from hypothesis import example, given
from hypothesis import strategies as st

from harness.model import Reference, ToolFacts, canonical
from harness.steps import analyse
from harness.steps.values import distinctive, figure, tokens

TEXT = st.text(max_size=20) | st.sampled_from(
    [
        "VTI",
        "A-17\u200bx",
        "\u202e1,234.50",
        "١٢٣٤٥",
        "1.234,56 €",
        "（１２３４）",
        "2026-03-01",
        "\ud800",
        "9" * 500,
        "1e999999",
        "-∞",
        "a@b.c",
    ]
)
WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
CALLS = st.builds(
    a_call,
    st.sampled_from(["get_price", "place_order", "", "\ud800"]),
    st.dictionaries(TEXT, WILD, max_size=3),
    WILD,
    error=st.sampled_from([None, None, "boom"]),
    t0=st.floats(0, 10),
    t1=st.floats(0, 10),
    turn=st.integers(0, 2),
    agent=st.sampled_from(["", "a"]),
    parent=st.sampled_from([None, "s1", "s2"]),
)
PLAN = a_case(plan=[("get_price", {}), ("place_order", {"a": {"regex": "("}})]).reference


@given(st.lists(CALLS | st.builds(a_model_call, tokens=st.sampled_from([None, (1, 2)])), max_size=6), WILD)
@example([a_call("get_price", {"x": math.nan}, math.inf)] * 3, math.nan)
def test_any_trace_is_analysed_and_can_be_stored(steps, asked):
    case = a_case(
        input=asked, reference=Reference(steps=PLAN.steps, tools={"get_*": ToolFacts(poll=True)}, route=("a",))
    )

    facts = analyse(a_trace(steps=steps, duration_s=3.0), case)

    assert facts["calls"] == sum(step.kind == "tool" for step in steps)
    assert json.loads(canonical(facts))


@given(WILD)
@example("::{")
def test_any_data_has_words_and_values(item):
    assert all(isinstance(token, str) for token in tokens(item))
    assert all(value.tokens or value.kind == "prose" for value in distinctive({"a": item}))


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers() | TEXT)
def test_a_figure_has_one_form(item):
    assert figure(figure(item)) == figure(item)


def test_what_is_deep_or_large_is_analysed():
    deep = "VTI"
    for _ in range(1000):
        deep = {"a": [deep]}
    calls = [
        a_call("get", {"x": deep}, deep),
        a_call("get", {"x": deep}, "word " * 2_000_000),
        a_call("put", {"id": "word-99"}),
    ]

    facts = analyse(a_trace(steps=calls), a_case())

    assert facts["calls"] == 3
    assert facts["unsourced"][-1]["value"] == "word-99"
