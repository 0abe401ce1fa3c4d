"""Figures of Vega-Lite and Plotly, validated by the schemas that their packages ship."""

from __future__ import annotations

import importlib.util

import pytest

from harness.guardrails import ChartRules, check_charts

RULES = ChartRules(count=None, whole="none")
SALES = [{"month": "2025-01", "sales": 3}, {"month": "2025-02", "sales": 5}]


def vega(**more):
    encoding = {"x": {"field": "month", "type": "ordinal"}, "y": {"field": "sales", "type": "quantitative"}}
    return {"data": {"values": SALES}, "mark": "line", "encoding": encoding, **more}


def plotly(**more):
    return {"data": [{"type": "bar", "x": ["Equity", "Cash"], "y": [60, 40], **more}]}


def judged(figure, profile):
    return check_charts(figure, rules=RULES, profile=profile)


@pytest.mark.parametrize(
    ("figure", "profile", "path"),
    [
        pytest.param(vega(width="wide"), "vega-lite", "$.width", id="vega-value"),
        pytest.param(
            vega(config={"axis": {"labelAngle": "steep"}}), "vega-lite", "$.config.axis.labelAngle", id="vega-deep"
        ),
        pytest.param(plotly(opacity=5), "plotly", "$", id="plotly-value"),
        pytest.param(plotly(heights=[1]), "plotly", "$", id="plotly-property"),
    ],
)
def test_what_a_schema_forbids_is_blocked_with_its_place(figure, profile, path):
    found = [item for item in judged(figure, profile).blocking if item.rule == "schema"]

    assert [item.path for item in found] == [path]
    assert len(found[0].message) <= 230


def test_a_property_that_vega_lite_does_not_know_yet_only_warns():
    report = judged(vega(frobnicate=True), "vega-lite")

    assert report.ok
    assert [item.message for item in report.findings if item.rule == "schema-unknown"] == [
        "Vega-Lite knows no frobnicate here"
    ]


@pytest.mark.parametrize(("figure", "profile"), [(vega(), "vega-lite"), (plotly(), "plotly")])
def test_without_the_package_the_report_says_that_nothing_was_validated(monkeypatch, figure, profile):
    import harness.guardrails.charts.schema as schema

    schema._vega_validator.cache_clear()
    monkeypatch.setattr(
        schema, "find_spec", lambda name: None if name in ("altair", "plotly") else importlib.util.find_spec(name)
    )
    report = judged(figure, profile)
    schema._vega_validator.cache_clear()

    assert report.ok
    assert "schema-not-checked" in report.rules


def test_a_figure_nested_a_thousand_deep_is_refused():
    deep: dict = {}
    for _ in range(1000):
        deep = {"layer": [deep]}

    for profile in ("vega-lite", "plotly"):
        report = judged(vega(layer=[deep]) if profile == "vega-lite" else plotly(meta=deep), profile)
        assert not report.ok
        assert "guardrail-error" not in report.rules


def test_lists_that_plotly_packed_are_read():
    packed = {"dtype": "f8", "bdata": "AAAAAAAATkAAAAAAAABEQA=="}  # 60 and 40
    report = judged(plotly(y=packed), "plotly")

    assert report.ok
    assert [float(point.model_extra["value"]) for point in report.charts[0].data] == [60, 40]


@pytest.mark.parametrize(("mark", "kind"), [("line", "line"), ("area", "area"), ("bar", "bar")])
def test_inline_data_of_lines_and_areas_go_through_the_same_rules(mark, kind):
    report = judged(vega(mark=mark), "vega-lite")
    wrong = judged(vega(mark=mark, data={"values": [{"month": "2025-01", "sales": "many"}]}), "vega-lite")

    assert [chart.type for chart in report.charts] == [kind]
    assert "finite-number" in wrong.rules


def test_dots_are_read_by_their_two_measures():
    rows = [{"risk": 0.12, "gain": 0.07}, {"risk": 0.2, "gain": 0.09}]
    axes = {name: {"field": name_of, "type": "quantitative"} for name, name_of in (("x", "risk"), ("y", "gain"))}
    report = judged(vega(mark="point", data={"values": rows}, encoding=axes), "vega-lite")

    assert report.ok
    assert [(float(dot.x), float(dot.y)) for dot in report.charts[0].data] == [(0.12, 0.07), (0.2, 0.09)]


def test_amounts_of_other_dialects_are_held_to_the_sources_too():
    sources = {"allocation": [{"class": "Equity", "value": 60}, {"class": "Cash", "value": 40}]}
    true = check_charts(plotly(), rules=RULES, profile="plotly", sources=sources)
    false = check_charts(plotly(y=[40, 60]), rules=RULES, profile="plotly", sources=sources)

    assert true.ok
    assert not false.ok
