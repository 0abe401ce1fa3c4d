"""Two runs, or two arms, paired case by case: what flipped, what it cost, how long it took, and how sure that is."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from harness.frozen import frozen
from harness.stats import Samples, Shift, logs, shift
from harness.store import NumbersRow, RunRow, Store, figures
from harness.summary.pairing import Comparison, Pair
from harness.summary.pairing import compare as paired
from harness.summary.stored import RunTotals, summarise_totals
from harness.text import one_line

from .card import Card
from .numbers import mean_of, p_text
from .places import case_link
from .words import money, rate_text, seconds

if TYPE_CHECKING:
    from pandas import DataFrame

Key = tuple[str, str, str]

PAIR_COLUMNS = (
    "flip", "case", "suite", "agent", "before", "after", "change", "cost_before", "cost_after", "cost_change", "time_before",
    "time_after", "time_change", "link_before", "link_after",
)  # fmt: skip
SHIFT_COLUMNS = ("what", "before", "after", "change", "p", "says", "cases")
FLIPS: Final[Mapping[str, str]] = {
    "lost": "✗ lost",
    "gained": "✓ gained",
    "same": "= same",
    "changed": "≠ another case",
}
"""What became of a case; `changed` asks or checks something else now."""

_ALPHA: Final = 0.05
_QUANTITIES: Final[Mapping[str, Callable[[NumbersRow], float | None]]] = {
    "Cost": lambda row: row.cost_usd,
    "Time": lambda row: row.seconds,
    "Tokens": lambda row: row.tokens,
}


_WORDS: Final[Mapping[str, Callable[[float], str]]] = {
    "Cost": money,
    "Time": seconds,
    "Tokens": lambda number: f"{number:,.0f}",
}


@frozen
class Moved:
    """How a quantity moved over the cases of both runs."""

    before: float
    """Mean of the baseline's trials."""

    after: float
    """Mean of the other's."""

    shift: Shift
    """The difference of logarithms, paired by case."""


@frozen
class Compared:
    """Two runs side by side."""

    comparison: Comparison
    """Paired case by case, with the statistics."""

    before: RunTotals
    """The baseline's totals."""

    after: RunTotals
    """The other's."""

    moved: Mapping[str, Moved]
    """How cost, time and tokens moved, where they are known."""

    by_case: bool
    """Whether cases are paired whatever agent ran them."""


def compare(store: Store, before: RunTotals, after: RunTotals, *, by_case: bool = False) -> Compared | None:
    """Pair two runs; None when one of them has no trials.

    Args:
        store: Where they are.
        before: The baseline.
        after: The run compared with it.
        by_case: Whether to pair cases whatever agent ran them, to compare two agents.
    """
    old, new = summarise_totals([before]), summarise_totals([after])
    if old is None or new is None:
        return None
    was, now = store.ask(figures.fingerprints, before.run.id), store.ask(figures.fingerprints, after.run.id)
    changed = frozenset(key for key, content in now.items() if key in was and was[key] != content)
    comparison = paired(old, new, changed=changed, by_case=by_case)
    moved = _moved(store.ask(figures.numbers, before.run.id), store.ask(figures.numbers, after.run.id), comparison)
    return Compared(comparison, before, after, moved, by_case)


def pair_rows(found: Compared) -> DataFrame:
    """One row per case that both runs decided: lost ones first, then gained ones."""
    old, new = (_by_key(totals, by_case=found.by_case) for totals in (found.before, found.after))
    order = ("lost", "gained", "changed", "same")
    ranked = sorted(found.comparison.pairs, key=lambda pair: (order.index(_flip(pair)), -abs(pair.drop)))
    return _frame(PAIR_COLUMNS, (_pair(pair, old, new) for pair in ranked))


def shift_rows(found: Compared) -> DataFrame:
    """How the pass rate, cost, time and tokens moved, each with what can be said of it."""
    rows = [_rate_row(found.comparison)]
    rows += [_shift_row(name, moved) for name, moved in found.moved.items()]
    return _frame(SHIFT_COLUMNS, rows)


def flip_counts(found: Compared) -> Mapping[str, int]:
    """Cases by what became of them."""
    counts = dict.fromkeys(FLIPS, 0)
    for pair in found.comparison.pairs:
        counts[_flip(pair)] += 1
    return counts


def cards(found: Compared) -> tuple[Card, ...]:
    """How many cases flipped."""
    counts, comparison = flip_counts(found), found.comparison
    return (
        Card("Lost", f"{counts['lost']:,}", meaning="Cases that pass less often now."),
        Card("Gained", f"{counts['gained']:,}", meaning="Cases that pass more often now."),
        Card("Same", f"{counts['same']:,}", meaning="Cases that pass as often as before."),
        Card("Another case", f"{counts['changed']:,}", meaning="Cases that ask or check something else now; they are left out of the test."),
        Card("Only in the baseline", f"{len(comparison.gone):,}", meaning="Cases that the run has no decided trial of."),
        Card("Only in the run", f"{len(comparison.new):,}", meaning="Cases that the baseline has no decided trial of."),
    )  # fmt: skip


def sentence(found: Compared) -> str:
    """What the comparison amounts to, in words."""
    comparison = found.comparison
    if comparison.difference is None:
        return "No case that both runs decided is the same in both: nothing can be compared."
    worse, better = comparison.p.worse, comparison.p.better
    moved = comparison.difference.value
    points = f"{100 * abs(moved):.1f} points of the pass rate over {comparison.difference.cases} cases"
    if worse <= _ALPHA and moved < 0:
        return f"It got worse by {points}: by chance alone, a loss like this has p {_is(worse)}."
    if better <= _ALPHA and moved > 0:
        return f"It got better by {points}: by chance alone, a gain like this has p {_is(better)}."
    return f"No difference is shown: {points} {'lost' if moved < 0 else 'gained'} can be chance (p {_is(min(worse, better))})."


