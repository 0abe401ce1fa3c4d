"""How agents went about it, as tables: efficiency, redundancy, loops, missed parallelism, routing, and the worst trials."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from harness.frozen import frozen
from harness.steps.routing import Confusion, confusion_of
from harness.store import RunRow, StepsRow, Store, figures
from harness.text import one_line

from .card import Card
from .numbers import mean_of
from .places import link_to
from .words import rate_text, seconds, shown

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_READ: Final = 20_000
"""Trials whose step analysis is read; of a larger run, one in so many."""

AGENT_COLUMNS = (
    "agent", "trials", "efficiency", "recall", "calls", "redundant", "failing", "unrecovered", "loops", "serial_s", "wasted_tokens",
    "wasted_usd", "routed", "misrouted", "ping_pong",
)  # fmt: skip
TRIAL_COLUMNS = (
    "result", "case", "suite", "agent", "trial", "efficiency", "redundant", "loops", "unrecovered", "serial_s", "wasted_tokens",
    "routing", "missing", "extra", "link",
)  # fmt: skip
BIN_COLUMNS = ("agent", "from", "to", "middle", "trials", "share")
CONFUSION_COLUMNS = ("expected", "reached", "trials", "share", "right")
WASTE_COLUMNS = ("agent", "kind", "share", "calls")
_BINS: Final = 10


@frozen
class Analysed:
    """The step analyses of a run."""

    rows: tuple[StepsRow, ...]
    """One per trial that was read."""

    one_in: int
    """How many trials each of them stands for."""

    @property
    def confusion(self) -> Confusion:
        """How often requests for one agent reached which one first."""
        return confusion_of(row.steps for row in self.rows)

    def of(self, suites: Collection[str] | None = None, agent: str | None = None) -> Analysed:
        """Those of some suites or an agent."""
        fitting = tuple(
            row for row in self.rows if (suites is None or row.suite in suites) and (agent is None or row.variant == agent)
        )  # fmt: skip
        return Analysed(fitting, self.one_in)


def analysed(store: Store, run: RunRow, *, most: int = MOST_READ) -> Analysed:
    """Read the step analyses of a run, evenly thinned out where there are more than `most`."""
    one_in = max(1, math.ceil(run.done / most))
    return Analysed(tuple(row for row in store.ask(figures.steps, run.id, one_in=one_in) if row.steps), one_in)


def routing_of(found: Iterable[Analysed]) -> Confusion:
    """How often requests for one agent reached which one first, over several runs."""
    return confusion_of(row.steps for one in found for row in one.rows)


def agent_steps(found: Analysed) -> DataFrame:
    """One row per agent variant."""
    groups: dict[str, list[StepsRow]] = defaultdict(list)
    for row in found.rows:
        groups[row.variant].append(row)
    return _frame(AGENT_COLUMNS, (_agent(agent, rows) for agent, rows in sorted(groups.items())))


def cards(found: Analysed) -> tuple[Card, ...]:
    """The figures that matter first."""
    rows = found.rows
    plans = [plan["efficiency"] for row in rows if (plan := _plan(row))]
    calls, repeated, errors = (_sum(rows, name) for name in ("calls", "repeated", "errors"))
    looped = sum(bool(row.steps.get("loops")) for row in rows)
    serial = [item["missed_parallelism"] for row in rows if (item := row.steps.get("timing"))]
    tokens = sum(row.steps.get("waste", {}).get("tokens") or 0 for row in rows)
    confusion = found.confusion
    return (
        Card("Efficiency", rate_text(mean_of(plans)), f"{len(plans):,} trials with a plan", "Steps of the reference plan to steps taken, 0 where the case failed; mean."),
        Card("Redundant calls", rate_text(repeated / calls if calls else None), f"{repeated:,} of {calls:,} calls", "Calls that repeat another with nothing new in between."),
        Card("Failing calls", rate_text(errors / calls if calls else None), f"{_sum(rows, 'unrecovered'):,} never made good", "Calls that ended in an error."),
        Card("Loops", f"{looped:,}", f"of {len(rows):,} trials", "Trials that went in circles."),
        Card("Missed parallelism", seconds(mean_of(serial)), f"{tokens:,} tokens wasted", "Time that calls could have shared, mean; tokens of calls and of models that led nowhere."),
        Card("Right agent first", rate_text(confusion.accuracy), f"of {confusion.total:,} requests", "Requests that reached the agent they are for."),
    )  # fmt: skip


def suites_of(found: Analysed) -> list[str]:
    """Suites that it has trials of."""
    return sorted({row.suite for row in found.rows})


def agents_of(found: Analysed) -> list[str]:
    """Agent variants that it has trials of."""
    return sorted({row.variant for row in found.rows})


def waste_rows(found: Analysed) -> DataFrame:
    """Calls that were of no use, by agent and kind, as shares of all its calls; agents without any are left out."""
    calls: Counter[str] = Counter()
    useless: Counter[tuple[str, str]] = Counter()
    for row in found.rows:
        calls[row.variant] += row.steps.get("calls", 0)
        useless[row.variant, "redundant"] += row.steps.get("repeated", 0)
        useless[row.variant, "failing"] += row.steps.get("errors", 0)
    return _frame(
        WASTE_COLUMNS,
        (
            {"agent": agent, "kind": kind, "share": number / calls[agent], "calls": number}
            for (agent, kind), number in sorted(useless.items())
            if any(useless[agent, each] for each in ("redundant", "failing"))
        ),
    )


def efficiency_bins(found: Analysed) -> DataFrame:
    """How efficiency is spread: ten bins for each agent that has reference plans."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for row in found.rows:
        value = _plan(row).get("efficiency")
        if value is not None:
            counts[row.variant][min(_BINS - 1, int(value * _BINS))] += 1
    return _frame(
        BIN_COLUMNS,
        (
            {
                "agent": agent,
                "from": number / _BINS,
                "to": (number + 1) / _BINS,
                "middle": (number + 0.5) / _BINS,
                "trials": count,
                "share": count / tally.total(),
            }
            for agent, tally in sorted(counts.items())
            for number, count in sorted(tally.items())
        ),
    )


