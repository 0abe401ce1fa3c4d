"""What the finance checks find in charts, allocations and figures."""

from __future__ import annotations

import pytest
from builders import a_call, a_case, a_check, a_subject, conclude

from harness.checks.portfolio import portfolio
from harness.registry import build
from harness.shape import MisfitsError

WORLD = {
    "ledger": {
        "accounts": [{"name": "Brokerage", "tax": "taxable", "cash": 100.0, "positions": {"VTI": 10, "OLD": 3}}]
    },
    "instruments": {
        "VTI": {"name": "Vanguard Total", "current_price": 250.5, "allocation_asset_class": {"equity": 100}}
    },
}


def charts(equity=2505.0, cash=100.0, *, key="classes"):
    data = [
        {"name": "Equity", "value": equity, "color": "#1F4E79"},
        {"name": "Cash", "value": cash, "color": "#C55A11"},
    ]
    return {"charts": [{"key": key, "title": "By class", "type": "pie", "description": "Shares", "data": data}]}


@pytest.mark.parametrize(
    ("params", "answer", "world", "passed"),
    [
        pytest.param({"count": 1}, charts(), WORLD, True, id="true-to-the-ledger"),
        pytest.param({"count": 1}, charts(cash=900.0), WORLD, False, id="wrong-sum"),
        pytest.param({"count": 1}, charts(), {}, None, id="worth-unknown"),
        pytest.param({"count": 1, "total": 2605}, charts(), {}, True, id="worth-given"),
        pytest.param({"count": 1, "total": 5000}, charts(), WORLD, False, id="worth-given-goes-first"),
        pytest.param({"count": 1, "whole": "none"}, charts(cash=900.0), {}, True, id="sums-off"),
        pytest.param({}, charts(), WORLD, False, id="too-few"),
        pytest.param({"count": 1, "path": "$.out"}, {"out": charts()}, WORLD, True, id="path"),
        pytest.param({"count": 1, "path": "$.other"}, {"out": charts()}, WORLD, False, id="path-missing"),
        pytest.param({"allow_error": True}, {"charts": [], "error": "no positions"}, {}, True, id="honest-refusal"),
        pytest.param({"count": 1}, None, WORLD, False, id="null-agent"),
    ],
)
def test_chart_spec(params, answer, world, passed):
    finding = conclude(a_check("finance:chart-spec", **params), a_subject(structured=answer, artifacts=world))

    assert finding.passed is passed
    assert finding.reason


@pytest.mark.parametrize(
    "params", [{"count": [6, 4]}, {"count": -1}, {"whole": "all"}, {"total": -1}, {"path": "$[*]"}]
)
def test_chart_parameters_that_can_never_work_are_refused(params):
    with pytest.raises(MisfitsError):
        build(a_check("finance:chart-spec", **params))


def test_a_portfolio_is_worth_its_priced_positions_and_cash():
    held = portfolio(WORLD)

    assert held.worth == 2605
    assert held.names["holdings"] == ("VTI", "OLD", "Vanguard Total")


@pytest.mark.parametrize("ledger", [None, [], {"accounts": []}, {"accounts": ["x"]}, {"accounts": [{"cash": "lots"}]}])
def test_a_ledger_that_cannot_be_read_is_no_portfolio(ledger):
    assert portfolio({"ledger": ledger, "instruments": {}}) is None


def tags(**changed):
    whole = {
        "symbol": "AOR",
        "allocation_asset_class": {"equity": 60, "fixed_income": 40},
        "allocation_regions": {"north_america": 60.0, "international": 40.0},
        "allocation_sectors": {"diversified": 100},
    }
    return {**whole, **changed}


