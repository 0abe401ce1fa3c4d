"""Compare what a ledger states with what it is made of: values, totals, weights, gains, profit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from harness.guardrails.exact import money, plain
from harness.guardrails.ruling import Breach

from .books import Account, Holding, Ledger

_ZERO: Final = Decimal(0)


class Stated:
    """What the ledger states, against what it is made of."""

    def __init__(self, ledger: Ledger, tolerance: Decimal) -> None:
        self._ledger = ledger
        self._tolerance = tolerance

    def looked(self) -> tuple[str, ...]:
        """What there is to compare."""
        holdings = [item for account in self._ledger.accounts for item in account.holdings]
        books: tuple[Ledger | Account, ...] = (self._ledger, *self._ledger.accounts)
        there = {
            "values": any(item.worth is not None for item in holdings),
            "totals": any(book.total is not None for book in books),
            "weights": any(item.weight is not None for item in holdings),
            "gains": any(item.gain is not None for item in holdings) or any(book.gain is not None for book in books),
        }
        return tuple(name for name, is_there in there.items() if is_there)

    def breaches(self) -> Iterator[Breach]:
        """Every sum that is wrong."""
        for account in self._ledger.accounts:
            for item in account.holdings:
                yield from self._holding(item)
            yield from self._total(account.total, account.value, account.key, account.path)
            yield from self._profit(account, account.path, account.key)
            if account.gain is not None:
                yield from self._gains(account.gain, account.holdings, account.key, account.path)
        values = [account.value for account in self._ledger.accounts]
        worth = None if None in values else sum((one for one in values if one is not None), _ZERO)
        yield from self._total(self._ledger.total, worth, "the ledger", "$")
        yield from self._profit(self._ledger, "$", "the ledger")
        if self._ledger.gain is not None:
            everything = [item for account in self._ledger.accounts for item in account.holdings]
            yield from self._gains(self._ledger.gain, everything, "the ledger", "$")
        yield from self._weights(worth)

    def _holding(self, item: Holding) -> Iterator[Breach]:
        if item.worth is not None and item.value is not None and abs(item.worth - item.value) > self._tolerance:
            text = f"{item.symbol} is said to be worth {money(item.worth)}, but {plain(item.quantity)} at {money(item.price or _ZERO)} is {money(item.value)}"
            yield Breach("position-value", "block", text, path=item.path)
        worth = item.value if item.value is not None else item.worth
        if item.gain is None or item.cost is None or worth is None:
            return
        if abs(item.gain - (worth - item.cost)) > self._tolerance:
            made = f"{money(worth)} less {money(item.cost)} is {money(worth - item.cost)}"
            text = f"{item.symbol} is said to have gained {money(item.gain)}, but {made}"
            yield Breach("position-gain", "block", text, path=item.path)

    def _total(self, stated: Decimal | None, made: Decimal | None, name: str, path: str) -> Iterator[Breach]:
        if stated is None:
            return
        if made is None:
            yield Breach(
                "price-missing", "block", f"{name} states a total, but not every position has a price", path=path
            )
        elif abs(stated - made) > self._tolerance:
            text = f"{name} is said to be worth {money(stated)}, but its cash and positions are {money(made)}"
            yield Breach("total", "block", text, path=f"{path}.total")

    def _profit(self, book: Account | Ledger, path: str, name: str) -> Iterator[Breach]:
        if book.profit is None or book.gain is None or book.realized is None:
            return
        if abs(book.profit - (book.gain + book.realized)) > self._tolerance:
            text = f"the profit of {name} is said to be {money(book.profit)}, but {money(book.realized)} realised and {money(book.gain)} unrealised are {money(book.gain + book.realized)}"
            yield Breach("profit", "block", text, path=path)

    def _gains(self, stated: Decimal, items: Sequence[Holding], name: str, path: str) -> Iterator[Breach]:
        gains = [_gain(item) for item in items if item.quantity]
        if any(one is None for one in gains):
            return
        made = sum((one for one in gains if one is not None), _ZERO)
        if abs(stated - made) > self._tolerance:
            text = f"{name} is said to have gained {money(stated)}, but its positions gained {money(made)}"
            yield Breach("gains", "block", text, path=path)

    def _weights(self, worth: Decimal | None) -> Iterator[Breach]:
        weights = [
            item.weight for account in self._ledger.accounts for item in account.holdings if item.weight is not None
        ]
        scale = 100 if sum(weights, _ZERO) > Decimal("1.5") else 1
        for account in self._ledger.accounts:
            wholes = [whole for whole in (worth, account.value) if whole]
            for item in account.holdings:
                if item.weight is None or item.value is None or not wholes:
                    continue
                shares = [scale * item.value / whole for whole in wholes]
                if all(abs(share - item.weight) > _half_unit(item.weight) for share in shares):
                    text = f"the weight of {item.symbol} is said to be {plain(item.weight)}, but it is {shares[0]:.4f}"
                    yield Breach("weight", "block", text, path=item.path)


def _gain(item: Holding) -> Decimal | None:
    if item.gain is not None:
        return item.gain
    return None if item.value is None or item.cost is None else item.value - item.cost


def _half_unit(stated: Decimal) -> Decimal:
    """By how much a printed figure may differ from what it was rounded from."""
    exponent = stated.as_tuple().exponent
    return Decimal(5).scaleb(min(exponent, 0) - 1) if isinstance(exponent, int) else _ZERO
