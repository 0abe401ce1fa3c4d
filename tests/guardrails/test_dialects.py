"""Figures of other programs, judged by the same rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.guardrails import ChartReference, ChartRules, check_charts

REFERENCE = ChartReference(total=100, asset_classes=("equity", "cash"))
RULES = ChartRules(count=None)


def vega(values, **more):
    encoding = {"theta": {"field": "v", "type": "quantitative"}, "color": {"field": "c", "type": "nominal"}}
    return {"mark": "arc", "data": {"values": values}, "encoding": encoding, **more}


def slices(equity):
    return vega([{"c": "Equity", "v": equity}, {"c": "Cash", "v": 40}])


def plotly(equity, **more):
    return {"data": [{"type": "pie", "labels": ["Equity", "Cash"], "values": [equity, 40], **more}]}


def openbb(equity, **more):
    keys = {"chartType": "pie", "angleKey": "v", "calloutLabelKey": "c"}
    rows = [{"c": "Equity", "v": equity}, {"c": "Cash", "v": 40}]
    return [{"type": "chart", "uuid": "u", "name": "Classes", "content": rows, "chart_params": keys, **more}]


FIGURES = {"vega-lite": slices, "plotly": plotly, "openbb": openbb}


@pytest.mark.parametrize("profile", FIGURES)
@pytest.mark.parametrize(
    ("equity", "rule"),
    [
        (60, None),
        (6000, "portfolio-sum"),
        (-60, "negative"),
        (float("nan"), "finite-number"),
        ("many", "finite-number"),
    ],
)
def test_the_same_defect_is_found_in_every_dialect(profile, equity, rule):
    report = check_charts(FIGURES[profile](equity), reference=REFERENCE, rules=RULES, profile=profile)

    assert report.ok is (rule is None)
    assert rule is None or rule in report.rules


@pytest.mark.parametrize(
    ("profile", "figure", "rule"),
    [
        pytest.param("vega-lite", {**slices(60), "mark": "gauge"}, "unknown-type", id="mark"),
        pytest.param("vega-lite", vega([{"c": "Equity"}]), "shape", id="field-nowhere"),
        pytest.param("vega-lite", vega([]), "empty", id="no-rows"),
        pytest.param("vega-lite", {"layer": [{"layer": [5]}]}, "shape", id="layer-no-object"),
        pytest.param("plotly", plotly(60, type="gauge"), "unknown-type", id="trace"),
        pytest.param("plotly", plotly(60, labels=["Equity"]), "shape", id="lengths"),
        pytest.param("plotly", {"data": []}, "shape", id="no-traces"),
        pytest.param("openbb", openbb(60, content=[{"c": "x"}]), "shape", id="row-without-key"),
        pytest.param("openbb", openbb(60, chart_params={"chartType": "radar"}), "unknown-type", id="openbb-type"),
        pytest.param("openbb", openbb(60, chart_params={"chartType": "bar"}), "shape", id="openbb-no-keys"),
    ],
)
def test_what_a_dialect_cannot_draw_is_blocked(profile, figure, rule):
    report = check_charts(figure, rules=RULES, profile=profile)

    assert rule in {finding.rule for finding in report.blocking}


def test_computed_data_are_not_compared_and_that_is_said():
    report = check_charts(slices(60) | {"transform": [{"filter": "true"}]}, profile="vega-lite")

    assert report.ok
    assert "not-checked" in report.rules


@given(st.recursive(st.none() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["mark", "data", "values", "encoding", "layer", "spec", "x", "theta", "field", "type", "chart_params", "content", "charts"]), inner, max_size=5), max_leaves=20))  # fmt: skip
def test_nonsense_is_judged_without_an_error(data):
    for profile in FIGURES:
        assert "guardrail-error" not in check_charts(data, profile=profile).rules
