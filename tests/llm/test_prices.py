import json
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.llm import connect, prices
from harness.llm.prices import Price, adjusted, cost, lookup, reduce
from harness.model import Usage
from harness.workspace import ModelSettings

TOKENS = st.integers(0, 10**7)


@pytest.mark.parametrize(
    ("model", "provider", "dollars"),
    [
        ("claude-sonnet-5", "anthropic", 500e-6 * 2 + 500e-6 * 0.2 + 100e-6 * 10),
        ("us.anthropic.claude-sonnet-5", "bedrock", 500e-6 * 2.2 + 500e-6 * 0.22 + 100e-6 * 11),
        ("openai/gpt-4o", "litellm", 500e-6 * 2.5 + 500e-6 * 1.25 + 100e-6 * 10),
        ("gpt-4o", "litellm", 500e-6 * 2.5 + 500e-6 * 1.25 + 100e-6 * 10),
        ("anything", "offline", 0.0),
        ("gpt-4o", "anthropic", None),
        ("claude-of-tomorrow", "anthropic", None),
        ("", "litellm", None),
    ],
)
def test_a_call_costs_its_list_price_with_cached_tokens_cheaper(model, provider, dollars):
    assert cost(Usage(1000, 100, 500), model, provider) == (None if dollars is None else pytest.approx(dollars))


def test_an_inference_profile_is_priced_by_its_model():
    arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-5"
    assert lookup(arn, "bedrock") == lookup("us.anthropic.claude-sonnet-5", "bedrock")


@pytest.mark.parametrize("usage", [Usage(), Usage(100, None), Usage(None, 5)])
def test_unknown_tokens_have_an_unknown_price(usage):
    assert cost(usage, "claude-sonnet-5", "anthropic") is None


def test_tokens_written_to_the_cache_cost_more():
    price = Price(input=1.0, output=2.0, cache_read=0.1, cache_write=1.25)
    assert price.of(Usage(100, 10, 20), cache_write_tokens=30) == pytest.approx(50 + 2 + 37.5 + 20)


def test_a_long_input_is_priced_as_long_throughout():
    price = Price(1.0, 1.0, above=200, long=Price(2.0, 3.0))
    assert price.of(Usage(200, 10)) == 210
    assert price.of(Usage(201, 10)) == 432


@given(TOKENS, TOKENS, TOKENS, TOKENS)
def test_no_usage_has_a_negative_price_or_one_above_the_dearest_rate(read, written, cached, cache_write):
    price = Price(2.0, 5.0, cache_read=0.2, cache_write=2.5)
    assert (
        0 <= price.of(Usage(read, written, cached), cache_write_tokens=cache_write) <= 2.5 * read + 5 * written + 1e-6
    )


def test_the_users_prices_win_and_unlisted_parts_stay_listed():
    listed = lookup("claude-sonnet-5", "anthropic")
    mine = adjusted(listed, input_usd=None, output_usd=20.0, cached_usd=None)
    assert (mine.input, mine.output) == (listed.input, pytest.approx(20e-6))
    only = adjusted(None, input_usd=1.0, output_usd=None, cached_usd=None)
    assert only.of(Usage(10, 10)) is None
    assert adjusted(None, input_usd=None, output_usd=None, cached_usd=None) is None


def test_an_offline_model_can_be_given_the_price_of_a_real_one():
    settings = ModelSettings(provider="offline", input_usd_per_mtok=1.0, output_usd_per_mtok=2.0)
    model = connect(settings, policy=lambda request, *, seed, noise: None)
    assert model.price.of(Usage(1_000_000, 1_000_000, 0)) == pytest.approx(3.0)


def test_the_table_says_where_it_comes_from_and_every_row_is_sane():
    table = json.loads(Path(prices.__file__).with_name("prices.json").read_text())
    assert table["version"] == prices.table_version()
    assert "MIT" in table["licence"]
    assert len(table["models"]) > 900
    for name, row in table["models"].items():
        assert 0 <= row["input"] < 0.01, name
        assert 0 <= row["output"] < 0.01, name


def test_reducing_the_list_keeps_chat_models_with_prices():
    entry = {"mode": "chat", "litellm_provider": "bedrock_converse", "input_cost_per_token": 1e-6,
             "output_cost_per_token": 2e-6, "input_cost_per_token_above_200k_tokens": 3e-6}  # fmt: skip
    listed = {
        "a": entry,
        "image": {**entry, "mode": "image_generation"},
        "other": {**entry, "litellm_provider": "nobody"},
        "free": {"mode": "chat", "litellm_provider": "openai"},
    }
    row = {"provider": "bedrock", "input": 1e-6, "output": 2e-6, "above": 200_000, "long": {"input": 3e-6}}
    assert reduce(listed) == {"a": row}


def test_the_table_is_what_the_documented_command_writes():
    table = Path(prices.__file__).with_name("prices.json").read_text()
    if prices.table_version() != f"litellm-{version('litellm')}":
        pytest.skip("another litellm is installed than the table was made from")
    assert f"{prices._regenerate(json.loads(table)['date'])}\n" == table
