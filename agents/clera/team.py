"""Hand work to the members of the team, with a circuit breaker for each and an honest way out when one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from .._shared.breaker import Breaker
from .._shared.tools import AgentTool, ToolError, sourced
from .analyst import ANALYST
from .desk import Desk
from .portfolio import PORTFOLIO
from .trader import trade

if TYPE_CHECKING:
    from harness.adapters import Context

Member: TypeAlias = Literal["portfolio", "analyst", "trade"]

MOST_HANDOFFS: Final = 8
ATTEMPT_S: Final = 1.0
"""Seconds on the virtual clock that a handoff takes."""

MANUAL: Final = (
    "To place the order yourself: open the trading page of your account, choose the symbol, enter the amount in dollars as a market "
    "order, check it and submit it; or telephone the order desk."
)
DISCLOSURES: Final = {
    "portfolio": "I could not read your accounts just now, so this is general information and not about your own portfolio.",
    "analyst": "I could not get current market data or news just now, so I give no figures or opinions from them.",
    "trade": "I could not place orders just now: no order was placed.",
}
_NAMES: Final[dict[Member, tuple[str, str, str]]] = {
    "portfolio": ("transfer_to_portfolio", "transfer_to_portfolio_management_agent", "The client's own accounts: value, holdings, cash, gains, scores, rebalancing, activities."),
    "analyst": ("transfer_to_analyst", "transfer_to_financial_analyst_agent", "Prices, news, outlooks, returns and comparisons of any security."),
    "trade": ("transfer_to_trade", "transfer_to_trade_execution_agent", "Buying and selling, after the client has confirmed."),
}  # fmt: skip


class TaskArguments(BaseModel):
    """What to do."""

    model_config = ConfigDict(extra="forbid")

    task: str = Field(
        min_length=1, max_length=2000, description="The whole task in plain words; nothing else is known."
    )


class FailedHandoff(Exception):
    """A member of the team did not answer."""


class Team:
    """The members as one turn's supervisor has them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._world = context.world
        self.route: list[str] = []
        """Who was asked, in order, failures included."""
        self.disclosures: list[str] = []
        """What the client must be told about failures."""
        self.desk = Desk(context)
        """The Trader's, whose outcome is what was really done."""

    def tools(self, *, aliases: bool = False) -> list[AgentTool[Any]]:
        """One tool for each member, under our names or the original's."""
        return [self._tool(member, names[1 if aliases else 0], names[2]) for member, names in _NAMES.items()]

    async def transfer(self, member: Member, task: str) -> dict[str, Any]:
        """Have a member answer, or do what is left to do without it."""
        try:
            told: dict[str, Any] = {"status": "ok", "answer": await self._answered(member, task)}
        except FailedHandoff:
            told = await self._without(member, task)
        return sourced(told, as_of=self._world.as_of.isoformat(), source=member)

    async def _without(self, member: Member, task: str) -> dict[str, Any]:
        """Portfolio falls back to the Analyst, the Analyst to what is generally known, the Trader to the client's own hands."""
        self._disclose(member)
        told = {"status": "unavailable", "disclose": DISCLOSURES[member]}
        if member == "trade":
            return {**told, "answer": MANUAL}
        if member == "portfolio":
            try:
                general = f"In general and not about this client's accounts: {task}"
                return {**told, "status": "fallback", "answer": await self._answered("analyst", general)}
            except FailedHandoff:
                self._disclose("analyst")
        return told

    async def _answered(self, member: Member, task: str) -> str:
        if len(self.route) >= MOST_HANDOFFS:
            raise ToolError(f"at most {MOST_HANDOFFS} handoffs; answer with what you have")
        breaker = self._breaker(member)
        if not breaker.allows():
            raise FailedHandoff(f"{member} is left alone for a while")
        self.route.append(member)
        self._context.recorder.handoff(member, task)
        try:
            answer = await self._run(member, task)
        except BaseException:
            breaker.failed()
            raise
        breaker.succeeded()
        return answer

    async def _run(self, member: Member, task: str) -> str:
        self._world.clock.advance(ATTEMPT_S)
        self._fail_as_told(member)
        if member == "trade":
            result = await trade(self._context, self.desk, task, stream=False)
        else:
            result = await (PORTFOLIO if member == "portfolio" else ANALYST).work(self._context, task)
        if result.stop != "answer":
            raise FailedHandoff(f"{member}: {result.stop}")
        return result.text

    def _fail_as_told(self, member: Member) -> None:
        """Fail as often as the case says."""
        left: dict[str, int] = self._world.kept.setdefault("failures", dict(self._world.conditions.down))
        if left.get(member, 0) > 0:
            left[member] -= 1
            self._context.recorder.error(f"{member} did not answer", type="MemberDown")
            raise FailedHandoff(member)

    def _breaker(self, member: Member) -> Breaker:
        breakers: dict[str, Breaker] = self._world.kept.setdefault("breakers", {})
        return breakers.setdefault(member, Breaker(self._world.clock.now))

    def _disclose(self, member: Member) -> None:
        if DISCLOSURES[member] not in self.disclosures:
            self.disclosures.append(DISCLOSURES[member])

    def _tool(self, member: Member, name: str, description: str) -> AgentTool[TaskArguments]:
        return AgentTool(name, description, TaskArguments, lambda arguments: self.transfer(member, arguments.task))
