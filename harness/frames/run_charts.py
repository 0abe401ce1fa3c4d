"""The run page's plots and small tables: what `harness.frames.run_figures` found, drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from harness.render.pieces.element import Markup, joined
from harness.render.pieces.grid import Column, grid
from harness.render.pieces.plots import Bar, Share, bars, columns, key, ranges, steps

from .words import STATUSES, money, seconds, shown

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


def spend_table(rows: DataFrame) -> Markup:
    """Cost and tokens by agent and model, of rows of `spend_rows`."""
    columns = (
        Column("Agent", number=False), Column("Model", number=False), Column("Trials"), Column("Cost"), Column("Per trial"), Column("Judges"),
        Column("Replaced", about="spent by attempts that later ones took the place of: retried after a fault, or lost with their process"),
        Column("Tokens in"), Column("Tokens out"),
        Column("Unknown", about="trials whose cost or tokens are not known; they are not counted as zero"),
    )  # fmt: skip
    return grid(
        columns,
        [
            (
                row["agent"], row["model"], f"{row['trials']:,}",
                *(_known(row[name], money) for name in ("cost_usd", "cost_per_trial", "judge_usd", "replaced_usd")),
                *(_known(row[name], "{:,.0f}".format) for name in ("input_tokens", "output_tokens")), f"{row['unknown']:,}",
            )
            for row in rows.to_dict("records")
        ],
    )  # fmt: skip


def latency_table(rows: DataFrame) -> Markup:
    """The same percentiles in figures, with the time to the first text."""
    names = (*PERCENTILES, "ttft_p50", "ttft_p95")
    labels = (*PERCENTILES, "first text p50", "first text p95")
    return grid(
        (Column("Agent", number=False), Column("Trials"), *map(Column, labels)),
        [
            (row["agent"], f"{row['trials']:,}", *(_known(row[name], seconds) for name in names))
            for row in rows.to_dict("records")
        ],
    )


def _known(amount: float, words: Callable[[float], str]) -> str:
    return "–" if amount != amount else words(amount)  # noqa: PLR0124 - only NaN differs


def _key(rows: DataFrame, column: str) -> Markup:
    there = set(rows[column])
    return key([(name, words) for words, name in _NAMES.items() if words in there])
