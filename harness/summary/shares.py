"""Pass rates and pass^k of however many cases, from how many of them ended alike."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from harness.stats import pass_at_k, pass_hat_k, wilson

from .values import CaseRow, Rate, Repeat

Ended = Mapping[tuple[int, int], int]
"""How many cases have so many trials that passed and so many that failed."""

_MOST_K = 10


def rate_of(rows: Iterable[CaseRow]) -> Rate:
    """The pass rate with its error clustered by case: variants of one case share its difficulty."""
    clusters: dict[tuple[str, str], tuple[int, int]] = {}
    for row in rows:
        key, counts = (row.suite, row.case), row.counts
        passed, failed = clusters.get(key, (0, 0))
        clusters[key] = passed + counts.passed, failed + counts.failed
    return rate_from(Counter(clusters.values()))


def rate_from(clusters: Ended) -> Rate:
    """The same of cases that were counted by how they ended."""
    known = {ended: count for ended, count in clusters.items() if sum(ended)}
    cases = sum(known.values())
    decided = sum(count * sum(ended) for ended, count in known.items())
    if not decided:
        return Rate(0, 0, 0, None, None, None, None)
    passed = sum(count * ended[0] for ended, count in known.items())
    rate, se = passed / decided, _error(known, passed / decided, cases, decided)
    # Trials of one case are worth less than independent ones: the interval is that of as many as give this error.
    effective = min(decided, rate * (1 - rate) / se**2) if se else cases
    low, high = wilson(rate * effective, effective)
    return Rate(passed, decided, cases, rate, se, low, high)


def repeats_of(rows: Iterable[CaseRow]) -> tuple[Repeat, ...]:
    """pass^k and pass@k for every k that all cases allow."""
    return repeats_from(Counter((row.counts.passed, row.counts.failed) for row in rows))


def repeats_from(cases: Ended) -> tuple[Repeat, ...]:
    """The same of cases, each under one agent, that were counted by how they ended."""
    tried = {(passed, passed + failed): count for (passed, failed), count in cases.items() if passed + failed}
    return tuple(_repeat(tried, k) for k in range(1, _shared(tuple(tried)) + 1))


def _repeat(tried: Ended, k: int) -> Repeat:
    every, some = _counted(tried, k, pass_hat_k), _counted(tried, k, pass_at_k)
    return Repeat(k, _mean(every), _mean(some), _mean_error(every))


def _error(clusters: Ended, rate: float, cases: int, decided: int) -> float | None:
    """`harness.stats.clustered_se` of trials that are 1 or 0, without a list of them."""
    if cases < 2:
        return None
    squares = math.fsum(
        count * (passed - rate * (passed + failed)) ** 2 for (passed, failed), count in clusters.items()
    )
    return math.sqrt(squares / decided**2 * (cases / (cases - 1)))


def _counted(tried: Ended, k: int, share: Callable[[int, int, int], float | None]) -> dict[float, int]:
    """How many cases have which share."""
    counts: Counter[float] = Counter()
    for (passed, n), count in tried.items():
        counts[share(passed, n, k) or 0.0] += count
    return counts


def _mean(counts: Mapping[float, int]) -> float:
    return math.fsum(found * count for found, count in counts.items()) / sum(counts.values())


def _mean_error(counts: Mapping[float, int]) -> float | None:
    """`harness.stats.mean_se`, likewise."""
    n, centre = sum(counts.values()), _mean(counts)
    if n < 2:
        return None
    return math.sqrt(math.fsum(count * (found - centre) ** 2 for found, count in counts.items()) / (n * (n - 1)))


def _shared(tried: Sequence[tuple[int, int]]) -> int:
    """Largest k of the table: decided trials that every case has."""
    return min([_MOST_K, *(n for _, n in tried)]) if tried else 0