def comparable(runs: Sequence[RunRow], run: RunRow) -> tuple[RunRow, ...]:
    """Runs that share a suite with another one, newest first; those that began earlier go first."""
    suites = set(run.manifest.suites)
    fitting = [row for row in runs if row.id != run.id and (not suites or suites & set(row.manifest.suites))]
    return tuple(sorted(fitting, key=lambda row: row.manifest.started_at > run.manifest.started_at))


def _is(p: float) -> str:
    text = p_text(p)
    return text if text.startswith("<") else f"= {text}"


def _moved(before: Iterable[NumbersRow], after: Iterable[NumbersRow], comparison: Comparison) -> dict[str, Moved]:
    by_case = any(pair.variant == "" for pair in comparison.pairs)
    unchanged = {(pair.suite, pair.case, pair.variant) for pair in comparison.pairs if not pair.changed}
    old, new = (_grouped(rows, unchanged, by_case=by_case) for rows in (before, after))
    found: dict[str, Moved] = {}
    for name in _QUANTITIES:
        both = [key for key in old if key in new and old[key][name] and new[key][name]]
        was, now = ([number for key in both for number in side[key][name]] for side in (old, new))
        moved = shift([Samples(logs(old[key][name]), logs(new[key][name])) for key in both])
        means = mean_of(was), mean_of(now)
        if moved is not None and means[0] and means[1] is not None:
            found[name] = Moved(means[0], means[1], moved)
    return found


def _grouped(rows: Iterable[NumbersRow], wanted: set[Key], *, by_case: bool) -> dict[Key, dict[str, list[float]]]:
    groups: dict[Key, dict[str, list[float]]] = defaultdict(lambda: {name: [] for name in _QUANTITIES})
    for row in rows:
        key = (row.suite, row.case, "" if by_case else row.variant)
        if key in wanted:
            for name, quantity in _QUANTITIES.items():
                number = quantity(row)
                if number is not None:
                    groups[key][name].append(number)
    return groups


def _by_key(totals: RunTotals, *, by_case: bool) -> dict[Key, Any]:
    return {(item.suite, item.case, "" if by_case else item.variant): (totals.run.id, item) for item in totals.cases}


def _pair(pair: Pair, old: Mapping[Key, Any], new: Mapping[Key, Any]) -> dict[str, Any]:
    key = (pair.suite, pair.case, pair.variant)
    (run_before, before), (run_after, after) = old[key], new[key]
    costs, times = (_each(item) for item in (before, after)), (before.seconds, after.seconds)
    cost_before, cost_after = costs
    counts = pair.counts
    return {
        "flip": FLIPS[_flip(pair)],
        "case": one_line(pair.case, 80),
        "suite": pair.suite,
        "agent": pair.variant or f"{before.variant} → {after.variant}",
        "before": f"{counts.baseline_passed} of {counts.baseline}",
        "after": f"{counts.candidate_passed} of {counts.candidate}",
        "change": -pair.drop,
        "cost_before": cost_before,
        "cost_after": cost_after,
        "cost_change": _ratio(cost_before, cost_after),
        "time_before": times[0],
        "time_after": times[1],
        "time_change": _ratio(*times),
        "link_before": case_link(run_before, before),
        "link_after": case_link(run_after, after),
    }


def _each(item: Any) -> float | None:
    """Mean price of a trial, where every price is known."""
    trials = item.passed + item.failed + item.errored + item.undecided
    return item.cost_usd / trials if trials and not item.cost_unknown else None


def _ratio(before: float | None, after: float | None) -> float | None:
    return after / before - 1 if before and after is not None else None


def _flip(pair: Pair) -> str:
    if pair.changed:
        return "changed"
    return "lost" if pair.drop > 0 else "gained" if pair.drop < 0 else "same"


def _rate_row(comparison: Comparison) -> dict[str, Any]:
    found, p = comparison.difference, comparison.p
    interval = found.interval if found else None
    counts = [pair.counts for pair in comparison.pairs if not pair.changed]
    return {
        "what": "Pass rate, mean over cases",
        "before": rate_text(mean_of([item.baseline_passed / item.baseline for item in counts])),
        "after": rate_text(mean_of([item.candidate_passed / item.candidate for item in counts])),
        "change": "–" if found is None else f"{100 * found.value:+.1f} points",
        "p": p_text(p.two_sided if found else None),
        "says": "" if interval is None else f"95 % for cases like these: {interval.low:+.1%} to {interval.high:+.1%}",
        "cases": found.cases if found else 0,
    }


def _shift_row(name: str, found: Moved) -> dict[str, Any]:
    moved = found.shift
    p = 1.0 if not moved.value else min(1.0, 2 * min(moved.p, 1 - moved.p))
    limit = "" if math.isinf(moved.limit) else f"; at most {_signed(math.expm1(moved.limit))} (95 %)"
    if not moved.value:
        words = "the same"
    else:
        words = ("higher" if moved.value > 0 else "lower") if p <= _ALPHA else "can be chance"
    return {
        "what": f"{name} of a trial",
        "before": _WORDS[name](found.before),
        "after": _WORDS[name](found.after),
        "change": _signed(math.expm1(moved.value)),
        "p": p_text(p),
        "says": f"{words}{limit}",
        "cases": moved.cases,
    }


def _signed(share: float) -> str:
    """A change in percent; one that rounds to nothing has no sign."""
    text = f"{share:+.1%}"
    return text[1:] if text[1:] == "0.0%" else text


def _frame(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns))
