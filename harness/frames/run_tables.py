"""The chosen trials of a run by case, a page at a time, and the figures that sum them up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from harness.store import Store, facts
from harness.story.words import sentence_of
from harness.summary import Counts, Rate
from harness.summary.shares import rate_from
from harness.text import one_line

from .card import Card
from .places import link_to
from .run import STATUS_ORDER, RunFacts
from .words import MEANINGS, interval_text, money, rate_text, seconds, shown

if TYPE_CHECKING:
    from pandas import DataFrame, Series

PAGE: Final = 100
"""Cases on one page of the table."""

SORTS: Final[Mapping[str, tuple[str, bool]]] = {
    "Worst first": ("rank", True),
    "Slowest first": ("seconds", False),
    "Dearest first": ("cost_usd", False),
    "Lowest score first": ("score", True),
    "As planned": ("first", True),
}
"""Words to the column and whether small values come first."""

CASE_COLUMNS: Final = (
    "result",
    "case",
    "why",
    "trials",
    "agent",
    "suite",
    "score",
    "seconds",
    "cost_usd",
    "tags",
    "link",
)


def grouped(trials: DataFrame) -> DataFrame:
    """One row per case and agent variant of the chosen trials: counts, the worst trial, means and sums."""
    import numpy as np
    import pandas as pd

    case, agent, rank = trials["case"].to_numpy(), trials["agent"].cat, trials["rank"].to_numpy()
    places, found = pd.factorize(case * (len(agent.categories) + 1) + agent.codes.to_numpy())
    size, statuses = len(found), len(STATUS_ORDER)
    # Trials stand in the order they were planned: the first of the worst is the first after a stable sort.
    worst = np.argsort(rank, kind="stable")
    worst = worst[np.unique(places[worst], return_index=True)[1]]
    counts = np.bincount(places * statuses + rank, minlength=size * statuses).reshape(size, statuses)
    score, scored = _sums(trials["score"], places, size)
    took, done = _sums(trials["seconds"], places, size)
    spent, priced = _sums(trials["cost_usd"], places, size)
    with np.errstate(invalid="ignore"):  # nothing by nothing is unknown, as it should be
        means = {"score": score / scored, "seconds": took / done}
    numbers = trials["number"].to_numpy()
    return pd.DataFrame(
        {
            "case": case[worst],
            "agent": trials["agent"].to_numpy()[worst],
            "trials": counts.sum(axis=1),
            "rank": rank[worst],
            "first": numbers[np.unique(places, return_index=True)[1]],
            **means,
            "cost_usd": np.where(priced < done, np.nan, spent),  # unknown is not zero
            **{status: counts[:, place] for place, status in enumerate(STATUS_ORDER)},
            "worst": numbers[worst],
        }
    )


def _sums(column: Series[float], places: Any, size: int) -> tuple[Any, Any]:
    """Sums of what is known, and how many there are of it."""
    import numpy as np

    values = column.to_numpy()
    known = ~np.isnan(values)
    return np.bincount(places[known], values[known], size), np.bincount(places[known], minlength=size)


def case_page(
    store: Store, known: RunFacts, groups: DataFrame, *, sort: str = "Worst first", page: int = 1, size: int = PAGE
) -> DataFrame:
    """One page of the table of cases, with why each ended as it did and the way to it."""
    import pandas as pd

    column, ascending = SORTS.get(sort, SORTS["Worst first"])
    ordered = groups.sort_values([column, "first"], ascending=[ascending, True], kind="stable", na_position="last")
    part = ordered.iloc[(page - 1) * size : page * size]
    numbers = [int(number) for number in part["worst"]]
    verdicts, errors = store.ask(facts.verdicts_of, numbers), store.ask(facts.errors_of, numbers)
    trials = known.trials.iloc[known.trials["number"].searchsorted(numbers)]
    rows = [
        _case(known, group, trial, verdicts[number], errors.get(number))
        for number, group, trial in zip(numbers, part.to_dict("records"), trials.to_dict("records"), strict=True)
    ]
    return pd.DataFrame(rows, columns=list(CASE_COLUMNS))


def pages_of(groups: DataFrame) -> int:
    """How many pages the table has."""
    return max(1, -(-len(groups) // PAGE))


def _case(
    known: RunFacts, group: Mapping[Any, Any], trial: Any, verdicts: Any, error: tuple[str, str] | None
) -> dict[str, Any]:
    case = known.cases[int(group["case"])]
    missing = trial["status"] == "missing"
    why = (
        "no result: the run ended before"
        if missing
        else sentence_of(trial["status"], trial["outcome"], error, verdicts)
    )
    return {
        "result": shown(trial["status"]),
        "case": one_line(case.id, 80),
        "why": why,
        "trials": f"{group['passed']} of {group['trials']} passed",
        "agent": one_line(str(group["agent"]), 60),
        "suite": one_line(case.suite, 80),
        "score": group["score"],
        "seconds": group["seconds"],
        "cost_usd": group["cost_usd"],
        "tags": ", ".join(one_line(f"{key}={value}" if value else key, 40) for key, value in case.tags.items()),
        "link": link_to(known.run.id, case.suite, case.id, known.variants[str(group["agent"])], int(trial["trial"])),
    }


def counts_of(groups: DataFrame) -> Counts:
    """How the chosen trials ended."""
    return Counts(**{status: int(groups[status].sum()) for status in STATUS_ORDER})


def rate(groups: DataFrame) -> Rate:
    """Their pass rate, its interval clustered by case."""
    by_case = groups.groupby("case", sort=False)[["passed", "failed"]].sum()
    return rate_from(Counter(zip(by_case["passed"].tolist(), by_case["failed"].tolist(), strict=True)))


def figures(trials: DataFrame, groups: DataFrame) -> tuple[Card, ...]:
    """The figures that matter first."""
    counts, passed = counts_of(groups), rate(groups)
    cost, judges, besides = trials["cost_usd"].sum(), trials["judge_usd"].sum(), trials["replaced_usd"].sum()
    unknown = int((trials["cost_usd"].isna() & trials["seconds"].notna()).sum())
    timed = trials.loc[(trials["outcome"] == "completed") & (trials["seconds"] > 0), "seconds"]
    median, late = (None, None) if timed.empty else (float(timed.median()), float(timed.quantile(0.95)))
    of = f"of {counts.planned:,} trials"
    sure = "nothing decided" if passed.low is None else f"95 %: {interval_text(passed.low, passed.high)}"
    missing = f"{counts.missing:,} without a result" if counts.missing else of
    return (
        Card("Pass rate", rate_text(passed.value), sure, "Passed trials among those that passed or failed, and the 95 % interval; the trials of one case count together."),
        Card("Failed", f"{counts.failed:,}", of, MEANINGS["failed"]),
        Card("Errored", f"{counts.errored:,}", of, MEANINGS["errored"]),
        Card("Undecided", f"{counts.undecided:,}", missing, MEANINGS["undecided"]),
        Card("Cost", money(cost + judges + besides), f"unknown for {unknown:,} trials" if unknown else f"{money(besides)} for replaced attempts" if besides else "agents and judges", "Known costs of models, attempts included that others took the place of; unknown ones are not counted as zero."),
        Card("Typical time", seconds(median), f"95 % within {seconds(late)}", "Median wall time of completed trials."),
    )  # fmt: skip


def counted(known: RunFacts, groups: DataFrame) -> str:
    """How many cases are shown, of how many."""
    every = known.groups
    return f"{len(groups):,} cases" if len(groups) == every else f"{len(groups):,} of {every:,} cases"
