"""What is asked of an agent, and what must hold of its answer."""

from __future__ import annotations

from dataclasses import field
from functools import cached_property
from typing import Annotated, Any

from harness.bounds import Ge, Gt, Le
from harness.shape import plain, value

from .fault import Fault
from .plan import Reference
from .value import Json, Severity, Where, fingerprint

Positive = Annotated[float, Gt(0)]


@value
class CheckSpec:
    """One check as a suite writes it; `harness.registry` turns it into the check itself."""

    type: str
    """Registered name, without the `not-` prefix."""

    params: dict[str, Json] = field(default_factory=dict)
    """The check's own parameters."""

    negate: bool = False
    """Whether the suite wrote `not-` before the name."""

    severity: Severity = "major"
    """blocker and major fail the trial; minor only lowers its score."""

    weight: Annotated[float, Ge(0)] = 1.0
    """Share in the trial's score."""

    metric: str | None = None
    """Name under which the score is also reported on its own."""

    where: Where | None = None
    """Place in the suite."""

    @property
    def name(self) -> str:
        """The name as the suite writes it."""
        return f"not-{self.type}" if self.negate else self.type


@value
class Turn:
    """One message of a conversation and what must hold of the reply."""

    input: Json
    """What the user says."""

    checks: tuple[CheckSpec, ...] = ()
    """Checks on this turn's reply alone."""


@value
class Budget:
    """Most that one trial may use; a trial over its budget ends as `over_budget`."""

    seconds: Positive | None = None
    """Wall time of the whole trial."""

    steps: Annotated[int, Gt(0)] | None = None
    """Steps of any kind."""

    tool_calls: Annotated[int, Gt(0)] | None = None
    """Tool calls, retries included."""

    tokens: Annotated[int, Gt(0)] | None = None
    """Input and output tokens together."""

    usd: Positive | None = None
    """Money spent on models, in US dollars."""


@value
class Case:
    """One thing asked of one agent, with everything that decides whether it was done."""

    id: str
    """Stable identity: baselines pair by it."""

    suite: str = ""
    """Suite path relative to the cases folder, without suffix."""

    agent: str = ""
    """Agent name from harness.toml."""

    description: str = ""
    """What the case is about, for people."""

    input: Json = None
    """What the agent receives; unused when `turns` is given."""

    turns: tuple[Turn, ...] = ()
    """A conversation, instead of one input."""

    world: dict[str, Json] = field(default_factory=dict)
    """Names the environment, such as a portfolio, that the agent's world is made from."""

    as_of: str | None = None
    """The date (ISO 8601) that the agent must take as today."""

    checks: tuple[CheckSpec, ...] = ()
    """What must hold of the whole trial."""

    budget: Budget = Budget()
    """Limits of one trial."""

    reference: Reference | None = None
    """Reference plan for the step analysis."""

    faults: tuple[Fault, ...] = ()
    """What is to go wrong around the agent."""

    repeat: Annotated[int, Ge(1), Le(10_000)] = 1
    """Trials asked for."""

    tags: dict[str, str] = field(default_factory=dict)
    """Labels to select and slice by; a bare label has the value ''."""

    severity: Severity = "major"
    """Weight of the case's own failure in a gate."""

    must_pass: bool = False
    """Whether the gate fails when this case does, whatever the statistics say."""

    where: Where | None = None
    """Place in the suite."""

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all that decides the result; places and repeat counts do not."""
        content = _without_places(plain(self))
        for name in ("repeat", "suite"):
            content.pop(name, None)
        return fingerprint(content)


def _without_places(item: Any) -> Any:
    if isinstance(item, dict):
        return {key: _without_places(content) for key, content in item.items() if key != "where"}
    if isinstance(item, list):
        return [_without_places(content) for content in item]
    return item
