"""Compare a judge's verdicts with people's labels: agreement, errors by kind, bias, and the rate behind the verdicts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from harness.errors import UserError
from harness.stats import Kappa, alpha, cohen, corrected, crosstab, fleiss, kappa, majority, ppi
from harness.stats.agreement import Weights

from .bias import length, swap
from .columns import Example
from .examination import Class, Examination, Humans, Rate, Share
from .ratings import ABSTAINED, UNREADABLE, Scale, Spelling, spelling

_OPEN = (ABSTAINED, UNREADABLE)
_FEWEST_UNLABELLED = 20


def examine(
    rows: Sequence[Example],
    *,
    group: str = "",
    scale: Scale = "nominal",
    categories: Sequence[str] | None = None,
    rogan_gladen: bool = False,
    judged: bool = True,
    pairwise: bool = False,
    weights: Weights | None = None,
) -> Examination:
    """Compare verdicts with labels.

    Args:
        rows: The examples.
        group: Name of the set.
        scale: How far apart ratings are.
        categories: Every category, where the labels do not show it.
        rogan_gladen: Whether to reckon that rate, too.
        judged: Whether there are verdicts; without, only the people are compared.
        weights: How near misses count in kappa; by default quadratically on a scale, and not at all without one.
        pairwise: Whether ratings name the better one of two answers (1, 2, or 0 for neither).

    Raises:
        UserError: for labels that say nothing, or do not fit the scale.
    """
    spelt = _spelt(rows, scale, categories, judged=judged)
    gold = [_agreed(row, spelt) for row in rows]
    said = [spelt.read(row.verdict) for row in rows]
    pairs = [(label, verdict) for label, verdict in zip(gold, said, strict=True) if label is not None] if judged else []
    read = [(label, verdict) for label, verdict in pairs if verdict not in _OPEN]
    known = [row for row, label in zip(rows, gold, strict=True) if label is not None]
    near: Weights = weights or ("none" if scale == "nominal" else "quadratic")
    classes = tuple(_class(category, read) for category in _told(spelt)) if judged else ()
    return Examination(
        group=group,
        rows=len(rows),
        spelling=spelt,
        table=tuple(map(tuple, _table(pairs, spelt))),
        accuracy=Share(sum(label == verdict for label, verdict in pairs), len(pairs)) if judged else None,
        kappa=_kappa(pairs, (*spelt.categories, *_OPEN), known, "none") if pairs else None,
        kappa_read=_kappa(read, spelt.categories, _clusters_of(known, pairs), near) if read else None,
        classes=classes,
        abstained=said.count(ABSTAINED) if judged else 0,
        unreadable=said.count(UNREADABLE) if judged else 0,
        humans=_humans(rows, spelt, gold, near),
        swap=swap(rows, gold, spelt) if judged else None,
        length=length(rows, gold, said, pairs=pairwise) if judged else None,
        rates=_rates(gold, said, classes, spelt, rogan_gladen=rogan_gladen) if judged else (),
        cost_usd=_cost(rows),
        weights=near,
        missed=tuple(
            (row, label, verdict)
            for row, label, verdict in zip(rows, gold, said, strict=True)
            if judged and label is not None and label != verdict
        ),
        warnings=tuple(_warnings(gold, said, spelt)) if judged else (),
    )


def _spelt(rows: Sequence[Example], scale: Scale, categories: Sequence[str] | None, *, judged: bool) -> Spelling:
    spelt = spelling(
        (label for row in rows for label in row.labels),
        (verdict for row in rows for verdict in (row.verdict, row.swapped or UNREADABLE)) if judged else (),
        scale=scale,
        categories=categories,
    )
    if not spelt.categories or all(label in _OPEN for row in rows for label in row.labels):
        raise UserError("no row has a label", remedy="give rows that people have labelled", where="labels")
    return spelt


def _agreed(row: Example, spelt: Spelling) -> str | None:
    """The label that most annotators gave; None without a majority."""
    given = [spelt.read(label) for label in row.labels if label not in _OPEN]
    found = majority(given)
    return found if isinstance(found, str) else None


def _told(spelt: Spelling) -> tuple[str, ...]:
    """Categories whose sensitivity is told: of two, the first is enough, for the other is its mirror."""
    return spelt.categories[:1] if spelt.binary else spelt.categories


def _table(pairs: Sequence[tuple[str, str]], spelt: Spelling) -> list[list[int]]:
    every = (*spelt.categories, *_OPEN)
    return crosstab(pairs, every)[: len(spelt.categories)]


def _clusters_of(known: Sequence[Example], pairs: Sequence[tuple[str, str]]) -> list[Example]:
    return [row for row, (_, verdict) in zip(known, pairs, strict=True) if verdict not in _OPEN]


def _kappa(
    pairs: Sequence[tuple[str, str]], categories: Sequence[str], rows: Sequence[Example], weights: Weights
) -> Kappa:
    clusters = [row.cluster for row in rows] if rows and all(row.cluster is not None for row in rows) else None
    return kappa(pairs, categories, weights, clusters=clusters)


def _class(category: str, read: Sequence[tuple[str, str]]) -> Class:
    are = [verdict == category for label, verdict in read if label == category]
    others = [verdict != category for label, verdict in read if label != category]
    return Class(category, Share(sum(are), len(are)), Share(sum(others), len(others)))


def _humans(rows: Sequence[Example], spelt: Spelling, gold: Sequence[str | None], weights: Weights) -> Humans | None:
    most = max(len(row.labels) for row in rows)
    if most < 2:
        return None
    read = [[UNREADABLE if label in _OPEN else spelt.read(label) for label in row.labels] for row in rows]
    pairs = []
    for one, other in combinations(range(most), 2):
        both = [(row[one], row[other]) for row in read if len(row) > other and UNREADABLE not in (row[one], row[other])]
        if both:
            pairs.append((one + 1, other + 1, cohen(crosstab(both, spelt.categories), weights)))
    given = [[label for label in row if label != UNREADABLE] for row in read]
    counted = [Counter(row) for row in given if row]
    even = len({sum(item.values()) for item in counted}) == 1 and sum(counted[0].values()) > 1
    units = given if spelt.scale == "nominal" else [[spelt.number(label) for label in row] for row in given]
    return Humans(
        annotators=most,
        pairs=tuple(pairs),
        fleiss=fleiss(counted) if even else None,
        alpha=alpha(units, spelt.scale),
        without_majority=gold.count(None),
    )


def _rates(
    gold: Sequence[str | None], said: Sequence[str], classes: Sequence[Class], spelt: Spelling, *, rogan_gladen: bool
) -> tuple[Rate, ...]:
    """The rate of each category, or the mean of a scale, over the rows with a verdict."""
    both = [(label, verdict) for label, verdict in zip(gold, said, strict=True) if verdict not in _OPEN]
    labelled = [(label, verdict) for label, verdict in both if label is not None]
    if not labelled:
        return ()
    if spelt.scale != "nominal":
        return (_rate("", [(spelt.number(one), spelt.number(two)) for one, two in labelled],
                      [spelt.number(verdict) for label, verdict in both if label is None]),)  # fmt: skip
    found = []
    for item in classes:
        of = item.category
        numbers = [(float(label == of), float(verdict == of)) for label, verdict in labelled]
        rest = [float(verdict == of) for label, verdict in both if label is None]
        found.append(_rate(of, numbers, rest, item if rogan_gladen else None))
    return tuple(found)


def _rate(of: str, labelled: Sequence[tuple[float, float]], rest: Sequence[float], errors: Class | None = None) -> Rate:
    labels, verdicts = [one for one, _ in labelled], [two for _, two in labelled]
    every = [*verdicts, *rest]
    judged = math.fsum(every) / len(every)
    inverted = None
    if (
        errors is not None
        and (errors.youden or 0.0) > 0
        and errors.sensitivity.value
        and errors.specificity.value is not None
    ):
        try:
            inverted = corrected(
                judged,
                len(every),
                sensitivity=(errors.sensitivity.value, errors.sensitivity.of),
                specificity=(errors.specificity.value, errors.specificity.of),
            )
        except ValueError:
            inverted = None
    return Rate(
        of,
        judged,
        math.fsum(labels) / len(labels),
        ppi(labels, verdicts, rest) if len(rest) >= _FEWEST_UNLABELLED else None,
        inverted,
    )


def _cost(rows: Sequence[Example]) -> float | None:
    known = [row.cost_usd for row in rows]
    return None if None in known else math.fsum(cost or 0.0 for cost in known)


def _warnings(gold: Sequence[str | None], said: Sequence[str], spelt: Spelling) -> list[str]:
    found = []
    labels = {label for label in gold if label is not None}
    if len(labels) == 1:
        found.append(
            f"every label is {next(iter(labels))!r}: one class only, so that kappa and the judge's errors stay unknown"
        )
    verdicts = {verdict for verdict in said if verdict not in _OPEN}
    if len(verdicts) == 1 and len(labels) > 1:
        found.append(f"the judge only ever says {next(iter(verdicts))!r}")
    if not verdicts:
        found.append("no verdict could be read")
    if spelt.strange:
        told = ", ".join(f"{item[:30]!r} {count}x" for item, count in spelt.strange[:5])
        found.append(
            f"verdicts that are no label of anybody count as unreadable: {told}; accept them with --categories"
        )
    return found
