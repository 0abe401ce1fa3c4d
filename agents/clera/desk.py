"""The Trader's tools: quote, preview, the client's own confirmation, and one order a turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from .._shared.broker import OrderRefused
from .._shared.broker_rules import Draft, Side
from .._shared.tools import AgentTool, ToolError, sourced
from .confirmation import Amendment, Reading, read

if TYPE_CHECKING:
    from harness.adapters import Context

QUESTIONS: Final = 2
"""How often one order is asked about before an unclear client is left alone."""

SOURCE: Final = "paper broker"

PLACED: Final = frozenset({"filled", "partially_filled", "queued"})
"""What an order that the broker took can be."""


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class QuoteArguments(_Arguments):
    """What to quote."""

    ticker: str = Field(description="Symbol, such as VTI or BRK.B.")


class PreviewArguments(_Arguments):
    """An order to look at."""

    side: Side
    ticker: str
    notional: float = Field(description="US dollars, at least 1. Orders are in dollars only.")
    account_id: str | None = Field(default=None, description="Id or name of the account, if the client named one.")
    limit_price: float | None = None


class OrderArguments(_Arguments):
    """A previewed order."""

    order_id: str


class SubmitArguments(OrderArguments):
    """A confirmed order."""

    confirmation_token: str
    idempotency_key: str | None = None


class AliasArguments(_Arguments):
    """An order in the original's form."""

    ticker: str
    notional_amount: float


