"""The chart guardrail: what it blocks, what it lets pass, and that it fails closed."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.guardrails.charts import ChartReference, ChartRules, Finding, check_charts
from harness.guardrails.charts import check as module

ALEX = (Path(__file__).parents[1] / "data" / "charts_alex_example.json").read_text(encoding="utf-8")
HEX = ["#1D4ED8", "#B91C1C", "#15803D", "#7E22CE", "#B45309", "#0F172A", "#BE185D", "#0E7490"]
REFERENCE = ChartReference(
    total=Decimal("99437.50"),
    holdings=("SPY", "QQQ", "BND", "VEA", "GLD"),
    asset_classes=("equity", "fixed_income", "commodities", "cash"),
    regions=("north_america", "international", "global"),
    sectors=("technology", "treasury", "diversified"),
    accounts=("401(k)", "Roth IRA", "Taxable"),
)
CLASSES = {"Equities": 71545.63, "Fixed Income": 14498.0, "Commodities": 4893.87, "Cash": 8500.0}


def chart(key: str, kind: str, amounts: dict[str, Any], **more: Any) -> dict[str, Any]:
    data = [
        {"name": name, "value": value, "color": HEX[place % 8]} for place, (name, value) in enumerate(amounts.items())
    ]
    return {
        "key": key,
        "title": key.replace("_", " ").title(),
        "type": kind,
        "description": "What it shows",
        "data": data,
        **more,
    }


def payload() -> dict[str, Any]:
    return {
        "charts": [
            chart("asset_allocation", "pie", CLASSES),
            chart("region_breakdown", "donut", {"North America": 70000.0, "International": 20937.5, "Other": 8500.0}),
            chart("account_types", "pie", {"401(k)": 60000.0, "Roth IRA": 30000.25, "Taxable": 9437.25}),
            chart("top_holdings", "horizontalBar", {"SPY": 45000, "QQQ": 26000, "BND": 14498}),
        ]
    }


def spoilt(path: list[Any], value: Any) -> dict[str, Any]:
    broken = payload()
    place: Any = broken["charts"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return broken


def with_charts(charts: list[Any]) -> dict[str, Any]:
    return {"charts": charts}


FIRST = [0, "data", 0]
TEXT = json.dumps(payload())
MUTANTS: dict[str, tuple[Any, str, bool, bool]] = {  # payload, rule of ours, passes guide, passes app
    "CH-M01 does not sum to the portfolio": (spoilt([*FIRST, "value"], 61545.63), "portfolio-sum", True, True),
    "CH-M02 percentages": (
        spoilt(
            [0, "data"],
            chart("x", "pie", {"Equities": 71.95, "Fixed Income": 14.58, "Commodities": 4.92, "Cash": 8.55})["data"],
        ),
        "percent-not-money",
        True,
        True,
    ),
    "CH-M03 negative slice": (spoilt([*FIRST, "value"], -71545.63), "negative", True, True),
    "CH-M04 NaN": (TEXT.replace("71545.63", "NaN"), "finite-number", True, True),
    "CH-M06 duplicate name": (spoilt([*FIRST, "name"], "Cash"), "duplicate-label", True, True),
    "CH-M07 type radar": (spoilt([0, "type"], "radar"), "type-for-parts", True, True),
    "unknown type": (spoilt([0, "type"], "gauge"), "unknown-type", True, True),
    "CH-M08 colour word": (spoilt([*FIRST, "color"], "blue"), "colour", True, True),
    "CH-M09 two charts": (with_charts(payload()["charts"][:2]), "count", True, True),
    "CH-M09 nine charts": (
        with_charts([{**payload()["charts"][0], "key": f"k{n}"} for n in range(9)]),
        "count",
        True,
        True,
    ),
    "CH-M12 fence": (f"```json\n{TEXT}\n```", "code-fence", False, True),
    "CH-M12 prose": (f"Here are your charts:\n{TEXT}\nEnjoy!", "prose-around", False, True),
    "CH-M13 truncated": (TEXT[:-40], "json", False, False),
    "CH-M13 cut with marker": (TEXT[:700] + "\n... [Response truncated due to length]", "json", False, False),
    "CH-M14 ticker not held": (spoilt([3, "data", 2, "name"], "TSLA"), "unknown-label", True, True),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_strict_blocks_every_mutant_by_its_own_rule(name: str) -> None:
    broken, rule, _, _ = MUTANTS[name]

    report = check_charts(broken, reference=REFERENCE)

    assert rule in {finding.rule for finding in report.blocking}


@pytest.mark.parametrize("name", MUTANTS)
def test_lenient_profiles_miss_what_the_originals_miss(name: str) -> None:
    broken, _, guide, app = MUTANTS[name]

    verdicts = check_charts(broken, profile="guide").ok, check_charts(broken, profile="app").ok

    assert verdicts == (guide, app)


def test_the_legal_types_can_be_narrowed() -> None:
    rules = ChartRules(types=("pie", "bar", "horizontalBar"))

    report = check_charts(payload(), rules=rules)

    assert [(finding.rule, finding.path) for finding in report.blocking] == [("unknown-type", "$.charts[1].type")]


def test_a_missing_price_counted_as_one_is_a_wrong_amount() -> None:
    """CH-M16."""
    reference = ChartReference(values={"SPY": Decimal(45000), "GLD": Decimal("4893.87")})

    report = check_charts(spoilt([3, "data", 2], {"name": "GLD", "value": 25.0, "color": HEX[2]}), reference=reference)

    assert [finding.message for finding in report.blocking] == ["GLD is worth 4,893.87, the chart shows 25.00"]


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ([*FIRST, "value"], "71545.63", "finite-number"),
        ([*FIRST, "value"], None, "finite-number"),
        ([*FIRST, "value"], True, "finite-number"),
        ([*FIRST, "value"], float("inf"), "finite-number"),
        ([3, "data", 0, "value"], "45000", "finite-number"),
        ([*FIRST, "name"], 5, "shape"),
        ([*FIRST, "name"], " ", "empty-label"),
        ([*FIRST, "name"], "<b>Equity</b>", "markup"),
        ([*FIRST, "name"], "Equ\u202eity", "control-character"),
        ([*FIRST, "name"], "E" * 81, "size"),
        ([0, "data"], [], "empty"),
        ([0, "data"], [{}], "shape"),
        ([0, "data"], "none", "shape"),
        ([0, "data"], [{"name": "All", "value": 99437.5}], "slices"),
        ([0, "data"], [{"name": f"n{n}", "value": 1} for n in range(201)], "size"),
        ([0, "data"], [{"name": "a", "value": 0}, {"name": "b", "value": 0}], "zero-sum"),
        ([1, "key"], "asset_allocation", "duplicate-key"),
        ([0, "title"], "", "title"),
        ([0, "type"], None, "unknown-type"),
        ([0, "data", 1, "color"], HEX[0], "same-colour"),
        ([0, "data", 1, "color"], "#FFFFFF", "invisible-colour"),
        ([0], "a chart", "shape"),
    ],
)
def test_a_defect_is_blocked_with_its_path(path: list[Any], value: Any, rule: str) -> None:
    report = check_charts(spoilt(path, value), reference=REFERENCE)

    places = [finding.path for finding in report.blocking if finding.rule == rule]
    assert places, report.findings
    assert places[0].startswith(f"$.charts[{path[0]}]")


def test_the_example_of_the_original_has_four_different_totals() -> None:
    report = check_charts(ALEX)

    assert [(finding.rule, finding.message) for finding in report.blocking] == [
        ("totals-disagree", "4 different totals of the same portfolio")
    ]
    assert [f"{total:,.2f}" for total in report.totals.values()] == ["94,000.75", "93,920.00", "94,000.00", "93,920.75"]


def consistent_example() -> dict[str, Any]:
    example = json.loads(ALEX)
    for place, point, value in ((1, 0, 56420.75), (2, 0, 28200.75), (3, 2, 21000.75)):
        example["charts"][place]["data"][point]["value"] = value
    return example


SERIES = [{"dataKey": "now", "name": "Now", "color": HEX[0]}, {"dataKey": "goal", "name": "Goal", "color": HEX[1]}]
ROWS = [{"name": "Equity", "now": 70.0, "goal": 60.0}, {"name": "Bonds", "now": 30.0, "goal": 40.0}]
EXTRA: dict[str, dict[str, Any]] = {
    "bar": chart("gap_to_target", "bar", {"Equities": -1000.5, "Bonds": 900.25}),
    "line": chart("value_history", "line", {"2024-01": 90000, "2024-02": 99437.5}),
    "area": chart("growth", "area", {"2024": 1.5, "2025": 2.5}),
    "radar": chart("risk", "radar", {"Equity": 3, "Rates": 2, "Currency": 1}),
    "scatter": {
        **chart("risk_return", "scatter", {}),
        "data": [{"x": 0.1, "y": 0.07, "name": "SPY"}, {"x": 0.1, "y": -0.01}],
    },
    "treemap": chart("map_of_assets", "treemap", CLASSES),
    "composed": {
        **chart("now_goal", "composed", {}),
        "series": [{**SERIES[0], "kind": "bar"}, {**SERIES[1], "kind": "line"}],
        "data": ROWS,
    },
    "stacked": {**chart("now_and_goal", "bar", {}), "series": SERIES, "data": ROWS},
    "percent": chart("class_weights", "pie", {"Equities": 71.95, "Bonds": 28.05}, unit="percent"),
    "tree": {
        **chart("tree", "treemap", {}),
        "data": [
            {"name": "Equity", "children": [{"name": "SPY", "value": 70000}, {"name": "QQQ", "value": 15000.25}]},
            {"name": "Cash", "value": 14437.25},
        ],
    },
}


def valid_payloads() -> dict[str, tuple[Any, ChartRules]]:
    plain, rules = payload(), ChartRules()
    bare = copy.deepcopy(plain)
    for item in bare["charts"]:
        item["data"] = [{"name": point["name"], "value": point["value"]} for point in item["data"]]
    cases: dict[str, tuple[Any, ChartRules]] = {
        "data": (plain, rules),
        "text": (json.dumps(plain), rules),
        "bytes": (json.dumps(plain, indent=2).encode(), rules),
        "white space around": (f"\n {json.dumps(plain)}\n", rules),
        "the original's own format": (consistent_example(), rules),
        "no colours": (bare, rules),
        "reordered": (with_charts(plain["charts"][::-1]), rules),
        "donut for pie": (spoilt([0, "type"], "donut"), rules),
        "doughnut alias": (spoilt([0, "type"], "doughnut"), rules),
        "list of charts": (plain["charts"], rules),
        "charts by key": (
            {"charts": {item["key"]: {k: v for k, v in item.items() if k != "key"} for item in plain["charts"]}},
            rules,
        ),
        "category instead of name": (json.loads(json.dumps(plain).replace('"name"', '"category"')), rules),
        "amounts by label": (spoilt([0, "data"], CLASSES), rules),
        "whole dollars": (
            spoilt(
                [0, "data"],
                chart("x", "pie", {"Equities": 71546, "Bonds": 14498, "Commodities": 4894, "Cash": 8500})["data"],
            ),
            rules,
        ),
        "a stated total": ({**plain, "total": 99437.5}, rules),
        "one chart allowed": (with_charts(plain["charts"][:1]), ChartRules(count=(1, 6))),
        "any number allowed": (with_charts(plain["charts"] * 0 + plain["charts"][:2]), ChartRules(count=None)),
        "honest error": ({"charts": [], "error": "no positions"}, ChartRules(allow_error=True)),
    }
    for name, item in EXTRA.items():
        unit = None if name == "percent" else rules.unit
        cases[name] = (with_charts([*plain["charts"], item]), ChartRules(unit=unit))
    return cases


@pytest.mark.parametrize("name", valid_payloads())
def test_valid_payloads_pass(name: str) -> None:
    good, rules = valid_payloads()[name]
    reference = None if "original" in name else REFERENCE

    report = check_charts(good, reference=reference, rules=rules)

    assert report.ok, report.blocking


def test_there_are_enough_valid_payloads() -> None:
    assert len(valid_payloads()) >= 20


def test_every_alias_is_recorded() -> None:
    report = check_charts(spoilt([0], {**payload()["charts"][0], "type": "doughnut"}))

    assert [(change.path, change.before, change.after) for change in report.changes] == [
        ("$.charts[0].type", "doughnut", "donut")
    ]
    assert ("normalised", "info") in {(finding.rule, finding.severity) for finding in report.findings}


def test_percentages_that_miss_a_hundred_are_blocked() -> None:
    weights = chart("class_weights", "pie", {"Equities": 71.95, "Bonds": 27.0}, unit="percent")

    report = check_charts(with_charts([weights]), rules=ChartRules(count=None, unit=None))

    assert [finding.message for finding in report.blocking] == ["the percentages add up to 98.95, not to 100"]


def test_unsorted_bars_are_only_a_warning() -> None:
    report = check_charts(spoilt([3, "data", 0, "value"], 100), reference=REFERENCE)

    assert report.ok
    assert "sorted" in report.rules


def test_severities_can_be_set_by_rule() -> None:
    broken = spoilt([*FIRST, "color"], "blue")

    assert check_charts(broken, rules=ChartRules(severity={"colour": "warn"})).ok


def test_a_stated_total_that_is_not_the_sum_is_blocked() -> None:
    report = check_charts({**payload(), "total": 120000})

    assert {finding.rule for finding in report.blocking} == {"totals-disagree"}


def test_a_failure_of_the_guardrail_itself_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> list[Finding]:
        raise RuntimeError("wires crossed")

    monkeypatch.setattr(module, "drawing_findings", broken)

    report = check_charts(payload())

    assert [finding.rule for finding in report.blocking] == ["guardrail-error"]
    assert not report.ok


def test_a_reference_in_floats_is_read_exactly() -> None:
    reference = ChartReference(total=99437.5, values={"SPY": 45000.0, "QQQ": 26000})

    assert check_charts(payload(), reference=reference).ok


def test_a_reference_that_is_no_number_blocks() -> None:
    assert check_charts(payload(), reference=ChartReference(total=float("nan"))).rules == {"guardrail-error"}


def test_an_unknown_profile_blocks() -> None:
    assert check_charts(payload(), profile="loose").rules == {"guardrail-error"}


def test_the_guide_rejects_the_original_and_the_app_takes_it() -> None:
    assert not check_charts(ALEX, profile="guide").ok
    assert check_charts(ALEX, profile="app").ok
    assert check_charts('{"charts": {"a": {}}}', profile="app").rules == {"crash"}


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{}", "3", "[" * 100_000, '{"charts": 1}', '{"charts": [], "charts": []}', "1" * 5000, "{" * 9],
)
def test_nonsense_is_blocked(text: str) -> None:
    assert not check_charts(text).ok


def test_the_report_is_json_plain() -> None:
    report = check_charts(ALEX).as_json()

    assert json.loads(json.dumps(report)) == report
    assert report["ok"] is False


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["name", "value", "color", "x", "y", "children", "dataKey", "type"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
CHARTLIKE = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["pie", "bar", "line", "treemap", "scatter", "composed", "radar", "x"]) | JSON,
        "data": st.lists(JSON, max_size=4) | JSON,
    },
    optional={
        "key": JSON,
        "title": JSON,
        "series": st.lists(JSON, max_size=2) | JSON,
        "unit": st.sampled_from(["USD", "percent"]) | JSON,
        "whole": JSON,
    },
)


@settings(max_examples=400, deadline=None)
@given(
    st.fixed_dictionaries({"charts": st.lists(CHARTLIKE | JSON, max_size=4) | JSON}, optional={"total": JSON}) | JSON
)
def test_no_data_breaks_the_guardrail(data: Any) -> None:
    for profile in ("strict", "guide", "app"):
        report = check_charts(data, reference=REFERENCE, profile=profile)
        assert profile != "strict" or "guardrail-error" not in report.rules, report.findings


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from('{}[]":,`json charts0123.eE-\\u\n'), max_size=60) | st.binary(max_size=40))
def test_no_text_breaks_the_guardrail(text: str | bytes) -> None:
    assert "guardrail-error" not in check_charts(text).rules
