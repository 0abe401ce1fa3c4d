"""Whether a ledger adds up: positions times prices, totals, weights, gains, and every movement since an opening state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any, Final

from harness.frozen import frozen
from harness.guardrails.exact import exact, money, plain
from harness.guardrails.ruling import Breach, Ruling, closed

from .books import Ledger, read_ledger
from .movements import Movement, State, after, read_movements, state
from .stated import Stated

_ZERO: Final = Decimal(0)
CENT: Final = Decimal("0.01")


@frozen
class LedgerRuling(Ruling):
    """Whether a ledger adds up."""

    looked: tuple[str, ...] = ()
    """What could be compared: `values`, `totals`, `weights`, `gains`, `movements`."""

    value: Decimal | None = None
    """What the whole ledger is worth; None while a price is missing."""

    def as_json(self) -> dict[str, Any]:
        """The ruling as JSON-plain data."""
        return {
            **Ruling.as_json(self),
            "looked": list(self.looked),
            "value": None if self.value is None else plain(self.value),
        }


@closed(LedgerRuling)
def check_ledger(
    ledger: Any,
    *,
    prices: Any = None,
    opening: Any = None,
    movements: Any = (),
    tolerance: Decimal | float | str = CENT,
    overdraft: bool = False,
) -> LedgerRuling:
    """Say everything in which a ledger does not add up; see `read_ledger` for its shape. It never raises.

    Args:
        ledger: Accounts with cash and positions, and any totals, weights and gains that it states.
        prices: Prices by symbol, or instruments with `current_price`.
        opening: The same ledger before. With it, every difference must be explained by a movement.
        movements: Orders and activities since then.
        tolerance: Most by which a stated amount may differ from what it is the sum of; movements are compared exactly.
        overdraft: Whether cash and positions may be negative.
    """
    within = exact(tolerance)
    made, problems = read_ledger(ledger, prices)
    if made is None or within is None or within < 0:
        return LedgerRuling(problems or (Breach("malformed", "block", "the tolerance is no amount"),))
    with localcontext() as context:
        context.prec = 60
        stated = Stated(made, within)
        found = [*_signs(made, overdraft=overdraft), *stated.breaches()]
        looked = stated.looked()
        if opening is not None:
            found += _explained(made, opening, movements)
            looked = (*looked, "movements")
        values = [account.value for account in made.accounts]
        worth = None if None in values else sum((one for one in values if one is not None), _ZERO)
    return LedgerRuling(tuple(found), looked, worth)


def _signs(ledger: Ledger, *, overdraft: bool) -> Iterator[Breach]:
    keys = Counter(account.key.casefold() for account in ledger.accounts)
    for key in sorted(key for key, times in keys.items() if times > 1):
        yield Breach("duplicate-account", "block", f"the account {key!r} is there twice", path="$.accounts")
    for account in ledger.accounts:
        if account.cash < 0 and not overdraft:
            yield Breach(
                "negative-cash",
                "block",
                f"{account.key} has {money(account.cash)} in cash",
                path=f"{account.path}.cash",
            )
        seen: set[str] = set()
        for item in account.holdings:
            if item.quantity < 0 and not overdraft:
                text = f"{account.key} holds {plain(item.quantity)} {item.symbol}"
                yield Breach("negative-position", "block", text, path=item.path)
            if item.symbol in seen:
                yield Breach("duplicate-position", "block", f"{account.key} lists {item.symbol} twice", path=item.path)
            seen.add(item.symbol)


def _explained(ledger: Ledger, opening: Any, rows: Any) -> Iterator[Breach]:
    """Every difference from the opening that no movement explains."""
    before, problems = read_ledger(opening)
    yield from (Breach(one.rule, one.severity, f"the opening: {one.message}", path=one.path) for one in problems)
    if before is None:
        return
    made, problems = read_movements(rows, ledger)
    yield from problems
    yield from _between(made)
    yield from differences(after(_renamed(state(before), ledger), made), state(ledger), unexplained=True)


def _renamed(opening: State, ledger: Ledger) -> State:
    """The opening, its accounts called as in the ledger."""
    return {(found.key if (found := ledger.find(key)) else key): one for key, one in opening.items()}


def _between(movements: Sequence[Movement]) -> Iterator[Breach]:
    """What leaves one account for another arrives there."""
    moved: dict[str, Decimal] = {}
    for one in movements:
        if one.between:
            moved[""] = moved.get("", _ZERO) + one.cash
            moved[one.symbol] = moved.get(one.symbol, _ZERO) + (one.shares if one.symbol else _ZERO)
    for symbol, left in moved.items():
        if left:
            what = f"{plain(left)} {symbol}" if symbol else f"{money(left)} in cash"
            yield Breach("not-conserved", "block", f"transfers between accounts leave {what} over", path="$")


def differences(
    expected: Mapping[str, Any],
    actual: Mapping[str, Any],
    *,
    unexplained: bool = False,
    shares: Decimal = _ZERO,
    cash: Decimal = _ZERO,
) -> Iterator[Breach]:
    """Every account, balance and position in which two states differ by more than a tolerance, exactly compared."""
    word = "explained by the movements" if unexplained else "expected"
    rule = "unexplained" if unexplained else "different"
    for key in dict.fromkeys([*expected, *actual]):
        if key not in actual or key not in expected:
            text = f"the account {key} {'is missing' if key not in actual else f'is not {word}'}"
            yield Breach(f"{rule}-account", "block", text, path="$.accounts")
            continue
        should, has = expected[key], actual[key]
        if abs(should["cash"] - has["cash"]) > cash:
            gap = money(has["cash"] - should["cash"])
            text = f"{key}: cash is {money(has['cash'])}, {money(should['cash'])} {word} ({_signed(gap)})"
            yield Breach(f"{rule}-cash", "block", text, path=f"$[{key!r}].cash")
        for symbol in sorted({*should["positions"], *has["positions"]}):
            held, wanted = has["positions"].get(symbol, _ZERO), should["positions"].get(symbol, _ZERO)
            if abs(held - wanted) > shares:
                text = f"{key}: {plain(held)} {symbol}, {plain(wanted)} {word} ({_signed(plain(held - wanted))})"
                yield Breach(f"{rule}-position", "block", text, path=f"$[{key!r}].positions[{symbol!r}]")


def _signed(number: str) -> str:
    return number if number.startswith("-") else f"+{number}"
