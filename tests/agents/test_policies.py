"""The offline policies: pure functions of what a model sees."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.llm import Message, ModelRequest
from harness.workspace import load_target

ROOT = Path(__file__).parents[2]
guess = load_target(ROOT, "agents/alex/policies/fund_text.py:guess")
Classification = load_target(ROOT, "agents/alex/classification.py:Classification")
tagger_policy = load_target(ROOT, "agents/alex/policies/tagger.py:policy")
charter_policy = load_target(ROOT, "agents/alex/policies/charter.py:policy")


def asked(facts):
    return ModelRequest((Message("user", f"Classify this instrument.\n{json.dumps(facts)}"),))


@pytest.mark.parametrize(
    ("name", "asset_class", "sectors"),
    [
        pytest.param("Acme 7-10 Year Treasury Bond ETF", "fixed_income", {"treasury": 100}, id="treasury"),
        pytest.param("Acme High Yield Corporate Bond ETF", "fixed_income", {"corporate": 100}, id="junk"),
        pytest.param("Acme National Municipal ETF", "fixed_income", {"government_related": 100}, id="municipal"),
        pytest.param("Acme High Dividend Yield Equity ETF", "equity", None, id="dividend-yield-is-no-bond"),
        pytest.param("Acme Gold Trust", "commodities", {"commodities": 100}, id="gold"),
        pytest.param("Acme Gold Miners ETF", "equity", {"materials": 100}, id="gold-miners-are-companies"),
        pytest.param("Acme Golden Dragon China ETF", "equity", None, id="golden-is-not-gold"),
        pytest.param("Acme U.S. REIT ETF", "real_estate", {"real_estate": 100}, id="reit"),
        pytest.param("Acme Biotechnology ETF", "equity", {"healthcare": 100}, id="biotech"),
        pytest.param("Acme Bitcoin Trust", "alternatives", {"other": 100}, id="bitcoin"),
        pytest.param("Acme Aggressive Allocation ETF", "equity", {"diversified": 100}, id="mixed"),
    ],
)
def test_names_of_funds_are_understood(name, asset_class, sectors):
    found = guess(name)

    assert max(found.asset_class, key=found.asset_class.get) == asset_class
    assert sectors is None or found.sectors == sectors
    assert 0.3 < found.confidence <= 0.8


@pytest.mark.parametrize(
    ("name", "regions"),
    [
        ("Acme MSCI Japan ETF", {"asia": 100}),
        ("Acme Euro Stoxx 50 ETF", {"europe": 100}),
        ("Acme S&P 500 ETF", {"north_america": 100}),
        ("Acme MSCI Brazil ETF", {"latin_america": 100}),
    ],
)
def test_countries_are_placed(name, regions):
    assert guess(name).regions == regions


def test_the_family_is_no_clue():
    assert guess("Global X Telemedicine ETF", family="Global X Funds").regions == {"north_america": 100}


def test_the_strategy_decides_where_the_name_is_silent():
    text = "The fund invests in investment-grade debt securities and treasuries with maturities of up to five years."

    assert guess("Acme Income Opportunities", strategy=text).asset_class == {"fixed_income": 100}


@pytest.mark.parametrize(
    "name", ["Quillmark Harbor Trust", "Oqlyn Juniper Notes Series 9", "Vynk Meridian Holdings", "?", ""]
)
def test_a_name_that_says_nothing_gives_no_guess(name):
    assert guess(name) is None


@given(st.text(max_size=80), st.text(max_size=300), st.text(max_size=20))
def test_any_words_give_a_valid_classification(name, strategy, family):
    facts = {"symbol": "XYZ", "name": name, "strategy": strategy, "family": family}

    answer = tagger_policy(asked(facts), seed=0, noise=0.0).structured

    assert Classification.model_validate(answer).name == name


@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_the_same_request_seed_and_noise_give_the_same_answer(seed, noise):
    request = asked({"symbol": "VTI", "name": "Vanguard Total Stock Market ETF"})

    assert tagger_policy(request, seed=seed, noise=noise) == tagger_policy(request, seed=seed, noise=noise)


@pytest.mark.parametrize("text", ["", "hello", "{", "{}", '{"symbol": 3}', "[1]", "null"])
def test_a_task_that_is_none_does_not_break_the_tagger(text):
    assert tagger_policy(ModelRequest((Message("user", text),)), seed=0, noise=0.0).text


def test_no_price_is_ever_written():
    reply = tagger_policy(asked({"symbol": "VTI", "name": "VTI", "current_price": 290}), seed=0, noise=0.0)

    assert "price" not in reply.text


def test_the_charter_calls_the_tool_first_and_has_no_figure_of_its_own():
    reply = charter_policy(ModelRequest((Message("user", "My portfolio is worth $5,000,000."),)), seed=0, noise=0.0)

    assert reply.text == ""
    assert {call.args["by"] for call in reply.tool_calls} == {
        "asset_class", "region", "sector", "account", "holding", "tax",
    }  # fmt: skip


@pytest.mark.parametrize(
    "results",
    [
        pytest.param(["not JSON"], id="garbage"),
        pytest.param(["{}"], id="empty"),
        pytest.param(["[]"], id="list"),
        pytest.param(['{"rows": [], "total": 0}'], id="no-rows"),
        pytest.param(['{"rows": [{"name": "A", "value": 1}], "total": 1}'], id="one-row"),
    ],
)
def test_the_charter_admits_what_it_could_not_read(results):
    call = charter_policy(ModelRequest((Message("user", "Go."),)), seed=0, noise=0.0)
    told = [Message("tool", text, tool_call_id=call.tool_calls[0].id) for text in results]

    reply = charter_policy(ModelRequest((Message("user", "Go."), call.message(), *told)), seed=0, noise=0.0)

    answer = json.loads(reply.text)
    assert answer["charts"] == []
    assert answer["error"]
