"""Nothing that a model may send breaks the chart guardrail; the nightly profile asks ten thousand times."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nasty import DATA, GRIDS, TEXT, nested

from harness.guardrails import ChartReference, ChartRules, check_charts, guard_charts
from harness.guardrails.charts import Profile
from harness.guardrails.charts.repair import repair

PROFILES = st.sampled_from(get_args(Profile))
POINTS = st.lists(
    st.dictionaries(st.sampled_from(["name", "value", "x", "y", "color", "children"]), DATA, max_size=4), max_size=5
)
CHARTS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"charts": st.lists(st.fixed_dictionaries({"type": st.sampled_from(["pie", "bar", "line", "scatter", "treemap", "radar"]), "data": POINTS | DATA}), max_size=3)}
)  # fmt: skip
SPECS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"mark": st.sampled_from(["bar", "arc", "line", "point"]) | DATA, "data": st.fixed_dictionaries({"values": POINTS | DATA}), "encoding": DATA}
)  # fmt: skip
TRACES: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {
        "data": st.lists(
            st.dictionaries(st.sampled_from(["type", "x", "y", "labels", "values", "hole"]), DATA, max_size=5),
            max_size=3,
        )
    }
)
REFERENCE = ChartReference(total=100_000, holdings=("VTI",), values={"VTI": 60_000})


def failed(report):
    return [item.message for item in report.findings if item.rule == "guardrail-error"]


@given(CHARTS | SPECS | DATA, PROFILES, GRIDS | DATA)
def test_any_payload_is_judged(payload, profile, source):
    report = check_charts(payload, reference=REFERENCE, profile=profile, sources={"s1": source})

    assert failed(report) == []
    json.dumps(report.as_json())


@given(SPECS | TRACES)
def test_any_figure_of_another_program_is_judged(figure):
    for profile in ("vega-lite", "plotly"):
        assert failed(check_charts(figure, rules=ChartRules(count=None), profile=profile)) == []


@given(CHARTS | TEXT, st.integers(0, 300))
def test_whatever_is_handed_out_may_be_shown(payload, cut):
    text = payload if isinstance(payload, str) else json.dumps(payload, default=str)[:cut]
    shown = guard_charts(text, rules=ChartRules(count=None))

    assert shown.charts or shown.error
    assert shown.source == "error" or shown.report.ok


@given(TEXT)
def test_any_text_is_repaired_or_refused(text):
    mended = repair(text)

    assert mended.data is not None or mended.problem


@pytest.mark.parametrize("profile", get_args(Profile))
@pytest.mark.parametrize("key", ["layer", "children", None])
def test_a_payload_a_thousand_deep_is_judged(profile, key):
    report = check_charts(nested(1_000, {}, key=key), profile=profile)
    inside = check_charts(
        {"charts": [{"type": "treemap", "key": "k", "data": nested(1_000, [], key=key)}]}, profile=profile
    )

    assert not report.ok
    assert failed(report) == failed(inside) == []


@pytest.mark.parametrize(
    "text", ['{"a":' * 1_000, "[" * 100_000, '{"charts": [' + '{"x": 1},' * 40_000, "\u202e{" * 1_000]
)
def test_text_nested_or_cut_anywhere_is_refused(text):
    assert guard_charts(text).source == "error"


@pytest.mark.parametrize("unit", ["[", '{"charts":', "```json\n", "\u200f1,234.5 ", '{"name":"a","value":1},'])
def test_ten_megabytes_are_refused_by_size(unit):
    shown = guard_charts(unit * (10_000_000 // len(unit)))

    assert shown.source == "error"
    assert "guardrail failed" not in shown.error
