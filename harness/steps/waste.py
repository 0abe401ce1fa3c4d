"""What a trial spent on calls that it could have done without."""

from __future__ import annotations

from harness.frozen import frozen
from harness.model import Step, Usage

from .course import Course
from .turns import issued


@frozen
class Waste:
    """Tokens, money and time of redundant, failed and looping calls, and of the model calls that asked for nothing else."""

    calls: tuple[Step, ...]
    """The calls, each once."""

    models: tuple[Step, ...]
    """Model calls that issued only such calls."""

    usage: Usage
    """Tokens of those model calls."""

    cost_usd: float | None
    """Price of those model calls; None when unknown."""

    seconds: float
    """Time of the calls, one after another."""


def waste(course: Course) -> Waste:
    """Add up what was wasted."""
    bad = {id(course.calls[place]) for place in course.useless}
    bad |= {id(call) for loop in course.loops for call in loop.wasted}
    if not bad:
        return Waste((), (), Usage(0, 0, 0), 0.0, 0.0)
    asked = issued(course.trace.steps)
    models = tuple(
        step for step in course.trace.models if step.id in asked and all(id(call) in bad for call in asked[step.id])
    )
    usage = sum((model.usage or Usage() for model in models), Usage(0, 0, 0))
    costs = [model.cost_usd for model in models]
    cost = None if None in costs else float(sum(cost or 0.0 for cost in costs))
    calls = tuple(call for call in course.calls if id(call) in bad)
    return Waste(calls, models, usage, cost, sum(call.seconds for call in calls))