def confusion_rows(confusion: Confusion) -> DataFrame:
    """Every pair of expected and reached agent, pairs that never happened too, with the share of its row."""
    expected = sorted({pair[0] for pair in confusion.counts})
    reached = sorted({name for pair in confusion.counts for name in pair}, key=lambda name: (name == "none", name))
    sums = Counter[str]()
    for (wanted, _), number in confusion.counts.items():
        sums[wanted] += number
    return _frame(
        CONFUSION_COLUMNS,
        (
            {
                "expected": one_line(wanted, 60),
                "reached": one_line(got, 60),
                "trials": confusion.counts.get((wanted, got), 0),
                "share": confusion.counts.get((wanted, got), 0) / sums[wanted],
                "right": wanted == got,
            }
            for wanted in expected
            for got in reached
        ),
    )


def _plan(row: StepsRow) -> Mapping[str, Any]:
    found: Mapping[str, Any] = row.steps.get("plan", {})
    return found


def _astray(row: StepsRow) -> int:
    """How many steps are missing or too many."""
    plan = _plan(row)
    return len(plan.get("missing", ())) + len(plan.get("extra", ()))


def _wrong(row: StepsRow) -> float:
    route = row.steps.get("routing", {})
    return float(bool(route.get("expected")) and not route.get("first_right", True)) + 0.01 * len(
        route.get("ping_pong", ())
    )


OFFENCES: Final[Mapping[str, Callable[[StepsRow], float]]] = {
    "Least efficient": lambda row: 1 - _plan(row).get("efficiency", 1),
    "Redundant calls": lambda row: row.steps.get("repeated", 0),
    "Loops": lambda row: len(row.steps.get("loops", ())),
    "Errors not recovered": lambda row: row.steps.get("unrecovered", 0),
    "Missed parallelism": lambda row: row.steps.get("timing", {}).get("missed_parallelism") or 0,
    "Tokens wasted": lambda row: row.steps.get("waste", {}).get("tokens") or 0,
    "Misrouted": _wrong,
}
"""What trials can be ranked by, the worst first; zero is no offence."""

