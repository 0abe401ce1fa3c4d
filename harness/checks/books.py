"""Check what a trial left in the accounts: that it adds up, and that it is what it must be."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from harness.bounds import Ge, Len
from harness.guardrails.ruling import Ruling
from harness.jsonpath import parse
from harness.model import Evidence
from harness.registry import Check, Finding, Subject, check
from harness.shape import value

from .document import document
from .given import Given
from .numbers import path_of
from .rulings import compared, told
from .wording import count

Part = Literal["values", "totals", "weights", "gains", "movements"]
_SHOWN = 10
_SHARE = Decimal("0.000000001")


@check("finance:reconciliation")
class Reconciliation(Check):
    """The ledger adds up: positions times prices and cash are the total, and nothing moved without a reason.

    Whatever the ledger states is compared, exactly and in decimals: values, totals, weights, gains and profits. With `opening`,
    every difference between then and now must be explained by the `movements` (fills, deposits, dividends, fees, transfers), to
    the last cent and the last fraction of a share; what leaves one account for another must arrive there. A ledger that states
    nothing and has no opening leaves the check undecided.
    """

    artifact: str | None = "ledger"
    """Artifact with the accounts; null for the answer's JSON form."""

    path: str = "$"
    """JSON path of the ledger in it."""

    prices: Given | None = None
    """Prices by symbol; by default the artifact `instruments`."""

    opening: Given | None = None
    """The ledger before the trial."""

    movements: tuple[Given, ...] = ()
    """Lists of orders and activities that explain the difference; by default the artifact `orders`."""

    tolerance: Annotated[float, Ge(0)] = 0.01
    """Most by which a stated amount may differ from its sum."""

    overdraft: bool = False
    """Whether cash and positions may be negative."""

    require: tuple[Part, ...] = ()
    """What must have been there to compare; otherwise the check fails."""

    def __post_init__(self) -> None:
        path_of(self.path, "path")

    def conclude(self, subject: Subject) -> Finding:
        """Let the ledger guardrail look."""
        from harness.guardrails.ledger import check_ledger

        ledger, problem = _found(subject, self.artifact, self.path)
        opening, lacking = self.opening.find(subject) if self.opening else (None, "")
        moved, missing = self._moved(subject)
        if problem or lacking or missing:
            return self.finding(None, problem or lacking or missing)
        prices = self.prices.find(subject)[0] if self.prices else subject.trace.artifacts.get("instruments")
        ruling = check_ledger(
            ledger, prices=prices, opening=opening, movements=moved, tolerance=self.tolerance, overdraft=self.overdraft
        )
        absent = [part for part in self.require if part not in ruling.looked]
        if ruling.ok and absent:
            return self.finding(False, f"the ledger has no {', '.join(absent)} to compare", expected=list(self.require))
        if ruling.ok and not ruling.looked:
            return self.finding(None, "the ledger states nothing that could be compared; give `opening`")
        return told(ruling, compared(ruling.looked), artifact=self.artifact or "")

    def _moved(self, subject: Subject) -> tuple[list[Any], str]:
        sources = self.movements or ((Given(artifact="orders"),) if "orders" in subject.trace.artifacts else ())
        rows: list[Any] = []
        for source in sources if self.opening else ():
            found, problem = source.find(subject)
            if problem or not isinstance(found, list | tuple):
                return [], problem or f"{source.artifact or source.file} is no list of movements"
            rows.extend(found)
        return rows, ""


@value
class Trade:
    """One trade that must have been booked."""

    side: Literal["buy", "sell"]
    """Buy or sell."""

    symbol: Annotated[str, Len(1)]
    """What."""

    amount: Annotated[float, Ge(0)] | None = None
    """For how much money; shares times price where it is left out."""

    quantity: Annotated[float, Ge(0)] | None = None
    """How many shares; money divided by price where it is left out."""

    price: Annotated[float, Ge(0)] | None = None
    """Price of a share; that of the instruments where it is left out."""

    account: str | None = None
    """Account; may be left out where there is only one."""