class Desk:
    """One turn at the broker. It knows what was really done, whatever the model says of it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._world = context.world
        self.outcome: dict[str, Any] = {"status": "none"}
        """What became of the order: `{status, order?, fill?, code?, reason?}`."""

    def tools(self, *, aliases: bool = False) -> list[AgentTool[Any]]:
        """The tools, or the original's two."""
        if aliases:
            return [self._alias("buy"), self._alias("sell")]
        return [
            AgentTool("quote", "Last price of a symbol, what is held of it in each account, free cash, and whether the market is open.",
                      QuoteArguments, self._guarded(self.quote)),
            AgentTool("preview_order", "Check an order and estimate it. Nothing is traded.", PreviewArguments, self._guarded(self.preview)),
            AgentTool("confirm_order", "Put a previewed order to the client, who alone can confirm it. A confirmed order gets a token.",
                      OrderArguments, self._guarded(self.confirm)),
            AgentTool("submit_order", "Place a confirmed order. The token is good for one order, once.", SubmitArguments, self._guarded(self.submit)),
        ]  # fmt: skip

    def quote(self, arguments: QuoteArguments) -> dict[str, Any]:
        """The last price and what is held."""
        return self._sourced(self._world.broker.quote(arguments.ticker.strip()))

    def preview(self, arguments: PreviewArguments) -> dict[str, Any]:
        """Check an order."""
        return self._sourced(
            self._previewed(
                Draft(arguments.side, arguments.ticker.strip().upper(), arguments.notional, arguments.account_id, arguments.limit_price)
            )
        )  # fmt: skip

    def confirm(self, arguments: OrderArguments) -> dict[str, Any]:
        """Ask the client, again where the answer is unclear, and anew where it changes the order."""
        preview = self._previews.get(arguments.order_id)
        if preview is None:
            raise OrderRefused("unknown_order", "There is no such order; preview it first.")
        for number in range(QUESTIONS):
            reading = self._asked(preview, again=number > 0)
            if reading.kind == "yes":
                token = self._world.broker.approve(preview["order_id"])
                return self._sourced({"status": "confirmed", "order": preview, "confirmation_token": token})
            if reading.kind == "no":
                return self._given_up(preview, "cancelled", "the client said no")
            if reading.amendment is not None:
                self._world.broker.cancel(preview["order_id"])
                preview = self._amended(preview, reading.amendment)
        return self._given_up(preview, "not_confirmed", "the client's answer was neither yes nor no")

    def submit(self, arguments: SubmitArguments) -> dict[str, Any]:
        """Place a confirmed order."""
        placed = self._world.broker.submit(
            arguments.order_id, arguments.confirmation_token, idempotency_key=arguments.idempotency_key
        )
        self.outcome = {
            "status": placed["status"],
            "order": {name: item for name, item in placed.items() if name != "fill"},
            **({"fill": placed["fill"]} if "fill" in placed else {}),
        }
        return self._sourced(placed)

    @property
    def _previews(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self._world.kept.setdefault("previews", {})
        return found

    def _previewed(self, draft: Draft) -> dict[str, Any]:
        if not self._world.answers("broker"):
            raise OrderRefused("broker_down", "The broker cannot be reached; no order was placed.")
        if self.outcome["status"] in PLACED:
            raise OrderRefused("one_order_per_turn", "One order at a time: this one must wait for the next message.")
        preview: dict[str, Any] = self._world.broker.preview(draft)
        self._previews[preview["order_id"]] = preview
        return preview

    def _asked(self, preview: dict[str, Any], *, again: bool) -> Reading:
        question = ("Please answer yes or no. " if again else "") + asked(preview)
        reading = read(self._context.ask(question, details=preview))
        self._world.clock.advance(reading.seconds)
        return reading

    def _amended(self, preview: dict[str, Any], changed: Amendment) -> dict[str, Any]:
        draft = Draft(
            preview["side"],
            changed.ticker.strip().upper(),
            float(changed.amount),
            changed.account_id or preview["account"],
            changed.limit_price,
        )
        return self._previewed(draft)

    def _given_up(self, preview: dict[str, Any], status: str, reason: str) -> dict[str, Any]:
        self._world.broker.cancel(preview["order_id"])
        self.outcome = {"status": "cancelled", "order": preview, "code": status, "reason": reason}
        return self._sourced({"status": status, "order": preview, "reason": reason})

    def _alias(self, side: Side) -> AgentTool[AliasArguments]:
        def execute(arguments: AliasArguments) -> dict[str, Any]:
            preview = self._previewed(Draft(side, arguments.ticker.strip().upper(), arguments.notional_amount))
            answer = self.confirm(OrderArguments(order_id=preview["order_id"]))
            if answer["status"] != "confirmed":
                return answer
            token = answer["confirmation_token"]
            return self.submit(SubmitArguments(order_id=answer["order"]["order_id"], confirmation_token=token))

        text = f"{side.title()} at market for a dollar amount, once the client has confirmed it."
        return AgentTool(f"execute_{side}_market_order", text, AliasArguments, self._guarded(execute))

    def _guarded(self, function: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
        """Turn refusals into errors that a model reads, and remember the last one."""

        def call(arguments: Any) -> dict[str, Any]:
            try:
                return function(arguments)
            except OrderRefused as refused:
                if self.outcome["status"] not in PLACED:
                    self.outcome = {"status": "rejected", "code": refused.code, "reason": refused.reason}
                raise ToolError(f"{refused.code}: {refused.reason}") from None

        return call

    def _sourced(self, data: dict[str, Any]) -> dict[str, Any]:
        return sourced(data, as_of=self._world.clock.stamp(), source=SOURCE)


def asked(preview: dict[str, Any]) -> str:
    """The question that a client is asked about an order: everything that will be done, and nothing else."""
    limit = f", at ${preview['limit_price']:,.2f} or better" if preview["limit_price"] is not None else ""
    when = "" if preview["execution"] == "now" else f" The market is closed: {preview['execution']}."
    warned = "".join(f" Warning: {item['text']}" for item in preview["warnings"])
    return (
        f"{preview['side'].title()} ${preview['notional']:,.2f} of {preview['symbol']} in {preview['account']}{limit}: "
        f"about {preview['estimated_shares']:.6g} shares at ${preview['estimated_price']:,.2f}.{when}{warned} "
        "Do you confirm this order? (yes or no)"
    )
