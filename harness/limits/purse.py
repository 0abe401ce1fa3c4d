"""A run's money and tokens: reserved before a call is made, settled after it, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

from .values import MICRO, Ask, BudgetSpentError, Used


@dataclass(slots=True)
class Purse:
    """What one run may spend in all. None is unlimited."""

    micro_usd: int | None = None
    """Money, in micro-dollars."""

    tokens: int | None = None
    """Input and output tokens."""

    spent_micro_usd: int = 0
    """Money settled."""

    spent_tokens: int = 0
    """Tokens settled."""

    reserved_micro_usd: int = 0
    """Money that calls in flight may still take."""

    reserved_tokens: int = 0
    """Tokens that calls in flight may still take."""

    unpriced: int = 0
    """Calls whose price nobody knows."""

    def reserve(self, ask: Ask) -> bool:
        """Set aside what a call may take at most; False while that depends on calls in flight.

        Raises:
            BudgetSpentError: when it would be too much even if calls in flight took nothing.
        """
        cost, tokens = ask.micro_usd, ask.input_tokens + ask.output_tokens
        if self.micro_usd is not None:
            if cost is None:
                raise BudgetSpentError(
                    f"the price of {ask.model!r} is unknown, so that the run's budget cannot be kept",
                    remedy="write input_usd_per_mtok and output_usd_per_mtok under its [models] table",
                )
            if self.spent_micro_usd + cost > self.micro_usd:
                raise self._spent(f"${self.micro_usd / MICRO:,.6g}", f"${self.spent_micro_usd / MICRO:,.6g}")
            if self.spent_micro_usd + self.reserved_micro_usd + cost > self.micro_usd:
                return False
        if self.tokens is not None:
            if self.spent_tokens + tokens > self.tokens:
                raise self._spent(f"{self.tokens:,} tokens", f"{self.spent_tokens:,}")
            if self.spent_tokens + self.reserved_tokens + tokens > self.tokens:
                return False
        self.reserved_micro_usd += cost or 0
        self.reserved_tokens += tokens
        return True

    def settle(self, ask: Ask, used: Used) -> None:
        """Replace what was set aside for a call by what it took."""
        self.reserved_micro_usd -= ask.micro_usd or 0
        self.reserved_tokens -= ask.input_tokens + ask.output_tokens
        cost = ask.micro_usd if used.micro_usd is None else used.micro_usd
        self.unpriced += cost is None
        self.spent_micro_usd += cost or 0
        for taken, asked in ((used.input_tokens, ask.input_tokens), (used.output_tokens, ask.output_tokens)):
            self.spent_tokens += asked if taken is None else taken

    @staticmethod
    def _spent(budget: str, spent: str) -> BudgetSpentError:
        return BudgetSpentError(
            f"the run's budget of {budget} is spent: {spent} are used, and the next call might take more than is left",
            remedy="raise the budget, then: finharness eval --resume --retry-errors",
        )
