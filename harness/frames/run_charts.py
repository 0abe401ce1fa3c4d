"""The run page's plots: what `harness.frames.run_figures` found, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.render.pieces.element import Markup, joined
from harness.render.pieces.plots import Bar, Share, bars, columns, key, ranges, steps

from .words import STATUSES, shown

if TYPE_CHECKING:
    from pandas import DataFrame

PERCENTILES: Final = ("p50", "p90", "p95", "p99")
"""What is shown of times."""

_NAMES: Final = {shown(name): name for name in STATUSES}


def score_chart(bins: DataFrame) -> Markup:
    """How many trials have which score, of rows of `score_bins`."""
    places: dict[tuple[float, float], list[Share]] = {}
    for row in bins.to_dict("records"):
        words = f"{row['low']:.2f} to {row['high']:.2f}: {row['trials']:,} {row['status']}"
        places.setdefault((row["low"], row["high"]), []).append(Share(row["trials"], _NAMES[row["status"]], words))
    drawn = columns(
        [(low, high, shares) for (low, high), shares in sorted(places.items())],
        "How many trials have which score, on a square-root scale",
        "score; trials on a square-root scale",
    )
    return joined([_key(bins, "status"), drawn])


def check_chart(counts: DataFrame) -> Markup:
    """Which checks did not pass, how often, of rows of `check_counts`."""
    rows: dict[str, list[Share]] = {}
    for row in counts.to_dict("records"):
        words = f"{row['check_name']}: {row['verdicts']:,} {row['result']}, {row['severity']}"
        rows.setdefault(row["check_name"], []).append(Share(row["verdicts"], _NAMES[row["result"]], words))
    drawn = bars(
        [Bar(name, shares, f"{sum(share.amount for share in shares):,}") for name, shares in rows.items()],
        "How often each check did not pass",
    )
    return joined([_key(counts, "result"), drawn])


def latency_chart(rows: DataFrame) -> Markup:
    """Median to 99th percentile by agent, of rows of `latency_rows`."""
    told = [(row["agent"], [(name, row[name]) for name in PERCENTILES]) for row in rows.to_dict("records")]
    return ranges(told, "Percentiles of the wall time by agent", "s")


def timeline_chart(rows: DataFrame) -> Markup:
    """Trials under way over time, of rows of `timeline`."""
    places = list(zip(rows["second"].tolist(), rows["trials"].tolist(), strict=True))
    return (
        steps(places, "Trials under way since the first began", "s since the first trial began") if places else Markup()
    )


def _key(rows: DataFrame, column: str) -> Markup:
    there = set(rows[column])
    return key([(name, words) for words, name in _NAMES.items() if words in there])
