"""The amounts of charts, held to what the agent read."""

from __future__ import annotations

import pytest

from harness.guardrails import ChartReference, ChartRules, check_charts, guard_charts

RULES = ChartRules(count=None)
SOURCES = {
    "positions": [
        {"symbol": "VTI", "sector": "Technology", "value": 41250.75},
        {"symbol": "QQQ", "sector": "Technology", "value": 18749.25},
        {"symbol": "BND", "sector": "Bonds", "value": 25000.0},
        {"symbol": "GLD", "sector": "Gold", "value": 15000.0},
    ]
}


def pie(amounts, **more):
    data = [{"name": name, "value": value} for name, value in amounts.items()]
    return {"charts": [{"key": "k", "title": "By holding", "type": "pie", "description": "d", "data": data, **more}]}


def rules_of(payload, **more):
    return check_charts(payload, rules=RULES, sources=SOURCES, **more).rules


def test_amounts_that_were_read_pass_rounded_too():
    held = {"VTI": 41251, "QQQ": 18749.25, "BND": 25000.0, "GLD": 15000.0}

    assert check_charts(pie(held), rules=RULES, sources=SOURCES).ok


@pytest.mark.parametrize(
    ("amounts", "rule"),
    [
        ({"VTI": 25000.0, "BND": 41250.75}, "wrong-figure"),  # another holding's
        ({"VTI": 41520.75, "BND": 25000.0}, "wrong-figure"),  # digits swapped
        ({"Tesla": 12345.67, "BND": 25000.0}, "ungrounded-figure"),
    ],
)
def test_amounts_of_another_label_or_from_nowhere_are_blocked(amounts, rule):
    report = check_charts(pie(amounts), rules=RULES, sources=SOURCES)

    assert rule in {item.rule for item in report.blocking}
    assert all(item.path.startswith("$.charts[0].data[") for item in report.blocking)


def test_a_label_that_names_a_group_has_the_sum_of_the_group():
    right = {"Technology": 60000.0, "Bonds": 25000.0, "Gold": 15000.0}

    assert "ungrounded-figure" not in rules_of(pie(right))
    assert rules_of(pie({**right, "Technology": 61000.0})) & {"ungrounded-figure", "wrong-figure"}


def test_percentages_of_the_whole_are_made_of_what_was_read():
    right = {"VTI": 41.25, "QQQ": 18.75, "BND": 25.0, "GLD": 15.0}

    rules = ChartRules(count=None, unit=None)
    assert check_charts(pie(right, unit="percent"), rules=rules, sources=SOURCES).ok
    assert not check_charts(pie({**right, "VTI": 38.25, "QQQ": 21.75}, unit="percent"), rules=rules, sources=SOURCES).ok


def test_what_is_left_of_the_whole_needs_no_source_of_its_own():
    rest = pie({"VTI": 41250.75, "Other": 58749.25})
    short = pie({"VTI": 41250.75, "Other": 48749.25})
    whole = ChartReference(total=100_000)

    assert check_charts(rest, rules=RULES, sources=SOURCES, reference=whole).ok
    assert "ungrounded-figure" in rules_of(short)


def test_without_a_number_to_compare_with_the_report_says_so():
    report = check_charts(pie({"VTI": 1.0, "BND": 2.0}), rules=RULES, sources={"note": "nothing"})

    assert [item.rule for item in report.findings if item.severity == "warn"][:1] == ["no-sources"]


def test_the_guard_leaves_out_a_chart_whose_amounts_were_made_up():
    good, bad = pie({"VTI": 41250.75, "BND": 25000.0}), pie({"Tesla": 12345.67, "Ford": 7654.21})
    both = {"charts": [*good["charts"], {**bad["charts"][0], "key": "x", "title": "Other"}]}

    shown = guard_charts(both, rules=ChartRules(count=None, whole="none"), sources=SOURCES)

    assert (shown.source, len(shown.charts)) == ("trimmed", 1)
