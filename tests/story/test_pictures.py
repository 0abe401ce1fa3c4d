"""Ledgers, charts and projections as a reader sees them."""

import json

import pytest
from builders import a_call, a_case, a_check, a_job, a_result, a_verdict, an_outcome

from harness.model import Evidence
from harness.story.books import books
from harness.story.drawings import drawings
from harness.story.fan import fans

OPENING = {"accounts": [{"name": "Main", "cash": 1000.0, "positions": {"VTI": 10.0, "BND": 4.0}}]}
AFTER = {"accounts": [{"name": "Main", "cash": 700.0, "positions": {"VTI": 13.0, "BND": 4.0}}]}
ORDER = {
    "id": "o1",
    "account": "Main",
    "symbol": "VTI",
    "side": "buy",
    "status": "filled",
    "quantity": 2.0,
    "amount": 200.0,
    "price": 100.0,
}
INPUTS = {
    "value": 100_000.0, "expected_return_percent": 5.0, "volatility_percent": 10.0, "years": 10, "years_in_retirement": 20,
    "contribution": 5_000.0, "target_income": 12_000.0, "inflation_percent": 2.0,
}  # fmt: skip


def traded(tmp_path, *checks, ledger=AFTER):
    case = a_case(checks=checks or None)
    outcome = an_outcome(artifacts={"ledger": ledger, "orders": [ORDER]})
    return books(a_result(job=a_job(case), outcome=outcome), tmp_path)


def test_what_no_order_explains_is_told(tmp_path):
    (tmp_path / "books.json").write_text(json.dumps(OPENING))
    found = traded(tmp_path, a_check("finance:reconciliation", opening={"file": "books.json"}))

    assert [(line.what, line.before, line.booked, line.after, line.gap) for line in found.lines] == [
        ("cash", "1,000.00", "−200.00", "700.00", "−100.00"),
        ("VTI", "10", "+2", "13", "+1"),
        ("BND", "4", "", "4", ""),
    ]
    assert "books.json" in found.start


def test_without_an_opening_it_is_reckoned_back_and_nothing_is_accused(tmp_path):
    found = traded(tmp_path)

    assert [(line.what, line.before, line.booked, line.gap) for line in found.lines][:2] == [
        ("cash", "900.00", "−200.00", ""),
        ("VTI", "11", "+2", ""),
    ]
    assert "names no opening" in found.start


@pytest.mark.parametrize("ledger", [None, [], "x", {"accounts": "none"}, {"accounts": []}])
def test_what_is_no_ledger_is_not_shown(tmp_path, ledger):
    assert traded(tmp_path, ledger=ledger) is None


def test_a_file_that_is_gone_does_not_hide_the_ledger(tmp_path):
    found = traded(tmp_path, a_check("finance:reconciliation", opening={"file": "gone.json"}))

    assert "names no opening" in found.start


def charted(structured, *, checks=None, verdicts=()):
    outcome = an_outcome("", structured=structured)
    return drawings(a_result("failed", job=a_job(a_case(checks=checks)), outcome=outcome, verdicts=verdicts))


def a_chart(name="Parts", kind="pie", values=(60.0, 40.0)):
    data = [{"name": f"P{number}", "value": value} for number, value in enumerate(values)]
    return {"key": name.lower(), "title": name, "type": kind, "data": data}


def test_charts_are_drawn_and_a_broken_one_hides_no_other():
    found = charted({"charts": [a_chart(), a_chart("Broken", values=("lots",)), a_chart("Bars", "bar")]})

    assert [(chart.title, chart.kind, len(chart.points)) for chart in found.charts] == [
        ("Parts", "pie", 2),
        ("Broken", "none", 0),
        ("Bars", "bar", 2),
    ]
    assert found.charts[0].total == 100
    assert "must be a number" in found.charts[1].findings[0][1]


def test_what_the_check_said_stands_at_its_chart():
    evidence = (Evidence(path="$.charts[0].data", note="portfolio-sum: the parts add up to 98"),)
    verdict = a_verdict(False, check="finance:chart-spec", evidence=evidence)
    found = charted({"charts": [a_chart()]}, checks=[a_check("finance:chart-spec", whole="none")], verdicts=(verdict,))

    assert ("block", "the parts add up to 98") in found.charts[0].findings


@pytest.mark.parametrize("structured", [None, {"charts": "x"}, {"rows": []}, [1], "text"])
def test_answers_without_charts_have_no_such_section(structured):
    assert charted(structured) is None


def simulated(**reply):
    result = {
        "scenario": "base",
        "success_rate": 0.9,
        "inputs": INPUTS,
        "at_retirement": dict.fromkeys(("p10", "p25", "p50", "p75", "p90"), 200_000.0),
        **reply,
    }
    return fans(a_result(outcome=an_outcome(steps=[a_call("simulate", {}, result)])))


def test_a_projection_is_shown_over_our_own():
    (fan,) = simulated()

    assert [mark.year for mark in fan.reported] == [0, 10]
    assert len(fan.reference) == 31
    bands = fan.reference[10].values
    assert bands[10] < bands[25] < bands[50] < bands[75] < bands[90]
    assert fan.reference[10].values[50] == pytest.approx(100_000 * 1.05**10 + 5_000 * (1.05**10 - 1) / 0.05, rel=0.06)


def test_the_same_inputs_give_the_same_band():
    assert simulated()[0].reference == simulated()[0].reference


def test_without_spread_every_path_is_the_annuity():
    (fan,) = simulated(inputs={**INPUTS, "volatility_percent": 0.0})

    expected = 100_000 * 1.05**10 + 5_000 * (1.05**10 - 1) / 0.05
    assert fan.reference[10].values[10] == pytest.approx(expected)
    assert fan.reference[10].values[90] == pytest.approx(expected)


@pytest.mark.parametrize(
    "inputs",
    [
        None,
        {},
        {**INPUTS, "years": 10**9},
        {**INPUTS, "years": -1},
        {**INPUTS, "value": float("nan")},
        {**INPUTS, "value": True},
    ],
)
def test_inputs_that_do_not_suffice_give_no_band(inputs):
    assert all(fan.reference == () for fan in simulated(inputs=inputs))


def test_rows_of_percentiles_are_a_fan_too():
    rows = [{"year": year, "p10": 1.0 * year, "p50": 2.0 * year, "p90": 3.0 * year} for year in range(1, 4)]
    (fan,) = fans(a_result(outcome=an_outcome(steps=[a_call("project", {}, {"rows": rows})])))

    assert [(mark.year, mark.values[50]) for mark in fan.reported] == [(1, 2.0), (2, 4.0), (3, 6.0)]