@pytest.mark.parametrize(
    ("params", "answer", "passed"),
    [
        pytest.param({}, tags(), True, id="all"),
        pytest.param({}, {"classifications": [tags(), tags(symbol="X")]}, True, id="several"),
        pytest.param({"kind": "regions"}, tags(allocation_sectors={"energy": 1}), True, id="one-division"),
        pytest.param({}, tags(allocation_sectors={"energy": 90}), False, id="90"),
        pytest.param({}, tags(allocation_sectors={"energy": 99.96}), True, id="within-0.05"),
        pytest.param({}, tags(allocation_sectors={"energy": 99.94}), False, id="beyond-0.05"),
        pytest.param({}, tags(allocation_sectors={"crypto": 100}), False, id="unknown-part"),
        pytest.param({"keys": ["crypto"], "kind": "sectors"}, tags(allocation_sectors={"crypto": 100}), True, id="own-parts"),
        pytest.param({}, tags(allocation_sectors={"energy": "100"}), False, id="text"),
        pytest.param({}, tags(allocation_sectors={"energy": 150, "other": -50}), False, id="negative"),
        pytest.param({}, tags(allocation_sectors={}), False, id="empty"),
        pytest.param({}, tags(allocation_sectors=None), False, id="null"),
        pytest.param({}, {"symbol": "X"}, False, id="missing"),
        pytest.param({}, None, False, id="null-agent"),
        pytest.param(
            {"kind": "asset_class", "expected": {"equity": 60, "fixed_income": 40}}, tags(), True, id="as-expected"
        ),
        pytest.param(
            {"kind": "asset_class", "expected": {"equity": 70, "fixed_income": 30}}, tags(), False, id="not-as-expected"
        ),
        pytest.param(
            {"kind": "asset_class", "expected": {"equity": 65, "fixed_income": 35}, "within": 5}, tags(), True, id="within"
        ),
        pytest.param({"kind": "asset_class", "expected": {"equity": 100}}, tags(), False, id="part-too-many"),
        pytest.param(
            {"kind": "regions", "symbol": "B", "expected": {"asia": 100}},
            {"items": [tags(), tags(symbol="B", allocation_regions={"asia": 100})]},
            True,
            id="symbol",
        ),
        pytest.param({"symbol": "C"}, {"items": [tags()]}, False, id="symbol-missing"),
    ],
)  # fmt: skip
def test_allocation(params, answer, passed):
    finding = conclude(a_check("finance:allocation", **params), a_subject(structured=answer))

    assert finding.passed is passed
    assert finding.reason


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"expected": {"equity": 100}}, ("kind",)),
        ({"kind": "asset_class", "expected": {"equity": 90}}, ("expected",)),
        ({"kind": "asset_class", "expected": {"equities": 100}}, ("expected", "equities")),
        ({"kind": "class"}, ("kind",)),
        ({"tolerance": -1}, ("tolerance",)),
    ],
)
def test_allocation_parameters_that_can_never_work_are_refused(params, path):
    with pytest.raises(MisfitsError) as caught:
        build(a_check("finance:allocation", **params))

    assert path in [misfit.path for misfit in caught.value.misfits]


TABLE = {"rows": [{"symbol": "VTI", "value": 8412.55}, {"symbol": "BND", "value": 3928.95}], "change": 0.12341}


@pytest.mark.parametrize(
    ("answer", "params", "passed"),
    [
        pytest.param("VTI is worth $8,412.55.", {}, True, id="literal"),
        pytest.param("VTI is worth $8.41k.", {}, True, id="rounded"),
        pytest.param("Together $12,341.50.", {}, True, id="column-total"),
        pytest.param("It rose 12.3%.", {}, True, id="fraction-as-percent"),
        pytest.param("VTI is worth $8,421.55.", {}, False, id="digits-swapped"),
        pytest.param("VTI is worth $8,412.55 and gold $777.", {}, False, id="one-invented"),
        pytest.param("VTI is worth $8,412.55 and gold $777.", {"max_ungrounded": 1}, True, id="one-allowed"),
        pytest.param("VTI is worth $8,412.55; the limit is $7,000.", {"allow": [7000]}, True, id="constant"),
        pytest.param("VTI is worth $8,412.55 of your $50,000.", {}, True, id="from-the-question"),
        pytest.param("You hold two funds.", {}, False, id="no-figure"),
        pytest.param("You hold two funds.", {"min_figures": 0}, True, id="no-figure-needed"),
        pytest.param("", {}, False, id="null-agent"),
        pytest.param("VTI $8,412.55, BND $3,928.95, gold $777.", {"share": 0.6}, True, id="share"),
    ],
)
def test_grounded_numbers(answer, params, passed):
    subject = a_subject(answer, case=a_case(input="I have $50,000."), steps=[a_call("allocation", {}, TABLE)])

    finding = conclude(a_check("finance:grounded-numbers", **params), subject)

    assert finding.passed is passed
    assert finding.reason


def test_figures_without_any_source_are_undecided():
    assert conclude(a_check("finance:grounded-numbers"), a_subject("It is worth $8,412.55.")).passed is None


