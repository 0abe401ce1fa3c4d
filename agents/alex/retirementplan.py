"""The Retirement agent's answer: a success rate with its interval, three scenarios, levers, assumptions and a text."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Rate = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ScenarioResult(BaseModel):
    """One scenario."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    success_rate: Rate
    expected_return_percent: Annotated[float, Field(allow_inf_nan=False)]
    median_at_retirement: Dollars


class Scenarios(BaseModel):
    """The three scenarios, from worse to better."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pessimistic: ScenarioResult
    base: ScenarioResult
    optimistic: ScenarioResult

    @model_validator(mode="after")
    def _ordered(self) -> Scenarios:
        if not self.pessimistic.success_rate <= self.base.success_rate <= self.optimistic.success_rate:
            raise ValueError("the scenarios are not in order: a better one has a lower success rate")
        return self


class LeverResult(BaseModel):
    """What one lever would have to do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lever: Literal["saving", "years", "income"]
    reachable: bool
    amount: Dollars | None = None
    success_rate: Rate | None = None

    @model_validator(mode="after")
    def _told(self) -> LeverResult:
        if self.reachable != (self.amount is not None):
            raise ValueError("a reachable lever has an amount, one out of reach has none")
        return self


class RetirementPlan(BaseModel):
    """A projection of one household."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    markdown: Annotated[str, Field(min_length=400, max_length=12_000)]
    success_rate: Rate
    ci_low: Rate
    ci_high: Rate
    scenarios: Scenarios
    levers: list[LeverResult]
    assumptions: dict[str, Any]

    @model_validator(mode="after")
    def _consistent(self) -> RetirementPlan:
        if not self.ci_low <= self.success_rate <= self.ci_high:
            raise ValueError("the success rate lies outside its own interval")
        if self.success_rate != self.scenarios.base.success_rate:
            raise ValueError("success_rate is not that of the base scenario")
        return self
