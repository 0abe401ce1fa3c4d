"""What the trade validator looks at: an order, an account, the market and the policy, all of them plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from harness.frozen import frozen

from .sessions import Sessions

_NOTHING: Mapping[str, Decimal] = MappingProxyType({})
_NEVER: Mapping[str, datetime] = MappingProxyType({})


@frozen
class Order:
    """An order as somebody wants it placed."""

    side: str = ""
    """`buy` or `sell`."""

    symbol: str = ""
    """What, such as `VTI` or `BRK.B`."""

    quantity: Decimal | None = None
    """How many shares; either this or `notional`."""

    notional: Decimal | None = None
    """For how much money; either this or `quantity`."""

    account: str = ""
    """Id or name of the account; empty for the account that is given beside the order."""

    type: str = "market"
    """`market`, `limit`, `stop` or `stop_limit`."""

    limit_price: Decimal | None = None
    """Worst price per share of a limit order."""

    stop_price: Decimal | None = None
    """Price at which a stop order wakes."""

    time_in_force: str = "day"
    """How long it stands: `day`, `gtc`, `ioc`, `fok`, `opg`, `cls`."""

    extended: bool = False
    """Whether it may be filled outside regular hours."""

    currency: str = "USD"
    """Currency of `notional` and prices."""

    key: str = ""
    """Idempotency key, under which a broker takes an order once."""


@frozen
class Past:
    """An order that was placed before."""

    side: str = ""
    symbol: str = ""
    quantity: Decimal | None = None
    notional: Decimal | None = None
    account: str = ""
    key: str = ""
    at: datetime | None = None
    """When it was placed; one without a time may have been placed just now."""

    status: str = "filled"
    """What became of it; `cancelled`, `rejected`, `previewed` and `expired` orders are no duplicates."""


@frozen
class Account:
    """The account that an order would be booked in."""

    id: str = ""
    """Its id."""

    name: str = ""
    """Its name, under which an order may know it too."""

    currency: str = "USD"
    """Its currency."""

    cash: Decimal | None = None
    """Settled cash."""

    buying_power: Decimal | None = None
    """What the broker lets it spend, where that is not its cash."""

    reserved: Decimal = Decimal(0)
    """Money that open orders have spoken for."""

    positions: Mapping[str, Decimal] = field(default_factory=lambda: _NOTHING)
    """Shares by symbol."""

    promised: Mapping[str, Decimal] = field(default_factory=lambda: _NOTHING)
    """Shares by symbol that open sales have spoken for."""

    cost: Mapping[str, Decimal] = field(default_factory=lambda: _NOTHING)
    """Cost of a share by symbol."""

    total: Decimal | None = None
    """Worth of the whole portfolio, against which concentration is measured."""

    day_profit: Decimal | None = None
    """Profit of the day so far; negative for a loss."""

    day_notional: Decimal = Decimal(0)
    """Money that today's orders have moved so far, purchases and sales together."""

    day_trades: int = 0
    """Positions opened and closed within one day, in the last five sessions."""

    margin: bool = False
    """Whether it is a margin account."""

    whole_shares: bool = False
    """Whether it holds no parts of shares."""

    frozen: bool = False
    """Whether nothing may be traded in it."""

    recent: tuple[Past, ...] = ()
    """Orders of the last days."""

    loss_sales: Mapping[str, datetime] = field(default_factory=lambda: _NEVER)
    """When a symbol was last sold at a loss."""


@frozen
class Instrument:
    """What is known of a symbol."""

    symbol: str = ""
    tradable: bool = True
    """Whether it can be traded at all."""

    halted: bool | None = False
    """Whether trading is halted; None when nobody knows, which counts as halted."""

    fractional: bool = True
    """Whether parts of a share can be traded."""

    lot: Decimal = Decimal(0)
    """Quantities must be a multiple of it; 0 for any."""

    tick: Decimal = Decimal(0)
    """Prices must be a multiple of it; 0 for the usual cent, a hundredth of it below one dollar."""

    currency: str = "USD"


@frozen
class Quote:
    """The last price of a symbol."""

    price: Decimal | None = None
    """The last price."""

    bid: Decimal | None = None
    ask: Decimal | None = None
    at: datetime | None = None
    """When it was made."""


@frozen
class Market:
    """The world around an order. What is unknown counts against it."""

    now: datetime | None = None
    """The time, with its zone; without it the exchange counts as closed."""

    instrument: Instrument | None = None
    """What is known of the order's symbol; None for an unknown symbol."""

    quote: Quote | None = None
    """Its last price."""

    sessions: Sessions | None = None
    """When the exchange is open; by default New York."""


@frozen
class Policy:
    """What is allowed. Every limit is the largest value that still passes."""

    kill_switch: bool = False
    """Stops everything."""

    max_order: Decimal | None = Decimal(10_000)
    """Most money in one order; None for no limit."""

    max_day: Decimal | None = Decimal(25_000)
    """Most money that one day's orders may move."""

    min_order: Decimal = Decimal(1)
    """Least money in one order."""

    reserve: Decimal = Decimal(0)
    """Cash that must stay."""

    price_buffer: Decimal = Decimal(0)
    """Share by which a market order may cost more than the last price: 0.02 for two percent."""

    max_share: Decimal | None = Decimal("0.25")
    """Most of the portfolio that a purchase may bring one symbol to; None for no limit."""

    large_share: Decimal | None = Decimal("0.10")
    """Part of the portfolio above which an order comes with a warning."""

    collar: Decimal | None = Decimal("0.05")
    """Most by which a limit price may be worse than the last price; None for no limit."""

    quote_age_s: Decimal | None = Decimal(900)
    """Oldest quote, in seconds; None for any."""

    duplicate_s: Decimal = Decimal(60)
    """Seconds within which an equal order is taken for a mistake; 0 for never."""

    daily_loss: Decimal | None = None
    """Loss of a day from which on nothing is bought."""

    shorts: bool = False
    """Whether more may be sold than is held."""

    extended: bool = False
    """Whether orders may be filled outside regular hours."""

    queue_when_closed: bool = False
    """Whether an order may wait for the next opening; otherwise it is refused while the exchange is closed."""

    types: tuple[str, ...] = ("market", "limit")
    """Order types that are allowed."""

    times_in_force: tuple[str, ...] = ("day", "gtc")
    """How long an order may stand."""

    restricted: tuple[str, ...] = ()
    """Symbols that may not be traded."""

    allowed: tuple[str, ...] = ()
    """The only symbols that may be traded; empty for any."""

    wash_sale_days: int = 30
    """Days around a sale at a loss within which a purchase comes with a warning."""

    pattern_day_trades: int = 3
    """Day trades in five sessions after which another one comes with a warning, in a margin account below the minimum."""

    pattern_minimum: Decimal = Decimal(25_000)
    """Worth of a margin account from which on day trades are not counted."""