def test_an_answer_does_not_ground_itself_through_what_the_agent_wrote():
    subject = a_subject("Worth $9,999.", artifacts={"jobs": [{"report": "Worth $9,999."}], "ledger": {"cash": 5}})

    assert conclude(a_check("finance:grounded-numbers"), subject).passed is False


def test_answers_of_absurd_length_decide_nothing_and_long_sources_are_searched():
    check = a_check("finance:grounded-numbers")
    source = a_call(result={"page": "$1.50 " + "x" * 300_000})

    assert conclude(check, a_subject("x" * 300_000)).passed is None
    assert conclude(check, a_subject("It is $9,999.", steps=[source])).passed is False
    assert conclude(check, a_subject("It is $1.50.", steps=[source])).passed is True


def test_a_failed_call_is_no_source():
    subject = a_subject("Worth $9,999.", steps=[a_call(result={"v": 9999}, error="stale"), a_call(result={"v": 1.5})])

    assert conclude(a_check("finance:grounded-numbers"), subject).passed is False


def test_evidence_names_the_call_that_a_figure_comes_from_but_no_artifact_as_a_step():
    subject = a_subject("$8,412.55 and $512.25", steps=[a_call("a", {}, TABLE)], artifacts={"ledger": {"cash": 512.25}})

    finding = conclude(a_check("finance:grounded-numbers"), subject)

    assert [item.step for item in finding.evidence] == ["s1", None]
    assert finding.evidence[1].note == "$512.25: verbatim, 512.25 in ledger at $.cash"


def test_an_invented_figure_is_pointed_at():
    answer = "VTI is worth $8,412.55 and gold $777."
    finding = conclude(a_check("finance:grounded-numbers"), a_subject(answer, steps=[a_call("a", {}, TABLE)]))

    start, end = finding.evidence[0].span
    assert answer[start:end] == "$777"
    assert finding.evidence[0].step is None
    assert finding.reason.endswith("from nowhere: $777")


def test_amounts_that_add_up_but_belong_to_nothing_are_found():
    moved = charts(equity=2405.0, cash=200.0)  # the sum is still right
    check = {"count": 1, "whole": "portfolio"}

    blocked = conclude(a_check("finance:chart-spec", **check), a_subject(structured=moved, artifacts=WORLD))
    warned = conclude(
        a_check("finance:chart-spec", figures="warn", **check), a_subject(structured=moved, artifacts=WORLD)
    )
    unseen = conclude(
        a_check("finance:chart-spec", figures="off", **check), a_subject(structured=moved, artifacts=WORLD)
    )

    assert (blocked.passed, warned.passed, unseen.passed) == (False, True, True)
    assert "2,505" in blocked.reason or "2505" in blocked.reason
    assert warned.labels["warnings"] != unseen.labels["warnings"]


@pytest.mark.parametrize(
    ("quantity", "limit", "passed"),
    [pytest.param(120, 250.5, True, id="as-read"), pytest.param(120, 275.5, False, id="a-price-from-nowhere")],
)
def test_arguments_of_a_trade_are_held_to_what_was_read_before_it(quantity, limit, passed):
    steps = [
        a_call("quote", {}, {"symbol": "VTI", "price": 250.5}),
        a_call("place_order", {"symbol": "VTI", "quantity": quantity, "limit_price": limit}, {"filled": 275.5}),
    ]
    subject = a_subject("Bought.", steps=steps, case=a_case(input="Buy 120 shares of VTI"))

    finding = conclude(a_check("finance:grounded-numbers", calls=["place_order"], min_figures=0), subject)

    assert finding.passed is passed
    assert any(item.path and item.path.endswith(".limit_price") for item in finding.evidence)


def test_a_fixture_named_in_the_case_is_a_source():
    check = a_check("finance:grounded-numbers", sources={"profile": {"annual_income": 84350}})

    assert conclude(check, a_subject("Your income is $84,350 a year.")).passed is True
    assert conclude(check, a_subject("Your income is $84,530 a year.")).passed is False


def test_sources_that_were_not_looked_through_are_said():
    deep: dict = {"price": 812.5}
    for _ in range(300):
        deep = {"in": deep}
    subject = a_subject(
        "VTI trades at $444.10 and $250.50.", steps=[a_call("q", {}, [{"symbol": "VTI", "price": 250.5}, deep])]
    )

    finding = conclude(a_check("finance:grounded-numbers"), subject)

    assert finding.passed is None
    assert "too many numbers" in finding.reason
