"""Make the synthetic price history `prices.csv.gz`: a seeded factor model that ends exactly at each instrument's price.

Run it from anywhere: `python agents/data/make_prices.py`. The same input gives the same bytes.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

AS_OF = date(2026, 11, 20)
SESSIONS = 756
SEED = 20261120
HERE = Path(__file__).parent

_FIXED_HOLIDAYS = {(1, 1), (6, 19), (7, 4), (12, 25)}
_EASTER_FRIDAYS = {date(2024, 3, 29), date(2025, 4, 18), date(2026, 4, 3)}
_MOURNING = {date(2025, 1, 9)}
# Volatility a year and weight of the common market factor, by asset class.
_RISK = {
    "equity": (0.20, 0.8),
    "fixed_income": (0.06, 0.1),
    "real_estate": (0.19, 0.7),
    "commodities": (0.17, 0.1),
    "alternatives": (0.45, 0.4),
    "": (0.35, 0.3),
}


def main() -> None:
    """Write the history beside this file."""
    instruments = json.loads((HERE / "instruments.json").read_text(encoding="utf-8"))
    (HERE / "prices.csv.gz").write_bytes(compress(history(instruments)))


def history(instruments: list[dict[str, Any]]) -> str:
    """Write one row of closing prices per session, oldest first, one column per instrument."""
    days = sessions(AS_OF, SESSIONS)
    market = _normals(random.Random(SEED), SESSIONS)  # noqa: S311 - a reproducible series, no secret
    columns = [_closes(item, market) for item in instruments]
    lines = [",".join(("date", *(item["symbol"] for item in instruments)))]
    for index, day in enumerate(days):
        lines.append(",".join((day.isoformat(), *(f"{column[index]:.2f}" for column in columns))))
    return "\n".join(lines) + "\n"


def sessions(last: date, count: int) -> list[date]:
    """The last `count` trading days of the New York exchange up to and with `last`, oldest first."""
    found: list[date] = []
    day = last
    while len(found) < count:
        if _is_session(day):
            found.append(day)
        day -= timedelta(days=1)
    return found[::-1]


def compress(text: str) -> bytes:
    """Gzip without a time stamp, so that the bytes depend on the text alone."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as file:
        file.write(text.encode())
    return buffer.getvalue()


def _closes(item: dict[str, Any], market: list[float]) -> list[float]:
    """A random walk back from the last price; each symbol has its own stream, so adding one changes no other."""
    classes = {"": 100} if item["origin"] == "canary" else item["allocation_asset_class"]
    volatility = sum(_RISK[name][0] * weight for name, weight in classes.items()) / 100
    beta = sum(_RISK[name][1] * weight for name, weight in classes.items()) / 100
    own = _normals(random.Random(f"{SEED}:{item['symbol']}"), SESSIONS)  # noqa: S311 - as above
    daily = volatility / math.sqrt(252)
    closes = [float(item["current_price"])]
    for common, alone in zip(reversed(market[1:]), reversed(own[1:]), strict=True):
        shock = beta * common + math.sqrt(1 - beta * beta) * alone
        closes.append(closes[-1] / math.exp(0.0002 + daily * shock))
    return closes[::-1]


def _normals(source: random.Random, count: int) -> list[float]:
    return [source.gauss(0.0, 1.0) for _ in range(count)]


def _is_session(day: date) -> bool:
    return day.weekday() < 5 and day not in _EASTER_FRIDAYS | _MOURNING and day not in set(_holidays(day.year))


def _holidays(year: int) -> Iterator[date]:
    for month, number in _FIXED_HOLIDAYS:
        yield _observed(date(year, month, number))
    yield _weekday(year, 1, 0, 3)
    yield _weekday(year, 2, 0, 3)
    yield _weekday(year, 9, 0, 1)
    yield _weekday(year, 11, 3, 4)
    memorial = _weekday(year, 5, 0, 4)
    yield memorial + timedelta(days=7) if (memorial + timedelta(days=7)).month == 5 else memorial


def _observed(day: date) -> date:
    """A holiday on a Sunday is kept on Monday, on a Saturday the Friday before; New Year is never moved back a year."""
    if day.weekday() == 6:
        return day + timedelta(days=1)
    if day.weekday() == 5 and (day.month, day.day) != (1, 1):
        return day - timedelta(days=1)
    return day


def _weekday(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


if __name__ == "__main__":
    main()
