"""Defects of the Retirement agent."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import Any

from harness.mutation import mutant

_REPLY = "agents/alex/retirement.py:_reply"
_MONTE_CARLO = "agents/_shared/montecarlo.py"


def _written(original: Any, context: Any, result: Any, **changes: Any) -> Any:
    """The plan with some of it changed, past the agent's own checks and before it is stored."""
    if result.output is None:
        return original(context, result)
    made = {name: change(getattr(result.output, name)) for name, change in changes.items()}
    return original(context, replace(result, output=result.output.model_copy(update=made)))


@mutant("RT-M01", agent="retirement", seam="S", severity=3, origin="S", expects=["recomputed", "table"],
        replaces="agents/alex/projection.py:allocation", cases=["RT-02", "RT-04"])  # fmt: skip
def nothing_there(original: Any, world: Any, by: str) -> Any:
    """An empty portfolio is analysed, though there is money."""
    return {**original(world, by), "rows": [{"name": "Cash", "value": 0.01}], "total": 0.01}


@mutant("RT-M02", agent="retirement", seam="S", severity=3, origin="S", expects=["recomputed"],
        replaces="agents/_shared/world.py:World.holdings", cases=["RT-14"])  # fmt: skip
def price_of_a_hundred(original: Any, world: Any) -> Any:
    """A missing price is taken for 100."""
    today = world.as_of.isoformat()
    return [
        {**row, "current_price": 100.0, "price_date": today} if row["current_price"] is None else row
        for row in original(world)
    ]


@mutant("RT-M03", agent="retirement", seam="C", severity=2, origin="S", expects=["recomputed", "diff"],
        replaces="agents/alex/retirement.py:_facts", cases=["RT-05", "RT-04"])  # fmt: skip
def always_forty(original: Any, given: Any, context: Any) -> Any:
    """Everybody is taken to be forty, with 25 years to go."""
    return {**original(given, context), "years": 25}


@mutant(
    "RT-M04",
    agent="retirement",
    seam="R",
    severity=3,
    expects=["recomputed"],
    replaces=f"{_MONTE_CARLO}:Plan.flows",
    cases=["RT-02", "RT-05"],
)
def savings_ignored(original: Any, plan: Any) -> Any:
    """What is saved every year is not counted."""
    flows = original(plan)
    flows[: plan.years] = 0.0
    return flows


@mutant("RT-M05", agent="retirement", seam="R", severity=3, origin="S", expects=["table"], cases=["RT-03"])
def skipped_years(result: Any, moment: Any) -> Any:
    """The table goes by steps of five years, and ends at 20 where 23 are asked for."""
    if moment.name != "project":
        return None
    years = moment.args["years"]
    at = result["rows"][years - years % 5]["value"]
    rows = [{**row, "value": at} if years - years % 5 < row["year"] <= years else row for row in result["rows"]]
    return {**result, "rows": rows, "at_retirement": at}


@mutant(
    "RT-M06",
    agent="retirement",
    seam="R",
    severity=3,
    expects=["recomputed"],
    replaces=f"{_MONTE_CARLO}:Plan.flows",
    cases=["RT-01", "RT-13"],
)
def no_inflation(original: Any, plan: Any) -> Any:
    """The income is never raised by inflation."""
    return original(replace(plan, inflation=0.0))


@mutant(
    "RT-M07",
    agent="retirement",
    seam="R",
    severity=2,
    expects=["recomputed"],
    replaces=f"{_MONTE_CARLO}:Plan.flows",
    cases=["RT-01", "RT-05"],
)
def late_inflation(original: Any, plan: Any) -> Any:
    """Inflation begins a year late."""
    flows = original(plan)
    flows[plan.years :] /= 1.0 + plan.inflation
    return flows


@mutant(
    "RT-M08",
    agent="retirement",
    seam="R",
    severity=2,
    expects=["recomputed"],
    replaces=f"{_MONTE_CARLO}:growth_of",
    cases=["RT-01"],
)
def half_volatility(original: Any, plan: Any, luck: Any) -> Any:
    """Half of the volatility is missing."""
    return original(replace(plan, volatility=plan.volatility / 2), luck)


