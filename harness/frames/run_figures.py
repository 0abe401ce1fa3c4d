"""Where the scores, failures, money and time of the chosen trials of a run went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.text import one_line

from .run import RunFacts
from .words import shown

if TYPE_CHECKING:
    from pandas import DataFrame

_BINS: Final = 20
_MOMENTS: Final = 240
_CHECKS: Final = 25


def score_bins(trials: DataFrame) -> DataFrame:
    """How many trials have which score, by how they ended."""
    import numpy as np
    import pandas as pd

    edges = np.linspace(0, 1, _BINS + 1)
    rows = []
    for status in ("failed", "passed"):
        scores = trials.loc[trials["status"] == status, "score"].dropna()
        counts, _ = np.histogram(scores, edges)
        rows += [
            {"low": low, "high": high, "status": shown(status), "trials": int(count)}
            for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
            if count
        ]
    return pd.DataFrame(rows, columns=["low", "high", "status", "trials"])


def check_counts(known: RunFacts, trials: DataFrame) -> DataFrame:
    """How often each check did not pass among the chosen trials, the most frequent first."""
    import pandas as pd

    mine = known.open[known.open["number"].isin(trials["number"])]
    ended = pd.Series("failed", index=mine.index)
    ended[mine["undecided"]] = "undecided"
    ended[mine["error"]] = "errored"
    made = (
        mine.assign(ended=ended)
        .groupby(["check", "severity", "ended"], observed=True)
        .size()
        .reset_index(name="verdicts")
    )
    total = made.groupby("check", observed=True)["verdicts"].sum().sort_values(ascending=False)
    made = made[made["check"].isin(total.index[:_CHECKS])]
    made["check_name"] = [one_line(str(name), 60) for name in made["check"]]
    made["total"] = made["check"].astype(str).map(total.rename(index=str))
    made["result"] = made["ended"].map(shown)
    return made.sort_values(["total", "verdicts"], ascending=False)[
        ["check_name", "severity", "result", "verdicts", "total"]
    ]


def spend_rows(known: RunFacts, trials: DataFrame) -> DataFrame:
    """Cost and tokens by agent and model; unknown amounts are counted and never taken for zero."""
    done = trials[trials["seconds"].notna()]
    groups = done.groupby("agent", observed=True)
    made = groups.agg(
        trials=("number", "size"), cost_usd=("cost_usd", "sum"), priced=("cost_usd", "count"), judge_usd=("judge_usd", "sum"), replaced_usd=("replaced_usd", "sum"),
        input_tokens=("input_tokens", "sum"), output_tokens=("output_tokens", "sum"), counted=("output_tokens", "count"),
    ).reset_index()  # fmt: skip
    models = known.run.manifest.models
    made["agent"] = made["agent"].astype(str)
    made["model"] = [one_line(models.get(known.variants[agent], "–"), 60) for agent in made["agent"]]
    made["unknown"] = made["trials"] - made[["priced", "counted"]].min(axis=1)
    made["cost_per_trial"] = made["cost_usd"] / made["priced"].where(made["priced"] > 0)
    return made.sort_values("cost_usd", ascending=False)[
        [
            "agent",
            "model",
            "trials",
            "cost_usd",
            "cost_per_trial",
            "judge_usd",
            "replaced_usd",
            "input_tokens",
            "output_tokens",
            "unknown",
        ]
    ]


def latency_rows(trials: DataFrame) -> DataFrame:
    """Percentiles of the wall time by agent, over completed trials that have a time; all agents together come first."""
    import numpy as np
    import pandas as pd

    took, first = trials["seconds"].to_numpy(), trials["ttft_s"].to_numpy()
    timed = (trials["outcome"] == "completed").to_numpy() & (took > 0)
    codes, names = trials["agent"].cat.codes.to_numpy(), trials["agent"].cat.categories
    parts = [("all agents", timed), *((str(name), timed & (codes == place)) for place, name in enumerate(names))]
    rows = []
    for agent, mine in parts:
        texts = first[mine]
        told = texts[~np.isnan(texts)]
        if mine.any():
            shares = np.quantile(took[mine], (0.5, 0.9, 0.95, 0.99)).tolist()
            early = np.quantile(told, (0.5, 0.95)).tolist() if len(told) else [np.nan, np.nan]
            rows.append((one_line(agent, 60), int(mine.sum()), *shares, *early))
    return pd.DataFrame(rows, columns=["agent", "trials", "p50", "p90", "p95", "p99", "ttft_p50", "ttft_p95"])


def timeline(trials: DataFrame) -> DataFrame:
    """How many trials were under way at each moment of the run: seconds since the first began, the most at once in each step."""
    import numpy as np
    import pandas as pd

    timed = trials[trials["began"].notna() & trials["seconds"].notna()]
    if timed.empty:
        return pd.DataFrame({"second": [], "trials": []})
    starts = np.sort(timed["began"].to_numpy())
    ends = np.sort((timed["began"] + timed["seconds"]).to_numpy())
    moments = np.unique(np.concatenate([starts, ends]))
    running = np.searchsorted(starts, moments, side="right") - np.searchsorted(ends, moments, side="right")
    since = moments - moments[0]
    step = np.minimum((since / (since[-1] or 1.0) * _MOMENTS).astype(int), _MOMENTS - 1)
    made = pd.DataFrame({"step": step, "trials": running}).groupby("step")["trials"].max()
    # Between two events nothing changes: empty steps have what the one before them ended with.
    full = made.reindex(range(_MOMENTS)).ffill()
    return pd.DataFrame({"second": full.index * (float(since[-1]) or 1.0) / _MOMENTS, "trials": full.to_numpy()})
