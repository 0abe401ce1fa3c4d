"""How pass rates went from run to run, with the commits between which they changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.render.pieces.element import Markup
from harness.render.pieces.plots import Point, points
from harness.summary.shares import rate_from

from .glance import Glance, rate_and_counts
from .runs import commit_text
from .words import interval_text, rate_text, rounded

if TYPE_CHECKING:
    from pandas import DataFrame

TREND_COLUMNS = (
    "position", "label", "run", "started", "commit", "suites", "rate", "low", "high", "passed", "failed", "errored", "undecided",
)  # fmt: skip


def trend_rows(runs: Sequence[Glance], suites: Collection[str]) -> DataFrame:
    """One row per run that has any of the suites, oldest first; runs come newest first."""
    import pandas as pd

    parts = [part for item in reversed(runs) if (part := item.of(suites)).parts]
    return pd.DataFrame(
        [row for position, part in enumerate(parts) for row in _point(position, part)], columns=list(TREND_COLUMNS)
    )


def with_trend(newest: DataFrame, runs: Sequence[Glance]) -> DataFrame:
    """Rows of suites with their pass rates so far, oldest first; runs come newest first."""
    rates: dict[str, list[float]] = defaultdict(list)
    for item in reversed(runs):
        for suite, part in item.parts.items():
            rate = rate_from(part.cases).value
            if rate is not None:
                rates[suite].append(rounded(rate))
    return newest.assign(trend=newest["suite"].map(lambda suite: rates.get(suite, [])))


def trend_chart(rows: DataFrame) -> Markup:
    """Pass rate by run with its 95 % interval; below each run stands the commit that it ran."""
    told = [Point(row["label"], row["rate"], row["low"], row["high"], _title(row)) for row in rows.to_dict("records")]
    return points(told, "Pass rate by run, oldest first, with its 95 % interval")


def _title(row: Mapping[Hashable, Any]) -> str:
    """What a point says to who points at it."""
    kinds = ", ".join(f"{row[name]:,} {name}" for name in ("failed", "errored", "undecided"))
    commit = f", commit {row['commit']}" if row["commit"] else ""
    interval = f" ({interval_text(row['low'], row['high'])})"
    return f"{row['run']}{commit}: {rate_text(row['rate'])}{interval}; {kinds}; {row['suites']} suites"


def _point(position: int, part: Glance) -> Iterable[dict[str, Any]]:
    rate, counts = rate_and_counts(part)
    if rate.value is None:
        return
    manifest = part.run.manifest
    day = manifest.started_at[5:16].replace("T", " ")
    yield {
        "position": position,
        "label": "|".join((day, f"{(manifest.git_commit or '–')[:7]}{'*' if manifest.git_dirty else ''}", part.run.id[-6:])),
        "run": part.run.id,
        "started": manifest.started_at,
        "commit": commit_text(manifest.git_commit, dirty=manifest.git_dirty),
        "suites": len(part.parts),
        "rate": rounded(rate.value),
        "low": rate.low,
        "high": rate.high,
        "passed": counts.passed,
        "failed": counts.failed,
        "errored": counts.errored,
        "undecided": counts.undecided,
    }  # fmt: skip
