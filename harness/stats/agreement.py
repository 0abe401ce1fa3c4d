"""How far two raters agree beyond chance: Cohen's kappa, weighted for ordered categories, with its error and interval.

Cohen (1960, 1968); standard error by Fleiss, Cohen and Everitt (1969). The interval is a bootstrap of whole rows, or of whole
clusters of rows; without numpy it is the one of the standard error.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from .rates import Interval

Weights: TypeAlias = Literal["none", "linear", "quadratic"]
Table: TypeAlias = Sequence[Sequence[float]]

_Z95 = 1.959963984540054
_DRAWS = 2_000
_CELLS_AT_ONCE = 4_000_000


class Kappa(NamedTuple):
    """Agreement beyond chance: 1 is perfect, 0 is what chance gives."""

    value: float | None
    """None where it is not defined: both raters used one and the same category throughout."""

    se: float | None
    """Standard error; None where kappa is."""

    interval: Interval | None
    """95 % interval; None where kappa is."""

    observed: float
    """Share of agreement, by weight."""

    expected: float
    """Share of agreement that chance gives, by weight."""

    n: int
    """Rows."""


def crosstab(pairs: Iterable[tuple[Hashable, Hashable]], categories: Sequence[Hashable]) -> list[list[int]]:
    """Count pairs of ratings: one row for each category of the first rater, one column for each of the second.

    Raises:
        KeyError: for a rating that is not among the categories.
    """
    place = {category: index for index, category in enumerate(categories)}
    table = [[0] * len(categories) for _ in categories]
    for (first, second), count in Counter(pairs).items():
        table[place[first]][place[second]] += count
    return table


def cohen(table: Table, weights: Weights = "none", *, confidence: float = 0.95) -> Kappa:
    """Cohen's kappa of a square table of counts, with the interval of its standard error.

    Raises:
        ValueError: for a table that is empty, not square, or has negative counts.
    """
    n = _checked(table)
    share = [[count / n for count in row] for row in table]
    agree = _agreement(len(table), weights)
    rows, columns = [math.fsum(row) for row in share], [math.fsum(column) for column in zip(*share, strict=True)]
    observed, expected = _both(share, agree, rows, columns)
    if math.isclose(expected, 1.0, abs_tol=1e-12):
        return Kappa(None, None, None, observed, expected, round(n))
    kappa = (observed - expected) / (1 - expected)
    se = math.sqrt(max(0.0, _variance(share, agree, rows, columns, kappa) / n)) / (1 - expected)
    half = _z(confidence) * se
    return Kappa(
        kappa, se, Interval(max(-1.0, kappa - half), min(1.0, kappa + half)), observed, expected, round(n)
    )  # fmt: skip


def kappa(
    pairs: Sequence[tuple[Hashable, Hashable]],
    categories: Sequence[Hashable],
    weights: Weights = "none",
    *,
    clusters: Sequence[Hashable] | None = None,
    seed: int = 0,
) -> Kappa:
    """Cohen's kappa of pairs of ratings with a bootstrap interval.

    Args:
        pairs: Both raters' ratings.
        categories: Every category, in order where it matters.
        weights: `none` for categories without order; `linear` or `quadratic` where a near miss is half a hit.
        clusters: What each pair belongs to, such as its conversation; whole clusters are drawn.
        seed: Of the draws.
    """
    found = cohen(crosstab(pairs, categories), weights)
    if found.value is None:
        return found
    try:
        drawn = _drawn(pairs, categories, weights, clusters, seed)
    except ImportError:
        return found
    return found._replace(interval=drawn) if drawn is not None else found


def _drawn(
    pairs: Sequence[tuple[Hashable, Hashable]],
    categories: Sequence[Hashable],
    weights: Weights,
    clusters: Sequence[Hashable] | None,
    seed: int,
) -> Interval | None:
    """Percentiles of kappa over tables of drawn rows; draws on which it is not defined say nothing."""
    import numpy as np

    width = len(categories)
    tables = _cluster_tables(pairs, categories, clusters, np)
    random = np.random.default_rng(seed)
    if tables is None:
        table = np.asarray(crosstab(pairs, categories), dtype=float).ravel()
        drawn = random.multinomial(len(pairs), table / table.sum(), size=_DRAWS)
    else:
        at_once = max(1, _CELLS_AT_ONCE // len(tables))
        even = np.full(len(tables), 1 / len(tables))
        parts = [
            random.multinomial(len(tables), even, size=min(at_once, _DRAWS - done)) @ tables
            for done in range(0, _DRAWS, at_once)
        ]
        drawn = np.concatenate(parts)
    values = _kappas(drawn.reshape(len(drawn), width, width).astype(float), np.asarray(_agreement(width, weights)), np)
    if len(values) < _DRAWS // 2:
        return None
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(float(low), float(high))


def _cluster_tables(
    pairs: Sequence[tuple[Hashable, Hashable]],
    categories: Sequence[Hashable],
    clusters: Sequence[Hashable] | None,
    np: Any,
) -> Any:
    """One flat table for each cluster; None where every row stands for itself."""
    if clusters is None or len(set(clusters)) == len(pairs):
        return None
    place = {category: index for index, category in enumerate(categories)}
    number = {cluster: index for index, cluster in enumerate(dict.fromkeys(clusters))}
    tables = np.zeros((len(number), len(categories) ** 2), dtype=float)
    for (first, second), cluster in zip(pairs, clusters, strict=True):
        tables[number[cluster], place[first] * len(categories) + place[second]] += 1
    return tables


def _kappas(tables: Any, agree: Any, np: Any) -> Any:
    total = tables.sum(axis=(1, 2))
    share = tables[total > 0] / total[total > 0][:, None, None]
    expected = np.einsum("di,ij,dj->d", share.sum(axis=2), agree, share.sum(axis=1))
    observed = (share * agree).sum(axis=(1, 2))
    defined = expected < 1 - 1e-12
    return (observed[defined] - expected[defined]) / (1 - expected[defined])


def _agreement(size: int, weights: Weights) -> list[list[float]]:
    """How much agreement each pair of categories is worth: 1 on the diagonal."""
    if weights == "none" or size == 1:
        return [[float(i == j) for j in range(size)] for i in range(size)]
    power = 1 if weights == "linear" else 2
    return [[1 - (abs(i - j) / (size - 1)) ** power for j in range(size)] for i in range(size)]


def _both(share: Table, agree: Table, rows: Sequence[float], columns: Sequence[float]) -> tuple[float, float]:
    spots = [(i, j) for i in range(len(rows)) for j in range(len(rows))]
    observed = math.fsum(agree[i][j] * share[i][j] for i, j in spots)
    expected = math.fsum(agree[i][j] * rows[i] * columns[j] for i, j in spots)
    return observed, expected


def _variance(share: Table, agree: Table, rows: Sequence[float], columns: Sequence[float], kappa: float) -> float:
    size = range(len(rows))
    by_row = [math.fsum(agree[i][j] * columns[j] for j in size) for i in size]
    by_column = [math.fsum(agree[i][j] * rows[i] for i in size) for j in size]
    expected = math.fsum(rows[i] * by_row[i] for i in size)
    spread = math.fsum(
        share[i][j] * (agree[i][j] - (by_row[i] + by_column[j]) * (1 - kappa)) ** 2 for i in size for j in size
    )
    return spread - (kappa - expected * (1 - kappa)) ** 2


def _checked(table: Table) -> float:
    if not table or any(len(row) != len(table) for row in table):
        raise ValueError("a table of agreement is square and not empty")
    if any(count < 0 for row in table for count in row):
        raise ValueError("a count is not negative")
    n = math.fsum(count for row in table for count in row)
    if not n:
        raise ValueError("agreement over nothing is not defined")
    return n


def _z(confidence: float) -> float:
    if confidence == 0.95:
        return _Z95
    from statistics import NormalDist

    return NormalDist().inv_cdf((1 + confidence) / 2)


def majority(ratings: Iterable[Hashable]) -> Hashable | None:
    """The rating that more raters gave than any other; None for a tie, or for none."""
    counts = Counter(ratings).most_common(2)
    if not counts or (len(counts) > 1 and counts[0][1] == counts[1][1]):
        return None
    return counts[0][0]


def fleiss(counts: Sequence[Mapping[Any, int]]) -> float | None:
    """Fleiss' kappa: several raters, the same number for each item, whoever they are.

    Args:
        counts: For each item, how many raters chose each category.

    Returns:
        None where it is not defined: every rating is the same.

    Raises:
        ValueError: for no items, or items with different numbers of ratings, or with fewer than two.
    """
    raters = {sum(item.values()) for item in counts}
    if len(raters) != 1 or min(raters) < 2:
        raise ValueError("Fleiss' kappa needs items that have the same number of ratings, two or more")
    n, each = len(counts), raters.pop()
    total: Counter[Hashable] = Counter()
    for item in counts:
        total.update(item)
    agreed = math.fsum(sum(c * (c - 1) for c in item.values()) for item in counts) / (n * each * (each - 1))
    chance = math.fsum((count / (n * each)) ** 2 for count in total.values())
    return None if math.isclose(chance, 1.0, abs_tol=1e-12) else (agreed - chance) / (1 - chance)
