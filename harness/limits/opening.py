"""Open the limits and the budget of one run, where there is anything to limit."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Mapping

from harness.errors import ConfigError
from harness.workspace import ModelSettings, RunSettings

from .chain import rates_of
from .governor import Governor
from .purse import Purse
from .service import Service
from .values import MICRO, BudgetSpentError, Rates, micro


class RunLimits:
    """The limits and the budget of one run, as far as it has any; close it when the run has ended."""

    def __init__(self, service: Service | None, told: list[Callable[[BudgetSpentError], None]]) -> None:
        self._service = service
        self._told = told

    @property
    def address(self) -> str | None:
        """Where other processes ask; None when nothing is limited."""
        return None if self._service is None else self._service.address

    @property
    def purse(self) -> Purse | None:
        """What was spent."""
        governor = None if self._service is None else self._service.governor
        return None if governor is None else governor.purse

    def when_spent(self, tell: Callable[[BudgetSpentError], None]) -> None:
        """Have somebody told, in another thread and once, that the budget has refused a call."""
        self._told.append(tell)

    def close(self) -> None:
        """End them."""
        if self._service is not None:
            self._service.close()


def open_limits(models: Iterable[ModelSettings], run: RunSettings, *, spent: tuple[float, int] = (0.0, 0)) -> RunLimits:
    """Start the governor of a run, where its models need one.

    A run of offline models without limits and budgets needs none. Real models always have one, for it also leaves a broken
    provider alone.

    Args:
        models: Settings of the models that agents and judges of the run use.
        run: The run's budget, and where limits are shared.
        spent: Dollars and tokens of the budget that are used already.

    Raises:
        ConfigError: when a budget is set and the price of a model is unknown, or `limits` is no address.
    """
    used = {settings.name: settings for settings in models}
    limited = any(rates_of(settings).any for settings in used.values())
    budgeted = run.budget_usd is not None or run.budget_tokens is not None
    if not (limited or budgeted or any(settings.provider != "offline" for settings in used.values())):
        return RunLimits(None, [])
    if run.budget_usd is not None:
        _check_prices(used.values(), run.budget_usd)
    rates = {name: rates_of(settings) for name, settings in used.items()}
    told: list[Callable[[BudgetSpentError], None]] = []

    def on_spent(error: BudgetSpentError) -> None:
        for tell in told:
            tell(error)

    purse = Purse(micro(run.budget_usd), run.budget_tokens, round(spent[0] * MICRO), spent[1])
    make = _maker(rates, purse, _checked(run.limits), on_spent)
    return RunLimits(Service(make), told)


def _maker(
    rates: Mapping[str, Rates], purse: Purse, url: str | None, on_spent: Callable[[BudgetSpentError], None]
) -> Callable[[], Governor]:
    def make() -> Governor:
        if url is None:
            return Governor(rates, purse, on_spent=on_spent)
        from .redis_ import RedisWindows

        holder = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"
        return Governor(rates, purse, shared=RedisWindows.at(url, rates, holder=holder), on_spent=on_spent)

    return make


def _check_prices(models: Iterable[ModelSettings], budget_usd: float) -> None:
    from harness.llm.connection import price_of

    for settings in models:
        price = price_of(settings)
        if price is None or price.input is None or price.output is None:
            raise ConfigError(
                f"the price of model {settings.name!r} ({settings.id}) is unknown, so that a budget of "
                f"${budget_usd:g} cannot be kept",
                remedy="write input_usd_per_mtok and output_usd_per_mtok in its table, or set no budget",
                where=f"models.{settings.name}",
            )


def _checked(url: str | None) -> str | None:
    if url is not None and not url.startswith(("redis://", "rediss://", "unix://")):
        raise ConfigError(
            f"{url!r} is no address of a Redis server",
            remedy='write limits = "redis://host:6379/0", or leave it out',
            where="run.limits",
        )
    return url
