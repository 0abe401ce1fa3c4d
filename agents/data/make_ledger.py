"""Make the account history `ledger.json`: 300 events that lead from each account's opening balance to what it holds today.

Run it from anywhere: `python agents/data/make_ledger.py`. The same input gives the same bytes. Events are found backwards from the
present, so no balance is ever negative and `opening + events = today` holds to the cent.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
EVENTS: Final = 300
SESSIONS: Final = 130  # half a year of sessions; the last 60 calendar days are about a third of them
CENT: Final = Decimal("0.01")


class Account:
    """An account on its way back in time."""

    def __init__(self, portfolio: str, account: dict[str, Any]) -> None:
        self.portfolio = portfolio
        self.name = str(account["name"])
        self.cash = Decimal(str(account["cash"]))
        self.positions = {symbol: Decimal(str(quantity)) for symbol, quantity in account["positions"].items()}
        self.session = SESSIONS

    def event(self, chance: random.Random, prices: dict[str, list[float]], days: list[str]) -> dict[str, Any] | None:
        """Undo one thing that may have happened; None once the account's half year is over."""
        self.session -= chance.randint(3, 14)
        if self.session < 0:
            return None
        kinds = ["deposit", "interest", *(["buy", "dividend", "sell"] * 2 if self.positions else [])]
        kind = chance.choice(kinds)
        made = getattr(self, f"_{kind}")(chance, prices)
        if made is None:
            return None
        symbol, quantity, price, amount = made
        return {"portfolio": self.portfolio, "account": self.name, "date": days[self.session], "kind": kind,
                "symbol": symbol, "quantity": quantity and float(quantity), "price": price,
                "amount": float(amount)}  # fmt: skip

    def opening(self) -> dict[str, Any]:
        """What the account held before its first event."""
        held = {symbol: float(quantity) for symbol, quantity in self.positions.items() if quantity}
        return {"cash": float(self.cash), "positions": held}

    def _deposit(self, chance: random.Random, _: Any) -> tuple[Any, ...] | None:
        return self._received(Decimal(chance.randint(1, 20)) * 50, None)

    def _interest(self, chance: random.Random, _: Any) -> tuple[Any, ...] | None:
        return self._received(Decimal(chance.randint(5, 900)) * CENT, None)

    def _dividend(self, chance: random.Random, _: Any) -> tuple[Any, ...] | None:
        return self._received(Decimal(chance.randint(50, 4000)) * CENT, chance.choice(sorted(self.positions)))

    def _received(self, amount: Decimal, symbol: str | None) -> tuple[Any, ...] | None:
        if self.cash < amount:
            return None
        self.cash -= amount
        return symbol, None, None, amount

    def _buy(self, chance: random.Random, prices: dict[str, list[float]]) -> tuple[Any, ...] | None:
        symbol = chance.choice(sorted(self.positions))
        quantity = min(Decimal(chance.randint(1, 5)), self.positions[symbol])
        if not quantity:
            return None
        return self._traded(symbol, quantity, prices, sign=1)

    def _sell(self, chance: random.Random, prices: dict[str, list[float]]) -> tuple[Any, ...] | None:
        symbol = chance.choice(sorted(self.positions))
        quantity = Decimal(chance.randint(1, 3))
        if self.cash < quantity * Decimal(str(prices[symbol][self.session])):
            return None
        return self._traded(symbol, quantity, prices, sign=-1)

    def _traded(self, symbol: str, quantity: Decimal, prices: dict[str, list[float]], *, sign: int) -> tuple[Any, ...]:
        price = prices[symbol][self.session]
        amount = (-sign * quantity * Decimal(str(price))).quantize(CENT)
        self.cash -= amount
        self.positions[symbol] -= sign * quantity
        return symbol, quantity, price, amount


def main() -> None:
    """Write the file."""
    chance = random.Random("ledger")  # noqa: S311 - reproducible on purpose
    days, prices = _prices()
    portfolios = json.loads((HERE / "portfolios.json").read_text(encoding="utf-8"))
    accounts = [Account(name, account) for name, one in portfolios.items() for account in one["accounts"]]
    events: list[dict[str, Any]] = []
    for turn in range(EVENTS * 40):
        if len(events) == EVENTS:
            break
        made = accounts[turn % len(accounts)].event(chance, prices, days)
        if made is not None:
            events.append(made)
    events.sort(key=lambda event: event["date"])
    lines = ",\n".join(
        "    " + json.dumps({"id": f"E{n:03}", **event}, ensure_ascii=False) for n, event in enumerate(events, 1)
    )
    openings: dict[str, dict[str, Any]] = {}
    for account in accounts:
        openings.setdefault(account.portfolio, {})[account.name] = account.opening()
    opened = ",\n".join(
        f"    {json.dumps(name)}: {json.dumps(one, ensure_ascii=False)}" for name, one in openings.items()
    )
    (HERE / "ledger.json").write_text(
        f'{{\n  "openings": {{\n{opened}\n  }},\n  "events": [\n{lines}\n  ]\n}}\n', encoding="utf-8"
    )


def _prices() -> tuple[list[str], dict[str, list[float]]]:
    with gzip.open(HERE / "prices.csv.gz", "rt", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    rows = rows[-SESSIONS:]
    columns = {name: [float(row[place]) for row in rows] for place, name in enumerate(header) if place}
    return [row[0] for row in rows], columns


if __name__ == "__main__":
    main()
