"""The Planner's tools: tag, look up prices, delegate, and close the job with a status that is true."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from .._shared.tools import AgentTool, ToolError, sourced
from .insight import Nothing
from .planform import Outcomes, Status
from .team import Team

if TYPE_CHECKING:
    from .._shared.world import World


class SymbolArguments(BaseModel):
    """Which instruments."""

    model_config = ConfigDict(extra="forbid")

    symbols: Annotated[list[str], Field(min_length=1, max_length=50)]


class FinaliseArguments(BaseModel):
    """How the job ended."""

    model_config = ConfigDict(extra="forbid")

    status: Status
    summary: Annotated[str, Field(min_length=1, max_length=2000)]


class Desk:
    """One job on the Planner's desk."""

    def __init__(self, team: Team, world: World, *, options: Any = None) -> None:
        self.outcomes = Outcomes()
        self._team = team
        self._world = world
        self._options = options
        self._running: set[str] = set()

    def tools(self) -> list[AgentTool[Any]]:
        """The six tools."""
        what = {
            "reporter": "write the report, when there are positions",
            "charter": "make the charts, when there are two positions or more",
            "retirement": "project the retirement, when there are goals",
        }
        return [
            AgentTool(
                "tag_instruments", "Classify instruments that nobody has classified.", SymbolArguments, self._tag
            ),
            AgentTool("refresh_prices", "The last known prices, with their dates.", SymbolArguments, self._prices),
            *(
                AgentTool(f"invoke_{name}", f"Have the {name} {does}. Once per job.", Nothing, self._invoking(name))
                for name, does in what.items()
            ),
            AgentTool(
                "finalise_job", "Close the job with its true status and a summary.", FinaliseArguments, self._finalise
            ),
        ]

    async def _tag(self, wanted: SymbolArguments) -> dict[str, Any]:
        held = {row["symbol"]: row["name"] for row in self._world.holdings()}
        if foreign := [symbol for symbol in wanted.symbols if symbol not in held]:
            raise ToolError(f"{', '.join(foreign)} is not in this portfolio")
        batch = [{"symbol": symbol, "name": held[symbol]} for symbol in wanted.symbols]
        return await self._team.invoke("tagger", {"instruments": batch})

    def _prices(self, wanted: SymbolArguments) -> dict[str, Any]:
        known = [self._world.instrument(symbol) for symbol in wanted.symbols]
        rows = [row for row in known if row is not None and row["current_price"] is not None]
        found = {row["symbol"] for row in rows}
        data = {
            "prices": [
                {"symbol": row["symbol"], "price": row["current_price"], "date": row["price_date"]} for row in rows
            ],
            "missing": [symbol for symbol in wanted.symbols if symbol not in found],
        }
        return sourced(data, as_of=self._world.as_of.isoformat(), source="closing prices")

    def _invoking(self, name: str) -> Callable[[Nothing], Awaitable[dict[str, Any]]]:
        async def invoke(_: Nothing) -> dict[str, Any]:
            if name in self._running:
                raise ToolError(f"the {name} was invoked already; go on with what it returned")
            self._running.add(name)
            result = {**await self._team.invoke(name, self._options or "Analyse my portfolio."), "job_id": self._job}
            self.outcomes.results[name] = result
            return result

        return invoke

    def _finalise(self, wanted: FinaliseArguments) -> dict[str, Any]:
        if self._running - set(self.outcomes.results):
            raise ToolError("agents are still at work; finalise the job in a later turn")
        if wanted.status != self.outcomes.status:
            failed = ", ".join(self.outcomes.failed) or "no agent"
            raise ToolError(f"the status must be {self.outcomes.status}: {failed} failed")
        self.close(wanted.status, wanted.summary)
        return {"job_id": self._job, "status": wanted.status}

    def close(self, status: Status, summary: str, *, error: str | None = None) -> None:
        """Write the job's terminal state."""
        warnings = self.outcomes.warnings()
        payload = {
            "status": status,
            "summary": summary,
            "agents_run": sorted(self.outcomes.results),
            "warnings": warnings,
        }
        problem = error or ("; ".join(warnings) or None)
        self._world.update_job(status=status, summary_payload=payload, error_message=problem)

    @property
    def _job(self) -> str:
        return str(self._world.job()["id"])
