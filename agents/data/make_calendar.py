"""Make the table of New York sessions `calendar.csv` from exchange-calendars, which only this script and one test need.

Run it from anywhere: `python agents/data/make_calendar.py`, with exchange-calendars 4.13 installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

FIRST = "2018-01-01"
LAST = "2030-12-31"
TARGET = Path(__file__).parent / "calendar.csv"


def main() -> None:
    """Write the table beside this file."""
    TARGET.write_text(written(exchange()), encoding="utf-8")


def exchange() -> Any:
    """The calendar of the New York Stock Exchange."""
    import exchange_calendars  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - heavy, and needed here alone

    return exchange_calendars.get_calendar("XNYS", start=FIRST, end=LAST)


def written(calendar: Any) -> str:
    """One row per session: its date, and when it opens and closes in UTC."""
    rows = calendar.schedule.loc[FIRST:LAST, ["open", "close"]].itertuples()
    lines = [f"{day:%Y-%m-%d},{opens:%H:%M},{closes:%H:%M}" for day, opens, closes in rows]
    return "\n".join(["date,open,close", *lines]) + "\n"


if __name__ == "__main__":
    main()
