"""A run has a governor where there is anything to govern, and refuses budgets that nobody could keep."""

from __future__ import annotations

import asyncio
import sys

import pytest

from harness.errors import ConfigError, MissingExtra
from harness.limits.chain import chained, rates_of
from harness.limits.client import Client
from harness.limits.governed import GovernedModel
from harness.limits.opening import open_limits
from harness.limits.patient import PatientModel
from harness.limits.values import Ask, BudgetSpentError, Rates
from harness.workspace import ModelSettings, RunSettings

OFFLINE = ModelSettings(provider="offline", name="offline")
CLAUDE = ModelSettings(provider="anthropic", id="claude-sonnet-4-5", name="claude")
UNKNOWN = ModelSettings(provider="litellm", id="house/model-7", name="ours")


def test_offline_models_need_none() -> None:
    limits = open_limits([OFFLINE], RunSettings())

    assert (limits.address, limits.purse) == (None, None)
    limits.close()


@pytest.mark.parametrize(
    ("model", "run"),
    [
        (CLAUDE, RunSettings()),
        (OFFLINE, RunSettings(budget_tokens=5)),
        (ModelSettings(provider="offline", name="offline", requests_per_minute=3), RunSettings()),
    ],
)
def test_real_models_budgets_and_limits_need_one(model: ModelSettings, run: RunSettings) -> None:
    limits = open_limits([model], run)

    assert limits.address is not None
    limits.close()


def test_a_budget_needs_prices() -> None:
    with pytest.raises(ConfigError, match=r"price of model 'ours' \(house/model-7\) is unknown"):
        open_limits([CLAUDE, UNKNOWN], RunSettings(budget_usd=1.0))


def test_the_settings_own_prices_will_do() -> None:
    priced = ModelSettings(
        provider="litellm", id="house/model-7", name="ours", input_usd_per_mtok=1.0, output_usd_per_mtok=2.0
    )
    limits = open_limits([priced], RunSettings(budget_usd=1.0))

    assert limits.purse is not None
    assert limits.purse.micro_usd == 1_000_000
    limits.close()


def test_an_address_of_something_else_is_refused() -> None:
    with pytest.raises(ConfigError, match="no address of a Redis server"):
        open_limits([CLAUDE], RunSettings(limits="http://localhost"))


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)

    with pytest.raises(MissingExtra, match=r"finharness\[redis\]"):
        open_limits([CLAUDE], RunSettings(limits="redis://127.0.0.1:1"))


def test_tells_that_the_budget_is_spent() -> None:
    told: list[str] = []
    limits = open_limits([OFFLINE], RunSettings(budget_tokens=5))
    limits.when_spent(lambda error: told.append(error.problem))
    assert limits.address is not None

    async def work() -> None:
        client = Client(limits.address)
        with pytest.raises(BudgetSpentError):
            await client.ask(Ask("offline", 9, 9))
        await client.close()

    asyncio.run(work())
    limits.close()
    assert told == ["the run's budget of 5 tokens is spent: 0 are used, and the next call might take more than is left"]


def test_layers_are_put_on_where_they_are_wanted() -> None:
    class Bare:
        name = provider = model_id = "x"

    bare, client = Bare(), Client("nowhere")

    assert chained(bare, OFFLINE, None) is bare
    assert isinstance(chained(bare, OFFLINE, client), GovernedModel)
    assert isinstance(chained(bare, CLAUDE, client), PatientModel)
    assert rates_of(ModelSettings(provider="offline", tokens_per_minute=7)) == Rates(tokens=7)
