"""The Planner's answer, and the one honest way to sum up what became of a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Agent: TypeAlias = Literal["reporter", "charter", "retirement"]
Status: TypeAlias = Literal["completed", "partial", "failed"]


class Skipped(BaseModel):
    """An agent that was not needed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agent: Agent
    reason: Annotated[str, Field(min_length=3, max_length=300)]


class PlannerSummary(BaseModel):
    """What became of a job."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agents_run: list[Agent]
    skipped: list[Skipped]
    status: Status
    warnings: list[Annotated[str, Field(min_length=1, max_length=500)]]
    summary: Annotated[str, Field(min_length=1, max_length=2000)]


@dataclass(slots=True)
class Outcomes:
    """What the delegations returned so far."""

    results: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def failed(self) -> list[str]:
        """Agents that did not deliver, stand-ins included."""
        return [name for name, result in self.results.items() if result["status"] != "completed"]

    @property
    def status(self) -> Status:
        """Completed when everything that was asked for is there, failed when nothing of it is."""
        if not self.failed:
            return "completed"
        return "failed" if len(self.failed) == len(self.results) else "partial"

    def warnings(self) -> list[str]:
        """One sentence for each agent that did not deliver."""
        return [
            f"{name}: {self.results[name].get('error', self.results[name]['status'])}"[:500] for name in self.failed
        ]

    def problem(self, answer: PlannerSummary) -> str | None:
        """How an answer contradicts what happened, or None."""
        if answer.status != self.status:
            return f"status must be {self.status}, because {', '.join(self.failed) or 'no agent'} failed"
        if sorted(answer.agents_run) != sorted(self.results):
            return f"agents_run must name exactly the agents that were invoked: {sorted(self.results)}"
        if self.failed and not answer.warnings:
            return "every agent that failed needs a warning"
        return None
