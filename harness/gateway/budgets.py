"""Money and tokens of the budgets: reserved before a request is sent, settled after it, in whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from harness.frozen import frozen
from harness.limits.purse import Purse
from harness.limits.values import MICRO, Ask, BudgetSpentError, Used, micro

from .refusal import Refusal
from .values import Budget

LEVELS: Final = (50, 80, 100)
"""Per cent of a budget at which somebody is told."""

_FORMS: Final = {"day": "%Y-%m-%d", "month": "%Y-%m", "total": ""}


@frozen
class Alert:
    """A budget of which so much is used."""

    budget: str
    """Its name."""

    level: int
    """Per cent that was passed: 50, 80 or 100."""

    spent_usd: float
    """Money spent in the period."""

    spent_tokens: int
    """Tokens used in it."""

    period: str
    """The period, such as `2026-11`; empty when it is all time."""


@dataclass(slots=True)
class Held:
    """Money that was set aside for one request."""

    budget: str
    """Name of the budget."""

    purse: Purse
    """Where it was taken from: a period that has ended meanwhile still pays."""

    ask: Ask
    """How much."""


@dataclass(slots=True)
class _Account:
    period: str
    purse: Purse
    told: int = 0


class Budgets:
    """All budgets of a plan file."""

    def __init__(
        self,
        budgets: Mapping[str, Budget],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_alert: Callable[[Alert], None] = lambda _alert: None,
    ) -> None:
        self._budgets = budgets
        self._now = now
        self._on_alert = on_alert
        self._accounts: dict[str, _Account] = {}

    def reserve(self, name: str | None, ask: Ask) -> Held | None:
        """Set aside the most that a request can take; None for an entity without a budget.

        Raises:
            Refusal: when there is not enough left, or the price is unknown.
        """
        if name is None:
            return None
        purse = self._account(name).purse
        try:
            enough = purse.reserve(ask)
        except BudgetSpentError as error:
            raise Refusal("budget", self._spent(name, ask)) from error
        if not enough:
            raise Refusal(
                "rate_limit",
                f"what is left of the budget {name!r} is set aside for requests that are under way",
                retry_after_s=1.0,
            )
        return Held(name, purse, ask)

    def settle(self, held: Held | None, used: Used) -> None:
        """Replace what was set aside by what was taken."""
        if held is None:
            return
        held.purse.settle(held.ask, used)
        self._tell(held.budget)

    def restore(self, name: str, at: datetime, micro_usd: int, tokens: int) -> None:
        """Count what a gateway before this one has spent, as its usage log says."""
        budget = self._budgets.get(name)
        if budget is None or _period(budget, at) != _period(budget, self._now()):
            return
        account = self._account(name)
        account.purse.spent_micro_usd += micro_usd
        account.purse.spent_tokens += tokens
        account.told = self._level(name)

    def spent(self, name: str) -> tuple[int, int]:
        """Micro-dollars and tokens spent in the period."""
        purse = self._account(name).purse
        return purse.spent_micro_usd, purse.spent_tokens

    def _account(self, name: str) -> _Account:
        budget = self._budgets[name]
        period = _period(budget, self._now())
        account = self._accounts.get(name)
        if account is None or account.period != period:
            account = self._accounts[name] = _Account(period, Purse(micro(budget.usd), budget.tokens))
        return account

    def _level(self, name: str) -> int:
        budget, purse = self._budgets[name], self._account(name).purse
        shares = [0.0]
        if budget.usd is not None:
            shares.append(purse.spent_micro_usd * 100 / (budget.usd * MICRO))
        if budget.tokens is not None:
            shares.append(purse.spent_tokens * 100 / budget.tokens)
        return max((level for level in LEVELS if max(shares) >= level), default=0)

    def _tell(self, name: str) -> None:
        account, level = self._account(name), self._level(name)
        for passed in (step for step in LEVELS if account.told < step <= level):
            spent = account.purse
            self._on_alert(Alert(name, passed, spent.spent_micro_usd / MICRO, spent.spent_tokens, account.period))
        account.told = max(account.told, level)

    def _spent(self, name: str, ask: Ask) -> str:
        budget, purse = self._budgets[name], self._account(name).purse
        if budget.usd is not None and ask.micro_usd is None:
            return f"the price of {ask.model} is unknown, so that the budget {name!r} cannot be kept"
        most = [f"${budget.usd:,.6g}"] if budget.usd is not None else []
        most += [f"{budget.tokens:,} tokens"] if budget.tokens is not None else []
        used = f"${purse.spent_micro_usd / MICRO:,.6g} and {purse.spent_tokens:,} tokens are used"
        return f"the budget {name!r} of {' and '.join(most)} is spent: {used}, and this request might take more than is left"


def _period(budget: Budget, at: datetime) -> str:
    return at.astimezone(UTC).strftime(_FORMS[budget.period])
