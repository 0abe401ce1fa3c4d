"""What a run is measured by at a glance: does each agent succeed often enough, do requests reach the right one?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from harness.stats import wilson
from harness.steps.routing import Confusion
from harness.summary import Slice, Summary
from harness.text import one_line

from .words import interval_text, rate_text

if TYPE_CHECKING:
    from pandas import DataFrame

ROUTING_FLOOR: Final = 0.85
"""Share of requests that must reach the right agent first."""

SUCCESS_FLOOR: Final = 0.90
"""Share of an agent's decided trials that must pass."""

ALERT_COLUMNS = ("state", "what", "value", "interval", "floor", "trials", "alert")
STATES: Final[Mapping[str, str]] = {
    "below": "⚠ below",
    "unsure": "≈ may be below",
    "fine": "✓ above",
    "none": "– no data",
}
"""How a figure stands to its floor; `unsure` when its 95 % interval reaches below."""


def alert_rows(summary: Summary, confusion: Confusion) -> DataFrame:
    """One row per figure that has a floor, those below it first."""
    import pandas as pd

    rows = [_routing(confusion)] if confusion.total else []
    rows += [_agent(item) for item in summary.slices if item.by == "agent"]
    order = list(STATES.values())
    rows.sort(key=lambda row: order.index(row["state"]))
    return pd.DataFrame(rows, columns=list(ALERT_COLUMNS))


def below(alerts: DataFrame) -> tuple[str, ...]:
    """Names of the figures that are below their floor."""
    return tuple(alerts.loc[alerts["alert"].astype(bool), "what"]) if len(alerts) else ()


def _routing(confusion: Confusion) -> dict[str, Any]:
    low, high = wilson(confusion.right, confusion.total)
    return _row("Routing accuracy", confusion.accuracy, (low, high), ROUTING_FLOOR, confusion.total)


def _agent(item: Slice) -> dict[str, Any]:
    rate = item.rate
    return _row(f"{one_line(item.name, 60)}: success", rate.value, (rate.low, rate.high), SUCCESS_FLOOR, rate.decided)


def _row(
    what: str, value: float | None, interval: tuple[float | None, float | None], floor: float, trials: int
) -> dict[str, Any]:
    low, high = interval
    if value is None:
        state = "none"
    elif value < floor:
        state = "below"
    else:
        state = "unsure" if low is not None and low < floor else "fine"
    return {
        "state": STATES[state],
        "what": what,
        "value": rate_text(value),
        "interval": interval_text(low, high),
        "floor": f"{floor:.0%}",
        "trials": trials,
        "alert": state == "below",
    }
