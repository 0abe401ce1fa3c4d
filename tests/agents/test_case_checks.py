"""The cases' own checks: each sees the defect that it is there for, and nothing in a good answer."""

import copy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BATCH = {
    "instruments": [
        {"symbol": "VTI", "name": "Vanguard Total Stock Market ETF"},
        {"symbol": "BND", "name": "Vanguard Total Bond Market ETF"},
    ]
}


@pytest.fixture
def charter_check(load):
    return lambda name: load(f"cases/_checks/charter.py:{name}")


@pytest.fixture
def tagger_check(load):
    return lambda name: load(f"cases/_checks/tagger.py:{name}")


@pytest.fixture
def charts(ask):
    return copy.deepcopy(ask("charter", "Go.", portfolio="P01").structured)


def shift_total(charts):
    charts["total"] += 1


def transpose_digits(charts):
    charts["charts"][0]["data"][0]["value"] = 75145.0


def use_percentages(charts):
    for point in charts["charts"][0]["data"]:
        point["value"] = round(point["value"] / 994.375, 2)


def swap_slices(charts):
    first, second = charts["charts"][0]["data"][:2]
    first["value"], second["value"] = second["value"], first["value"]


def drop_cash(charts):
    charts["charts"][0]["data"] = [point for point in charts["charts"][0]["data"] if point["name"] != "Cash"]


def invent_a_holding(charts):
    next(chart for chart in charts["charts"] if chart["key"] == "top_holdings")["data"][1]["name"] = "TSLA"


def draw_nothing(charts):
    charts["charts"] = []


@pytest.mark.parametrize(
    "defect", [shift_total, transpose_digits, use_percentages, swap_slices, drop_cash, invent_a_holding, draw_nothing]
)
def test_figures_sees(charter_check, charts, defect):
    assert charter_check("figures")(charts, ROOT, {"portfolio": "P01"})[0]

    defect(charts)

    assert not charter_check("figures")(charts, ROOT, {"portfolio": "P01"})[0]


@pytest.mark.parametrize("color", ["blue", "#FFF", "#2563eb", "", None, "#GGGGGG"])
def test_colours_sees(charter_check, charts, color):
    charts["charts"][0]["data"][1]["color"] = color

    assert not charter_check("colours")(charts)[0]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data.reverse(), id="unsorted"),
        pytest.param(lambda data: data.insert(0, {"name": "Other", "value": 1}), id="other-first"),
        pytest.param(lambda data: data.append(dict(data[-1])), id="a-name-twice"),
        pytest.param(lambda data: data.__delitem__(slice(1, None)), id="one-row"),
    ],
)
def test_sorted_rows_sees(charter_check, charts, change):
    assert charter_check("sorted_rows")(charts)[0]

    change(charts["charts"][0]["data"])

    assert not charter_check("sorted_rows")(charts)[0]


@pytest.mark.parametrize("name", ["key", "title"])
def test_unique_keys_sees_a_repetition(charter_check, charts, name):
    charts["charts"][1][name] = charts["charts"][0][name]

    assert not charter_check("unique_keys")(charts)[0]


def test_stored_sees_charts_that_were_never_saved(charter_check, ask):
    trace = ask("charter", "Go.", portfolio="P01")
    assert charter_check("stored")(trace.structured, trace.artifacts)[0]

    jobs = [{**trace.artifacts["jobs"][0], "charts_payload": None}]

    assert not charter_check("stored")(trace.structured, {"jobs": jobs})[0]


def test_same_as_before_sees_a_changed_colour(charter_check, ask):
    same = ask("charter", "Go.", "Go.", portfolio="P01")
    assert charter_check("same_as_before")(same)[0]

    turns = (same.turns[0], type(same.turns[0])(same.turns[1].answer.replace("#2563EB", "#2563EC")))

    assert not charter_check("same_as_before")(type(same)(turns=turns))[0]


def test_the_guides_validator_refuses_the_apps_bars(charter_check, charts, ask):
    assert charter_check("guide")(ask("charter_guide", "Go.", portfolio="P01").structured)[0]
    assert not charter_check("guide")(charts)[0]