@mutant(
    "RT-M09",
    agent="retirement",
    seam="R",
    severity=2,
    expects=["recomputed"],
    replaces=f"{_MONTE_CARLO}:Plan.flows",
    cases=["RT-01", "RT-05"],
)
def a_year_short(original: Any, plan: Any) -> Any:
    """Retirement lasts 29 years instead of 30."""
    flows = original(plan)
    flows[-1] = 0.0
    return flows


@mutant("RT-M10", agent="retirement", seam="C", severity=1, origin="S", expects=["same_as_before", "recomputed"],
        replaces=f"{_MONTE_CARLO}:draw", cases=["RT-01"])  # fmt: skip
def unseeded(original: Any, periods: int, paths: int, *, seed: int) -> Any:
    """The generator has no seed."""
    return original(periods, paths, seed=secrets.randbits(62))


@mutant("RT-M11", agent="retirement", seam="C", severity=2, origin="S", expects=["diff", "recomputed"],
        replaces="agents/alex/projection.py:_simulate", cases=["RT-12"])  # fmt: skip
async def few_paths(original: Any, home: Any, wanted: Any) -> Any:
    """Five hundred paths are simulated, whatever is asked for."""
    return await original(home, wanted.model_copy(update={"n": 500}))


@mutant(
    "RT-M12",
    agent="retirement",
    seam="R",
    severity=2,
    expects=["interval"],
    replaces=f"{_MONTE_CARLO}:wilson",
    cases=["RT-12"],
)
def narrow_interval(original: Any, successes: int, n: int, **_: Any) -> Any:
    """The interval is that of 68 %, and called that of 95 %."""
    return original(successes, n, z=1.0)


@mutant("RT-M13", agent="retirement", seam="T", severity=3, expects=["told"], replaces=_REPLY, cases=["RT-14", "RT-01"])
def promised(original: Any, context: Any, result: Any) -> Any:
    """Success is promised."""
    return _written(
        original, context, result,
        markdown=lambda text: text.replace("## Scenarios", "Your retirement is guaranteed and will definitely succeed.\n\n## Scenarios", 1),
    )  # fmt: skip


@mutant(
    "RT-M14",
    agent="retirement",
    seam="T",
    severity=3,
    expects=["told", "finance:grounded-numbers"],
    replaces=_REPLY,
    cases=["RT-14", "RT-02"],
)
def kinder_rate(original: Any, context: Any, result: Any) -> Any:
    """The text gives a better rate than the simulation did."""
    rate = 0.0 if result.output is None else 100 * result.output.success_rate

    def kinder(text: str) -> str:
        return re.sub(rf"\b{rate:.1f} ?%", f"{rate + 11.3:.1f} %", text)

    return _written(original, context, result, markdown=kinder)


@mutant(
    "RT-M15",
    agent="retirement",
    seam="T",
    severity=2,
    expects=["ordered", "recomputed"],
    replaces=_REPLY,
    cases=["RT-13"],
)
def swapped_scenarios(original: Any, context: Any, result: Any) -> Any:
    """Pessimistic and optimistic are swapped."""

    def swapped(found: Any) -> Any:
        return found.model_copy(update={"pessimistic": found.optimistic, "optimistic": found.pessimistic})

    return _written(original, context, result, scenarios=swapped)


@mutant(
    "RT-M16",
    agent="retirement",
    seam="R",
    severity=2,
    expects=["recomputed", "table"],
    replaces=f"{_MONTE_CARLO}:walk",
    cases=["RT-01", "RT-02"],
)
def paid_first(original: Any, start: float, growth: Any, flows: Any, **known: Any) -> Any:
    """Money moves before the growth of its year instead of after it."""
    return original(start, growth, flows, **{**known, "when": "start"})


