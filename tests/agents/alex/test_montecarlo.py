"""The simulation against closed form, a second implementation, the original's own figures and history."""

import csv
import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.workspace import load_target

ROOT = Path(__file__).parents[3]
NAMES = ("Plan", "walk", "draw", "simulate", "project", "closed_form", "wilson", "success_rate", "summary", "growth_of")
Plan, walk, draw, simulate, project, closed_form, wilson, success_rate, summary, growth_of = (
    load_target(ROOT, f"agents/_shared/montecarlo.py:{name}") for name in NAMES
)
# The original's test portfolio: 99,437.50, 71.95 % equity, 14.58 % bonds, 8.55 % cash; 7, 4 and 2 % a year; 18 and 5 % volatility.
MEAN = 0.7195 * 0.07 + 0.1458 * 0.04 + 0.0855 * 0.02
VOLATILITY = math.hypot(0.7195 * 0.18, 0.1458 * 0.05)
P01 = Plan(99_437.50, MEAN, VOLATILITY, years=25, contribution=10_000, income=60_000, inflation=0.03)
MANY = 50_000


@pytest.fixture(scope="module")
def luck():
    return draw(56, MANY, seed=7)


def rate(plan, luck):
    return success_rate(plan, growth_of(plan, luck))


@pytest.mark.parametrize(
    ("plan", "published"),
    [
        pytest.param(P01, 0.197, id="as-the-original"),
        pytest.param(replace(P01, inflation=0.0), 0.412, id="RT-M06-no-inflation"),
        pytest.param(replace(P01, volatility=VOLATILITY / 2), 0.145, id="RT-M08-half-the-volatility"),
    ],
)
def test_the_originals_figures_come_out(plan, published, luck):
    assert rate(plan, luck) == pytest.approx(published, abs=0.012)


def test_the_value_after_23_years_is_the_whole_sum_not_that_of_every_fifth_year():
    assert project(replace(P01, years=23))[23] == pytest.approx(820_579, rel=1e-4)


@given(
    st.builds(
        replace,
        st.just(P01),
        value=st.floats(0, 1e7),
        mean=st.floats(-0.05, 0.15),
        years=st.integers(0, 40),
        contribution=st.floats(0, 1e5),
    )
)
@settings(max_examples=50, deadline=None)
def test_without_volatility_every_path_is_the_annuity_formula(plan):
    still = replace(plan, volatility=0.0)
    found = summary(still, draw(still.horizon, 100, seed=1))
    expected = closed_form(still)

    assert found["at_retirement"]["p10"] == found["at_retirement"]["p90"]
    assert found["at_retirement"]["p50"] == pytest.approx(expected, rel=1e-9, abs=0.01)


@given(st.integers(0, 40), st.floats(0, 300_000), st.floats(0, 40_000), st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_walk_and_short_cut_agree_path_by_path(years, value, saved, seed):
    plan = replace(P01, years=years, value=value, contribution=saved)
    chance = draw(plan.horizon, 500, seed=seed)

    assert np.mean(simulate(plan, chance).final > 0) == rate(plan, chance)


def test_a_ruined_path_never_comes_back():
    growth = np.array([[1.0], [1.0], [2.0]])
    found = walk(100.0, growth, np.array([-100.0, 50.0, 50.0]))

    assert found.final.tolist() == [0.0]
    assert found.lasted.tolist() == [0]


def test_somebody_who_starts_with_nothing_may_save():
    found = walk(0.0, np.full((2, 1), 1.1), np.array([100.0, 100.0]))

    assert found.final[0] == pytest.approx(210.0)


def test_one_seed_means_one_set_of_paths():
    first, again, other = (summary(P01, draw(55, 1000, seed=seed)) for seed in (3, 3, 4))

    assert first == again
    assert first["paths_sha256"] != other["paths_sha256"]


def test_shared_luck_makes_one_year_of_inflation_visible(luck):
    """RT-M07 moves the rate by less than the noise of 500 paths; with common random numbers any change shows."""
    late = replace(P01, income=P01.income / 1.03)

    assert rate(late, luck) - rate(P01, luck) == pytest.approx(0.016, abs=0.006)


@pytest.mark.parametrize(
    ("change", "way"),
    [({"contribution": 20_000}, 1), ({"years": 26}, 1), ({"income": 70_000}, -1), ({"inflation": 0.04}, -1)],
    ids=["saving", "years", "income", "inflation"],
)
def test_levers_move_the_rate_the_right_way(change, way, luck):
    assert (rate(replace(P01, **change), luck) - rate(P01, luck)) * way > 0


def test_the_interval_is_wilsons():
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)


def test_the_four_percent_rule_held_in_778_of_810_historical_starts():
    """Thirty years of monthly withdrawals, in real terms, from stocks alone: every start from 1926-01 to 1993-06 is one path."""
    with (Path(__file__).parent / "data" / "sp500_real_monthly.csv").open(encoding="utf-8") as file:
        rows = [(float(row["real_price"]), float(row["real_dividend"])) for row in csv.DictReader(file)]
    growth = np.array([(later[0] + now[1] / 12) / now[0] for now, later in itertools.pairwise(rows)])
    windows = np.lib.stride_tricks.sliding_window_view(growth, 360).T
    found = walk(1.0, windows, np.full(360, -0.04 / 12), when="start")

    assert found.final.size == 810
    assert int((found.final > 0).sum()) == 778
    assert ((found.lasted == 360) == (found.final > 0)).all()
