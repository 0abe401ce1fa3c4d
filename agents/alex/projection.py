"""The Retirement agent's tools: simulate, project and solve, with every input stated in the result."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from harness.errors import nearest

from .._shared import fixtures, montecarlo
from .._shared.montecarlo import Plan
from .._shared.tools import AgentTool, ToolError, sourced
from .allocation import allocation

if TYPE_CHECKING:
    from .._shared.world import World

Scenario: TypeAlias = Literal["pessimistic", "base", "optimistic"]
Lever: TypeAlias = Literal["saving", "years", "income"]

SHIFT: Final[Mapping[str, float]] = {"pessimistic": -1.0, "base": 0.0, "optimistic": 1.0}
DEFAULT_PATHS: Final = 10_000
_MOST_SAVED: Final = 1_000_000.0
_MOST_YEARS: Final = 60
_STEP: Final = 100.0


class Inputs(BaseModel):
    """What a projection starts from; whatever is left out comes from the assumption set."""

    model_config = ConfigDict(extra="forbid")

    years: Annotated[int, Field(ge=0, le=_MOST_YEARS)] = Field(description="Years until retirement; 0 when retired.")
    target_income: Annotated[float, Field(gt=0, le=1e8, allow_inf_nan=False)] = Field(description="Dollars a year.")
    contribution: Annotated[float, Field(ge=0, le=1e8, allow_inf_nan=False)] | None = None
    inflation: Annotated[float, Field(ge=0, le=20, allow_inf_nan=False)] | None = Field(None, description="Percent.")
    assumptions_id: str = Field("original", description="original, conservative or historical.")
    scenario: Scenario = "base"
    volatility_scale: Annotated[float, Field(ge=0, le=3, allow_inf_nan=False)] = Field(
        1.0, description="Share of the assumed volatility; 0 makes every year an average one."
    )


class SimulateArguments(Inputs):
    """A simulation's inputs, its number of paths and its seed."""

    n: Annotated[int, Field(ge=100, le=100_000)] = DEFAULT_PATHS
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = Field(None, description="Leave out for the trial's own.")


class SolveArguments(SimulateArguments):
    """Which lever to move until the success rate is reached."""

    lever: Lever
    target_success: Annotated[float, Field(gt=0, lt=1)] = 0.8


@dataclass(frozen=True, slots=True)
class Household:
    """The portfolio as the projection sees it."""

    world: World
    """Where it lives."""

    seed: int
    """Seed of the trial."""

    def value(self) -> float:
        """What everything with a price is worth, cash included."""
        return float(allocation(self.world, "asset_class")["total"])

    def plan(self, wanted: Inputs) -> tuple[Plan, dict[str, Any]]:
        """The plan of these inputs, and what it rests on."""
        known = fixtures.assumptions()
        if wanted.assumptions_id not in known:
            raise ToolError(
                f"unknown assumptions_id {wanted.assumptions_id!r}; {nearest(wanted.assumptions_id, known)}"
            )
        chosen = known[wanted.assumptions_id]
        view = allocation(self.world, "asset_class")
        if not view["total"]:
            raise ToolError("the portfolio is empty: there is nothing to project")
        weights = {row["name"]: row["value"] / view["total"] for row in view["rows"]}
        mean, volatility = _mixed(weights, chosen)
        mean += SHIFT[wanted.scenario] * chosen["scenario_shift"]
        plan = Plan(
            value=view["total"],
            mean=mean / 100,
            volatility=volatility / 100 * wanted.volatility_scale,
            years=wanted.years,
            contribution=float(chosen["contribution"] if wanted.contribution is None else wanted.contribution),
            income=wanted.target_income,
            inflation=float(chosen["inflation"] if wanted.inflation is None else wanted.inflation) / 100,
            years_in_retirement=chosen["years_in_retirement"],
            indexed_from="today" if chosen["income_in"] == "todays_dollars" else "retirement",
        )
        return plan, _told(plan, wanted, view)

    def luck(self, wanted: SimulateArguments, years: int) -> Any:
        """The random numbers of a simulation."""
        return montecarlo.draw(years, wanted.n, seed=self.seed if wanted.seed is None else wanted.seed)


def tools(world: World, *, seed: int) -> list[AgentTool[Any]]:
    """The three tools for one portfolio."""
    home = Household(world, seed)
    return [
        AgentTool(
            "simulate",
            "Monte Carlo simulation of the portfolio through saving and retirement: success rate with its 95 % interval, values "
            "at retirement and at the end, and how long the money lasted.",
            SimulateArguments,
            lambda arguments: _simulate(home, arguments),
        ),
        AgentTool(
            "project",
            "The portfolio's value year by year if every year brought exactly the expected return.",
            Inputs,
            lambda arguments: _project(home, arguments),
        ),
        AgentTool(
            "solve",
            "How far one lever (saving, years or income) must move, all else equal, to reach a success rate.",
            SolveArguments,
            lambda arguments: _solve(home, arguments),
        ),
    ]