@mutant(
    "RT-M17",
    agent="retirement",
    seam="C",
    severity=3,
    expects=["refused"],
    replaces="agents/alex/retirement.py:_facts",
    cases=["RT-07"],
)
def goals_assumed(original: Any, given: Any, context: Any) -> Any:
    """Goals that nobody stated are assumed."""
    facts = original(given, context)
    return {**facts, "years": facts.get("years") or 25, "target_income": facts.get("target_income") or 60000.0}


@mutant("RT-M18", agent="retirement", seam="R", severity=3, expects=["levers"], cases=["RT-08", "RT-14"])
def lever_too_short(result: Any, moment: Any) -> Any:
    """Half of what must be saved is said to be enough."""
    if moment.name != "solve" or not result["reachable"] or result["lever"] != "saving":
        return None
    inputs = moment.args["contribution"] or 10_000.0
    return {**result, "amount": max(inputs + 100.0, round(result["amount"] / 2, -2))}


@mutant(
    "RT-M19",
    agent="retirement",
    seam="R",
    severity=3,
    expects=["moved", "recomputed"],
    replaces=f"{_MONTE_CARLO}:Plan.flows",
    cases=["RT-08"],
)
def saving_costs(original: Any, plan: Any) -> Any:
    """What is saved is taken out."""
    flows = original(plan)
    flows[: plan.years] *= -1
    return flows


@mutant(
    "RT-M20",
    agent="retirement",
    seam="C",
    severity=3,
    expects=["recomputed", "table"],
    replaces="agents/alex/projection.py:_mixed",
    cases=["RT-01", "RT-02"],
)
def rosy_returns(original: Any, weights: Any, chosen: Any) -> Any:
    """Equity is taken to return twelve percent a year."""
    mean, volatility = original(weights, chosen)
    return mean + 5.0 * weights.get("Equity", 0.0), volatility


@mutant(
    "RT-M21",
    agent="retirement",
    seam="C",
    severity=2,
    expects=["closed_form", "diff"],
    replaces="agents/alex/projection.py:Household.plan",
    cases=["RT-11"],
)
def scale_ignored(original: Any, home: Any, wanted: Any) -> Any:
    """The wish for no volatility is ignored."""
    return original(home, wanted.model_copy(update={"volatility_scale": 1.0}))


@mutant(
    "RT-M22",
    agent="retirement",
    seam="C",
    severity=3,
    expects=["diff", "moved", "recomputed"],
    on="input",
    cases=["RT-10", "RT-08"],
)
def wishes_dropped(request: Any) -> Any:
    """What the client asks to be changed is not."""
    return replace(request, input="Will my money last?")


@mutant(
    "RT-M23",
    agent="retirement",
    seam="S",
    severity=2,
    expects=["artifact:jobs"],
    replaces="agents/alex/retirement.py:_refusal",
    cases=["RT-06"],
)
def refusal_stored(original: Any, context: Any, error: str, missing: Any) -> Any:
    """A refusal is stored as if it were an analysis."""
    reply = original(context, error, missing)
    context.world.update_job(retirement_payload={"analysis": reply.text, "agent": "retirement"})
    return reply


@mutant("RT-M24", agent="retirement", seam="T", severity=1, expects=["told"], replaces=_REPLY, cases=["RT-01", "RT-14"])
def no_limits(original: Any, context: Any, result: Any) -> Any:
    """The limits are not stated."""
    return _written(
        original,
        context,
        result,
        markdown=lambda text: text.partition("## Limits")[0] + "## Limits\n\nNone worth a word.\n",
    )


@mutant("RT-M25", agent="retirement", seam="R", severity=1, expects=["trajectory:error-free"], cases=["RT-02"],
        replaces="agents/alex/projection.py:_project")  # fmt: skip
def project_fails(original: Any, home: Any, wanted: Any) -> Any:
    """The table is asked for with an assumption set that does not exist, and again until it works."""
    tried = home.world.kept.setdefault("tried", [])
    tried.append(1)
    return original(home, wanted if len(tried) > 1 else wanted.model_copy(update={"assumptions_id": "best"}))
