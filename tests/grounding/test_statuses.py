"""Every status of a figure, with the source and the operation that it names."""

from __future__ import annotations

import pytest

from harness.grounding import STATUSES, Facts, claims, ground

POSITIONS = [
    {"symbol": "SPY", "quantity": 100, "price": 450.25, "value": 45025.0, "weight": 0.4528},
    {"symbol": "BND", "quantity": 200, "price": 72.49, "value": 14498.0, "weight": 0.1458},
    {"symbol": "GLD", "quantity": 25, "price": 195.755, "value": 4893.875, "weight": 0.0492},
]
TABLE = [
    ["", "2019", "2018"],
    ["Total sales", "$1,496.5", "$1,202.9"],
    ["Other", "44.1", "56.7"],
    ["Operating expenses", "(315.2)", "(284.6)"],
]
FACTS = Facts.of([("s1", {"positions": POSITIONS}), ("s2", TABLE), ("s3", "The fund charges 35 bps on $2.4 million.")])
USER = Facts.of([("input", "I have $50,000.")])


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("SPY is worth $45,025.00.", "verbatim"),
        ("GLD trades at $195.76.", "rounded"),
        ("SPY makes up 45.28% of it.", "unit_converted"),
        ("The fee is 0.35%.", "unit_converted"),
        ("In total SPY and BND are worth $59,523.00.", "derived"),
        ("Other fell by 22.22% from 2018 to 2019.", "derived"),
        ("Other changed by -22.22% from 2018 to 2019.", "derived"),
        ("Other changed by 22.22% from 2018 to 2019.", "ungrounded"),
        ("The average of Other for 2018 and 2019 was 50.40.", "derived"),
        ("The change in Total sales from 2018 to 2019 was $293.6.", "derived"),
        ("BND is worth $45,025.00.", "contradicted"),
        ("SPY is worth $45,052.00.", "contradicted"),
        ("In 2018 Total sales were $1,496.5.", "contradicted"),
        ("Total sales in 2019 were 1,496.5.", "verbatim"),
        ("You told me $50,000.", "from_user"),
        ("Your insurance costs $7,777.", "ungrounded"),
        ("There are 7 reasons.", "not_checkable"),
    ],
)
def test_status_of_a_sentence(text, status):
    (found, *_) = ground(claims(text), FACTS, user=USER)

    assert found.status == status, found.note


QUOTE = Facts.of(
    [
        ("q", {"symbol": "VTI", "price": 291.38}),
        ("p", {"symbol": "VTI", "quantity": 145}),
        ("i", {"plan": {"monthly_contribution": 1875.5, "return_pct": 6.25}}),
    ]
)


@pytest.mark.parametrize(
    ("text", "status", "note"),
    [
        (
            "VTI trades at $291.38. Your 145 shares are worth $42,250.10.",
            "derived",
            "product of $291.38, 145 shares as the answer prints them",
        ),
        ("VTI trades at $291.38. Your 145 shares are worth $42,520.10.", "ungrounded", ""),
        ("You save $1,875.50 a month, which is $22,506.00 a year.", "derived", "1875.5 x 12"),
        (
            "VTI costs $291.38 a year, which is $24.28 a month.",
            "derived",
            "monthly of $291.38 as the answer prints them",
        ),
        ("You save $1,875.50 a month, which is $22,605.00 a year.", "ungrounded", ""),
        ("You save $1,875.50 a month, which is $22,506.00 in all.", "ungrounded", ""),
    ],
)
def test_figure_follows_from_those_that_the_answer_prints(text, status, note):
    found = ground(claims(text), QUOTE, user=USER)[-1]

    assert (found.status if note else found.wrong and "ungrounded", found.note if note else "") == (status, note)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("From 2018 to 2019 Other fell by 22.22%.", False),
        ("From 2018 to 2019 Other rose by 22.22%.", True),
        ("From 2018 to 2019 Total sales fell by 24.41%.", True),
        ("From 2018 to 2019 Total sales rose by 24.41%.", False),
    ],
)
def test_change_goes_the_way_that_its_verb_says(text, wrong):
    (found,) = ground(claims(text), FACTS, user=USER)

    assert found.wrong is wrong


def test_a_derived_figure_shows_its_operation_and_operands():
    (found,) = ground(claims("Other fell by 22.22% from 2018 to 2019."), FACTS, user=USER)

    assert found.note == "(44.1 - 56.7) / 56.7"
    assert [(fact.source, fact.path) for fact in found.operands] == [("s2", "$[2][1]"), ("s2", "$[2][2]")]


def test_a_contradicted_figure_shows_what_the_source_says():
    (found,) = ground(claims("BND is worth $45,025.00."), FACTS, user=USER)

    assert (found.fact.path, found.note) == ("$.positions[1].value", "the source says 14498.0")


def test_two_operations_are_never_searched():
    (found,) = ground(claims("The difference of the averages of Total sales and Other was 1,299.30."), FACTS, user=USER)

    assert found.status == "ungrounded"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param("| fund | value |\n|---|---|\n| SPY | $45,025.00 |", ["verbatim"], id="table"),
        pytest.param("| fund | value |\n|---|---|\n| BND | $45,025.00 |", ["contradicted"], id="table-row-swapped"),
        pytest.param({"name": "SPY", "value": 45025.0}, ["verbatim"], id="chart-point"),
        pytest.param({"name": "BND", "value": 45025.0}, ["contradicted"], id="chart-point-swapped"),
        pytest.param({"order": {"symbol": "SPY", "price": 450.25}}, ["verbatim"], id="trade"),
        pytest.param({"order": {"symbol": "SPY", "price": 405.25}}, ["contradicted"], id="trade-wrong-price"),
    ],
)
def test_tables_charts_and_trades(answer, expected):
    assert [found.status for found in ground(claims(answer), FACTS, user=USER)] == expected


def test_one_fact_beside_many_figures_is_found_for_each_in_a_list():
    found = ground(claims("SPY $45,025.00, BND $14,498.00 and $4,893.88 in GLD."), FACTS, user=USER)

    assert [item.status for item in found] == ["verbatim", "verbatim", "rounded"]


def test_the_names_of_the_statuses_are_those_of_the_manual():
    assert STATUSES == (
        "verbatim", "rounded", "unit_converted", "derived", "declared", "derived_weak", "from_user", "contradicted",
        "ungrounded", "not_checkable",
    )  # fmt: skip
