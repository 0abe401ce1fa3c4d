"""How pass rates went from run to run, with the commits between which they changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.summary.stored import RunTotals, summarise_totals

from .runs import commit_text
from .words import SERIES_COLOURS, rounded

if TYPE_CHECKING:
    from pandas import DataFrame

TREND_COLUMNS = (
    "position", "label", "run", "started", "commit", "suites", "rate", "low", "high", "passed", "failed", "errored", "undecided",
    "cost_usd", "p95_s",
)  # fmt: skip


def trend_rows(runs: Sequence[RunTotals], suites: Collection[str]) -> DataFrame:
    """One row per run that has any of the suites, oldest first; runs come newest first."""
    import pandas as pd

    parts = [part for item in reversed(runs) if (part := item.of(suites)).cases]
    return pd.DataFrame(
        [row for position, part in enumerate(parts) for row in _point(position, part)], columns=list(TREND_COLUMNS)
    )


def rates_by_suite(rows: DataFrame) -> Mapping[str, list[float]]:
    """The pass rates of each suite, oldest first, of rows of `suite_rows` of several runs."""
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows.sort_values(["started", "run"], kind="stable").to_dict("records"):
        if row["rate"] is not None and row["rate"] == row["rate"]:
            found[row["suite"]].append(row["rate"])
    return found


def with_trend(newest: DataFrame, rows: DataFrame) -> DataFrame:
    """The newest row of each suite with its pass rates so far."""
    rates = rates_by_suite(rows)
    return newest.assign(trend=newest["suite"].map(lambda suite: rates.get(suite, [])))


def trend_chart(points: int) -> dict[str, Any]:
    """Pass rate by run with its 95 % interval; below each run stands the commit that it ran."""
    x = {
        "field": "label",
        "type": "ordinal",
        "sort": {"field": "position"},
        "title": None,
        "axis": {"labelAngle": 0 if points <= 8 else -60, "labelLimit": 110, "labelExpr": "split(datum.label, '|')", "grid": False},
    }  # fmt: skip
    scale = {"domain": [0, 1]}
    rate = {
        "field": "rate",
        "type": "quantitative",
        "title": "Pass rate",
        "scale": scale,
        "axis": {"format": ".0%", "tickCount": 5},
    }
    tooltip = [
        {"field": "run", "title": "Run"},
        {"field": "commit", "title": "Commit"},
        {"field": "rate", "title": "Pass rate", "format": ".1%"},
        {"field": "low", "title": "95 % interval, from", "format": ".1%"},
        {"field": "high", "title": "to", "format": ".1%"},
        {"field": "failed", "title": "Failed"},
        {"field": "errored", "title": "Errored"},
        {"field": "undecided", "title": "Undecided"},
        {"field": "suites", "title": "Suites"},
    ]
    colour = SERIES_COLOURS[0]
    return {
        "height": 260,
        "encoding": {"x": x},
        "layer": [
            {
                "mark": {"type": "rule", "opacity": 0.4, "strokeWidth": 5, "color": colour},
                "encoding": {"y": {**rate, "field": "low"}, "y2": {"field": "high"}},
            },
            {"mark": {"type": "line", "strokeWidth": 2, "color": colour}, "encoding": {"y": rate}},
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1, "color": colour},
                "encoding": {"y": rate, "tooltip": tooltip},
            },
        ],
    }


def _point(position: int, part: RunTotals) -> Iterable[dict[str, Any]]:
    summary = summarise_totals([part])
    if summary is None or summary.rate.value is None:
        return
    manifest, counts = part.run.manifest, summary.counts
    day = manifest.started_at[5:16].replace("T", " ")
    yield {
        "position": position,
        "label": "|".join((day, f"{(manifest.git_commit or '–')[:7]}{'*' if manifest.git_dirty else ''}", part.run.id[-6:])),
        "run": part.run.id,
        "started": manifest.started_at,
        "commit": commit_text(manifest.git_commit, dirty=manifest.git_dirty),
        "suites": len({item.suite for item in part.cases}),
        "rate": rounded(summary.rate.value),
        "low": summary.rate.low,
        "high": summary.rate.high,
        "passed": counts.passed,
        "failed": counts.failed,
        "errored": counts.errored,
        "undecided": counts.undecided,
        "cost_usd": summary.spend.cost_usd + summary.spend.judge_usd,
        "p95_s": summary.latency.p95_s,
    }  # fmt: skip