async def _simulate(home: Household, wanted: SimulateArguments) -> dict[str, Any]:
    plan, told = home.plan(wanted)
    found = await asyncio.to_thread(lambda: montecarlo.summary(plan, home.luck(wanted, plan.horizon)))
    return _dated(home, {"scenario": wanted.scenario, **found, "inputs": _seeded(home, told, wanted)})


def _project(home: Household, wanted: Inputs) -> dict[str, Any]:
    plan, told = home.plan(wanted)
    values = montecarlo.project(plan)
    rows = [
        {"year": year, "phase": "saving" if year <= plan.years else "retirement", "value": round(float(value), 2)}
        for year, value in enumerate(values)
    ]
    empty = next((row["year"] for row in rows if not row["value"]), None)
    at_retirement = rows[plan.years]["value"]
    return _dated(home, {"rows": rows, "at_retirement": at_retirement, "money_runs_out_in_year": empty, "inputs": told})


async def _solve(home: Household, wanted: SolveArguments) -> dict[str, Any]:
    plan, told = home.plan(wanted)
    retired = not plan.years and wanted.lever != "income"
    found = None if retired else await asyncio.to_thread(_solved, home, plan, wanted)
    data: dict[str, Any] = {
        "lever": wanted.lever,
        "target_success": wanted.target_success,
        "reachable": found is not None,
    }
    if found is not None:
        data |= {"amount": found[0], "success_rate": found[1]}
    elif retired:
        data["reason"] = "the household is retired already"
    return _dated(home, {**data, "inputs": _seeded(home, told, wanted)})


def _solved(home: Household, plan: Plan, wanted: SolveArguments) -> tuple[float, float] | None:
    """The lever's amount and the success rate it reaches; every amount is tried on the same luck."""
    longest = _MOST_YEARS if wanted.lever == "years" else plan.years
    growth = montecarlo.growth_of(plan, home.luck(wanted, longest + plan.years_in_retirement))

    def rate(amount: float) -> float:
        return montecarlo.success_rate(montecarlo.varied(plan, wanted.lever, amount), growth)

    amount = _SEARCH[wanted.lever](plan, rate, wanted)
    return None if amount is None else (amount, rate(amount))


def _least_saving(plan: Plan, rate: Any, wanted: SolveArguments) -> float | None:  # noqa: ARG001 - one shape for all levers
    if rate(_MOST_SAVED) < wanted.target_success:
        return None
    low, high = 0, int(_MOST_SAVED / _STEP)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if rate(middle * _STEP) >= wanted.target_success else (middle + 1, high)
    return low * _STEP


def _least_years(plan: Plan, rate: Any, wanted: SolveArguments) -> float | None:
    low, high = plan.years, _MOST_YEARS
    if rate(high) < wanted.target_success:
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if rate(middle) >= wanted.target_success else (middle + 1, high)
    return float(low)


def _most_income(plan: Plan, rate: Any, wanted: SolveArguments) -> float | None:
    low, high = 0, max(1, int(plan.income * 20 / _STEP))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if rate(middle * _STEP) >= wanted.target_success else (low, middle - 1)
    return low * _STEP if low else None


_SEARCH: Final = {"saving": _least_saving, "years": _least_years, "income": _most_income}


def _mixed(weights: Mapping[str, float], chosen: Mapping[str, Any]) -> tuple[float, float]:
    """Mean and volatility of the mix in percent; classes move independently, and what is not classified counts as equity."""
    classes = {name.replace("_", " ").title(): pair for name, pair in chosen["classes"].items()}
    pairs = [(weight, *classes.get(name, classes["Equity"])) for name, weight in weights.items()]
    mean = sum(weight * mean for weight, mean, _ in pairs)
    return mean, float(sum((weight * volatility) ** 2 for weight, _, volatility in pairs) ** 0.5)


def _told(plan: Plan, wanted: Inputs, view: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "value": plan.value,
        "expected_return_percent": round(plan.mean * 100, 4),
        "volatility_percent": round(plan.volatility * 100, 4),
        "years": plan.years,
        "years_in_retirement": plan.years_in_retirement,
        "contribution": plan.contribution,
        "target_income": plan.income,
        "inflation_percent": round(plan.inflation * 100, 4),
        "income_rises_from": plan.indexed_from,
        "assumptions_id": wanted.assumptions_id,
        "excluded": view["excluded"],
        "unclassified": any(row["name"] == "Unclassified" for row in view["rows"]),
    }


def _seeded(home: Household, told: Mapping[str, Any], wanted: SimulateArguments) -> dict[str, Any]:
    return {**told, "n": wanted.n, "seed": home.seed if wanted.seed is None else wanted.seed}


def _dated(home: Household, data: Mapping[str, Any]) -> dict[str, Any]:
    return sourced(data, as_of=home.world.as_of.isoformat(), source="own simulation on positions and closing prices")
