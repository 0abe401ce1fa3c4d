"""How a task is solved by someone who knows it: the reference plan, and what is known of the tools."""

from __future__ import annotations

from dataclasses import field
from math import prod
from typing import Annotated

from harness.bounds import Ge, Le, Len
from harness.shape import Misfit, MisfitsError, value

from .value import Json

_MOST_WAYS = 64
_NAMES_OF_STEPS = "use the `id` of a step of this plan, or its tool's name"


@value
class PlanCall:
    """One tool call that a plan names."""

    name: Annotated[str, Len(1)]
    """Tool name."""

    args: dict[str, Json] = field(default_factory=dict)
    """Arguments that must be equal, or matchers as in trajectory:tool-args-match; others are free."""

    min: Annotated[int, Ge(1), Le(1000)] = 1
    """Calls needed."""


@value
class PlanStep:
    """One step of a reference plan: a tool call, or the choice between several ways."""

    name: str = ""
    """Tool name; left out when `any_of` is given."""

    args: dict[str, Json] = field(default_factory=dict)
    """Arguments that must be equal, or matchers as in trajectory:tool-args-match; others are free."""

    min: Annotated[int, Ge(0), Le(1000)] = 1
    """Calls needed; 0 allows one call that is not required."""

    any_of: tuple[PlanCall | tuple[PlanCall, ...], ...] = ()
    """Ways to do it, each a call or a list of calls; one of them is enough."""

    id: str = ""
    """Name for other steps' `after`; by default the tool's name."""

    after: tuple[str, ...] = ()
    """Steps that must have been taken before this one; without any `after` in a plan its order is free."""

    def __post_init__(self) -> None:
        if bool(self.name) == bool(self.any_of):
            problem = "a step is either a call or a choice" if self.name else "'name' is missing"
            raise MisfitsError([Misfit((), problem, "give `name:` or `any_of:`, not both")])
        if self.any_of and (self.args or self.min != 1):
            raise MisfitsError([Misfit(("any_of",), "a choice has no arguments of its own", "put them into its calls")])
        if () in self.any_of:
            raise MisfitsError([Misfit(("any_of",), "an empty way does nothing", "name its calls, or use min: 0")])

    @property
    def label(self) -> str:
        """What other steps call it."""
        return self.id or self.name


@value
class ToolFacts:
    """What is known of a tool; by default it is guessed from its name."""

    mutates: bool | tuple[str, ...] | None = None
    """Whether it changes something, or the resources that it changes, such as `ledger`."""

    reads: tuple[str, ...] | None = None
    """Resources that its result depends on; by default all."""

    idempotent: bool = False
    """Whether calling it twice does the same as calling it once."""

    poll: bool = False
    """Whether it is meant to be called again and again, such as a job's status."""

    volatile_args: tuple[str, ...] = ()
    """Arguments that do not make a call another one, such as a timestamp or a request id."""

    choices: tuple[str, ...] = ()
    """Arguments that take one of a fixed set of words, such as a side or a period: they come from nowhere."""

    agent: str = ""
    """Agent that a call of it hands over to; `{name}` takes the agent from the argument of that name."""


@value
class Reference:
    """How the task is solved by someone who knows it."""

    steps: tuple[PlanStep, ...] = ()
    """Expected tool calls; their order counts where `after` or a check says so."""

    answer: Json = None
    """Expected answer, for reports and judges."""

    tools: dict[str, ToolFacts] = field(default_factory=dict)
    """What is known of tools, by name; `*` and `?` stand for any characters."""

    route: tuple[str, ...] = ()
    """Agents that the request must reach, the first one first."""

    def __post_init__(self) -> None:
        known = [step.label for step in self.steps]
        for place, step in enumerate(self.steps):
            for other in step.after:
                if other not in known:
                    raise MisfitsError(
                        [Misfit(("steps", place, "after"), f"there is no step {other!r}", _NAMES_OF_STEPS)]
                    )
        if any(step.after for step in self.steps) and _circular(self.steps):
            raise MisfitsError([Misfit(("steps",), "steps wait for each other", "leave one `after:` out")])
        ways = prod(max(1, len(step.any_of)) for step in self.steps)
        if ways > _MOST_WAYS:
            problem = f"there are {ways} ways through the plan, more than {_MOST_WAYS}"
            raise MisfitsError([Misfit(("steps",), problem, "split the case, or use a matcher for the arguments")])


def _circular(steps: tuple[PlanStep, ...]) -> bool:
    """Whether no order of the steps fits all their `after`."""
    waiting = {
        place: {other for other, step in enumerate(steps) if step.label in now.after} for place, now in enumerate(steps)
    }
    while free := [place for place, others in waiting.items() if not others & waiting.keys()]:
        for place in free:
            del waiting[place]
    return bool(waiting)