@check("finance:end-state")
class EndState(Check):
    """The end state is exactly what it must be; every difference is told as a bank would tell it.

    `expected` is the whole state, or the state before with `trades` to be booked on it: `trades: []` says that nothing may have
    changed. Ledgers are compared account by account, in decimals: `cash is 4,000.00, 4,500.00 expected (-500.00)`. Any other
    artifact is compared place by place.
    """

    expected: Given
    """The state to compare with."""

    trades: tuple[Trade, ...] = ()
    """Trades to book on it first."""

    artifact: Annotated[str, Len(1)] = "ledger"
    """Artifact with the end state."""

    path: str = "$"
    """JSON path of the state in it."""

    prices: Given | None = None
    """Prices by symbol, where trades do not give theirs; by default the artifact `instruments`."""

    tolerance: Annotated[float, Ge(0)] = 0.0
    """Most by which an amount may differ."""

    share_tolerance: Annotated[float, Ge(0)] = 0.000001
    """Most by which a number of shares may differ that was computed from money and a price."""

    ignore: tuple[str, ...] = ()
    """JSON paths that do not count, where the state is no ledger."""

    def __post_init__(self) -> None:
        for name, path in (("path", self.path), *(("ignore", path) for path in self.ignore)):
            path_of(path, name)

    def conclude(self, subject: Subject) -> Finding:
        """Compare as ledgers if both are, otherwise place by place."""
        from harness.guardrails.ledger import read_ledger

        actual, problem = _found(subject, self.artifact, self.path)
        wanted, missing = self.expected.find(subject)
        if problem or missing:
            return self.finding(None, problem or missing)
        before, wrong = read_ledger(wanted)
        now, unreadable = read_ledger(actual)
        if before is None and self.trades:
            return self.finding(None, f"`expected` is no ledger to book trades on: {wrong[0].message}")
        if before is not None and now is None:
            return self.finding(False, f"the end state is no ledger: {unreadable[0].message}", negatable=False)
        if before is None or now is None:
            return self._plain(wanted, actual)
        return self._books(before, now, subject)

    def _books(self, before: Any, now: Any, subject: Subject) -> Finding:
        from harness.guardrails.exact import exact
        from harness.guardrails.ledger import after, differences, read_movements, state

        prices = self.prices.find(subject)[0] if self.prices else subject.trace.artifacts.get("instruments")
        rows, problem = _rows(self.trades, prices)
        movements, wrong = read_movements(rows, before, path="trades")
        if problem or wrong:
            return self.finding(None, problem or wrong[0].message)
        expected = {
            (match.key if (match := now.find(key)) else key): one
            for key, one in after(state(before), movements).items()
        }
        loose = Decimal(str(self.share_tolerance)) if any(one.quantity is None for one in self.trades) else Decimal(0)
        found = differences(expected, state(now), shares=loose, cash=exact(self.tolerance) or Decimal(0))
        good = f"the accounts are as expected, with {count(len(self.trades), 'trade')} booked"
        return told(Ruling(tuple(found)), good, artifact=self.artifact)

    def _plain(self, expected: Any, actual: Any) -> Finding:
        from harness.jsonpath import written

        from .differences import differences, sentence
        from .equality import Comparison

        paths = tuple(parse(text) for text in self.ignore)
        compare = Comparison(
            self.tolerance, False, (lambda place: any(path.covers(place) for path in paths)) if paths else None
        )
        if compare.agree(expected, actual):
            return self.finding(True, f"{self.artifact} is as expected")
        wrong = differences(expected, actual, compare)
        shown = tuple(
            Evidence(path=f"{self.artifact}:{written(one.place)}", note=sentence(one)) for one in wrong[:_SHOWN]
        )
        reason = f"{count(len(wrong), 'difference')}: " + "; ".join(one.note for one in shown[:5])
        return self.finding(False, reason, expected=expected, actual=actual, evidence=shown)


def _found(subject: Subject, artifact: str | None, path: str) -> tuple[Any, str]:
    """What a check is about: a place in an artifact, or in the answer."""
    if artifact is not None:
        return Given(artifact=artifact, path=path).find(subject)
    found = document(subject)
    if found.problem:
        return None, found.problem
    places = parse(path).find(found.value)
    return (places[0].value, "") if places else (None, f"the answer has nothing at {path}")


def _rows(trades: tuple[Trade, ...], prices: Any) -> tuple[list[dict[str, Any]], str]:
    """Trades as movements, with what they leave out computed."""
    from harness.guardrails.exact import exact
    from harness.guardrails.ledger.books import prices_of

    known = prices_of(prices)
    rows: list[dict[str, Any]] = []
    for trade in trades:
        price = exact(trade.price) if trade.price is not None else known.get(trade.symbol)
        amount, quantity = exact(trade.amount), exact(trade.quantity)
        if amount is None and quantity is None:
            return [], f"the trade in {trade.symbol} has neither an amount nor a quantity"
        if not price and (amount is None or quantity is None):
            return [], f"no price of {trade.symbol} is known; give `price`, or both `amount` and `quantity`"
        rows.append(
            {
                "side": trade.side,
                "symbol": trade.symbol,
                "account": trade.account,
                "amount": amount if amount is not None else quantity * price,  # type: ignore[operator]  # seen above
                "quantity": quantity if quantity is not None else (amount / price).quantize(_SHARE),  # type: ignore[operator]  # so, too
            }
        )
    return rows, ""