TOLD_BY: Final[Mapping[str, str]] = {
    "Least efficient": "efficiency",
    "Redundant calls": "redundant",
    "Loops": "loops",
    "Errors not recovered": "unrecovered",
    "Missed parallelism": "serial_s",
    "Tokens wasted": "wasted_tokens",
    "Misrouted": "routing",
}
"""The column that shows each offence."""


def offender_rows(found: Analysed, run: RunRow, by: str, *, most: int = 50) -> DataFrame:
    """The worst trials by one of `OFFENCES`."""
    weight = OFFENCES[by]
    worst = (row for row in found.rows if weight(row) > 0)
    ranked = sorted(worst, key=lambda row: (weight(row), _astray(row)), reverse=True)
    return _frame(TRIAL_COLUMNS, (_trial(run.id, row) for row in ranked[:most]))


def _agent(agent: str, rows: Sequence[StepsRow]) -> dict[str, Any]:
    plans = [plan for row in rows if (plan := _plan(row))]
    routes = [route for row in rows if (route := row.steps.get("routing", {})).get("expected")]
    wasted = [row.steps["waste"] for row in rows if "waste" in row.steps]
    calls = _sum(rows, "calls")
    return {
        "agent": agent,
        "trials": len(rows),
        "efficiency": mean_of([plan["efficiency"] for plan in plans]),
        "recall": mean_of([plan["recall"] for plan in plans]),
        "calls": calls / len(rows),
        "redundant": _sum(rows, "repeated") / calls if calls else None,
        "failing": _sum(rows, "errors") / calls if calls else None,
        "unrecovered": _sum(rows, "unrecovered"),
        "loops": sum(bool(row.steps.get("loops")) for row in rows),
        "serial_s": mean_of([timing["missed_parallelism"] for row in rows if (timing := row.steps.get("timing"))]),
        "wasted_tokens": sum(item.get("tokens") or 0 for item in wasted),
        "wasted_usd": sum(item.get("cost_usd") or 0.0 for item in wasted),
        "routed": len(routes),
        "misrouted": sum(not route["first_right"] for route in routes),
        "ping_pong": sum(bool(row.steps.get("routing", {}).get("ping_pong")) for row in rows),
    }


def _trial(run: str, row: StepsRow) -> dict[str, Any]:
    plan, route = _plan(row), row.steps.get("routing", {})
    expected, path = route.get("expected") or (), route.get("path") or ()
    return {
        "result": shown(row.status),
        "case": one_line(row.case, 80),
        "suite": row.suite,
        "agent": row.variant,
        "trial": row.trial + 1,
        "efficiency": plan.get("efficiency"),
        "redundant": row.steps.get("repeated", 0),
        "loops": len(row.steps.get("loops", ())),
        "unrecovered": row.steps.get("unrecovered", 0),
        "serial_s": row.steps.get("timing", {}).get("missed_parallelism"),
        "wasted_tokens": row.steps.get("waste", {}).get("tokens"),
        "routing": one_line(f"{' > '.join(expected)} wanted, {' > '.join(path) or 'none'} reached", 120) if expected else "",
        "missing": _several(item["name"] for item in plan.get("missing", ())),
        "extra": _several(f"{item['name']} ({item['why']})" for item in plan.get("extra", ())),
        "link": link_to(run, row.suite, row.case, row.variant, row.trial),
    }  # fmt: skip


def _several(names: Iterable[str]) -> str:
    """Names in a line; one that comes several times is told once."""
    counts = Counter(names)
    return one_line(", ".join(f"{count} × {name}" if count > 1 else name for name, count in counts.items()), 160)


def _sum(rows: Iterable[StepsRow], name: str) -> int:
    return sum(row.steps.get(name, 0) for row in rows)


def _frame(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns))