def test_openbb_sees_a_missing_column(charter_check, ask):
    found = copy.deepcopy(ask("charter_openbb", "Go.", portfolio="P01").structured)
    assert charter_check("openbb")(found)[0]

    del found["charts"][0]["content"][0]["value"]

    assert not charter_check("openbb")(found)[0]


@pytest.fixture
def tagged(ask):
    return ask("tagger", BATCH)


def test_reasons_first_sees_a_late_or_empty_rationale(tagger_check, tagged):
    from dataclasses import replace

    check = tagger_check("reasons_first")
    assert check(tagged)[0]

    for text in ('{"symbol": "VTI", "rationale": "Late."}', '{"rationale": ""}', ""):
        spoiled = replace(tagged, steps=(replace(tagged.steps[0], result=text), *tagged.steps[1:]))
        assert not check(spoiled)[0]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda audit: audit.pop(), id="one-missing"),
        pytest.param(lambda audit: audit[0].update(rationale=" "), id="empty"),
        pytest.param(lambda audit: audit[0].update(rationale="BND is a fund."), id="about-another"),
        pytest.param(lambda audit: audit[0].update(event="OTHER"), id="no-such-event"),
        pytest.param(lambda audit: audit[0].pop("timestamp"), id="no-time"),
    ],
)
def test_reasons_logged_sees(tagger_check, tagged, change):
    audit = copy.deepcopy(tagged.artifacts["audit"])
    assert tagger_check("reasons_logged")(tagged.structured, {"audit": audit})[0]

    change(audit)

    assert not tagger_check("reasons_logged")(tagged.structured, {"audit": audit})[0]


def test_reasons_withheld_sees_a_leak(tagger_check, tagged):
    check = tagger_check("reasons_withheld")
    assert check(tagged.structured, tagged.artifacts)[0]

    for leak in ({"rationale": "Because."}, {"note": tagged.artifacts["audit"][0]["rationale"]}):
        leaked = copy.deepcopy(tagged.structured)
        leaked["classifications"][0].update(leak)
        assert not check(leaked, tagged.artifacts)[0]


def test_an_invented_price_is_seen(tagger_check, tagged):
    check = tagger_check("prices_from_the_market")
    known = {"prices": {"VTI": 14.56, "BND": 72.5}}
    assert check(tagged.structured, tagged, known)[0]

    invented = copy.deepcopy(tagged.structured)
    invented["classifications"][0]["current_price"] = 290.0

    assert not check(invented, tagged, known)[0]


@pytest.mark.parametrize(
    ("asset_class", "confidence", "kind", "share"),
    [
        pytest.param({"equity": 100}, 0.8, 1.0, 0.995, id="right"),
        pytest.param({"real_estate": 100}, 0.8, 1.0, 0.995, id="property-shares-are-stocks"),
        pytest.param({"fixed_income": 100}, 0.8, 0.0, 0.005, id="wrong"),
        pytest.param({"equity": 100}, 0.3, 0.0, 0.0, id="too-unsure-counts-as-no-answer"),
    ],
)
def test_real_funds_are_measured(load, asset_class, confidence, kind, share):
    reply = {
        "classifications": [{"asset_class": asset_class, "sectors": {"technology": 100}, "confidence": confidence}]
    }
    published = {"stocks": 99.0, "bonds": 0.0, "sectors": {"technology": 100.0}}

    assert load("cases/_checks/real.py:kind")(reply, published)[0] == kind
    assert load("cases/_checks/real.py:share")(reply, published)[0] == pytest.approx(share)
    assert load("cases/_checks/real.py:sectors")(reply, published)[0] == (1.0 if confidence > 0.3 else 0.0)


def test_sector_overlap_is_half_when_half_is_elsewhere(load):
    reply = {"classifications": [{"sectors": {"technology": 50, "energy": 50}, "confidence": 0.8}]}

    assert load("cases/_checks/real.py:sectors")(reply, {"sectors": {"technology": 100.0}})[0] == 0.5
