"""An examination in words: for a terminal, for Markdown, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from harness.shape import plain
from harness.stats import Estimate, Interval, Kappa
from harness.text import one_line

from .examination import Class, Examination, Humans, Length, Rate, Share, Swap

SHOWN = 20
"""Disagreements that are listed, where not all are asked for."""


def lines(found: Examination, *, every: bool = False) -> Iterator[str]:
    """An examination as Markdown that is readable as it stands.

    Args:
        found: The examination.
        every: Whether to list every disagreement.
    """
    yield f"## {one_line(found.group)}" if found.group else "## Judge and labels"
    yield ""
    yield from (f"- **{name}**: {text}" for name, text in figures(found))
    if found.accuracy is not None:
        yield ""
        yield from confusion(found)
    if found.missed:
        yield ""
        yield from _missed(found, every=every)
    yield ""


def figures(found: Examination) -> Iterator[tuple[str, str]]:
    """Name and words of each figure."""
    yield "rows", f"{found.rows:,}" + (f", {found.accuracy.of:,} with a label" if found.accuracy else "")
    for warning in found.warnings:
        yield "warning", warning
    if found.humans is not None:
        yield from _humans(found.humans)
    if found.accuracy is not None:
        yield "agreement", share(found.accuracy)
        yield from _kappas(found)
        for item in found.classes:
            yield from _class(item)
        yield "abstained", f"{found.abstained} of {found.rows}"
        yield "unreadable", f"{found.unreadable} of {found.rows}, a class of their own"
    if found.swap is not None:
        yield from _swap(found.swap)
    if found.length is not None:
        yield "length", _length(found.length)
    for rate in found.rates:
        yield from _rate(rate)
    if found.cost_usd is not None:
        yield "cost", f"${found.cost_usd:.4f}"


def confusion(found: Examination) -> Iterator[str]:
    """The table of labels by verdicts."""
    kinds = (*found.spelling.categories, "(abstained)", "(unreadable)")
    yield f"| label \\ verdict | {' | '.join(map(_cell, kinds))} |"
    yield f"|---|{'---:|' * len(kinds)}"
    for category, row in zip(found.spelling.categories, found.table, strict=True):
        yield f"| {_cell(category)} | {' | '.join(map(str, row))} |"


def document(found: Examination) -> dict[str, Any]:
    """An examination as plain data, with the shares and intervals that words round."""
    spread: dict[str, Any] = {
        "group": found.group,
        "rows": found.rows,
        "categories": list(found.spelling.categories),
        "weights": found.weights,
        "strange": [list(item) for item in found.spelling.strange],
        "table": [list(row) for row in found.table],
        "abstained": found.abstained,
        "unreadable": found.unreadable,
        "humans": None if found.humans is None else asdict(found.humans),
        "swap": None if found.swap is None else asdict(found.swap),
        "length": None if found.length is None else asdict(found.length),
        "cost_usd": found.cost_usd,
        "warnings": list(found.warnings),
    }
    spread["accuracy"] = _share(found.accuracy)
    for key in ("kappa", "kappa_read"):
        spread[key] = _kappa_data(getattr(found, key))
    spread["classes"] = [
        {
            "category": item.category,
            "sensitivity": _share(item.sensitivity),
            "specificity": _share(item.specificity),
            "youden": item.youden,
        }
        for item in found.classes
    ]
    if found.humans is not None:
        spread["humans"]["pairs"] = [
            {"annotators": [one, other], **(_kappa_data(value) or {})} for one, other, value in found.humans.pairs
        ]
    if found.length is not None:
        spread["length"]["flagged"] = found.length.flagged
    spread["rates"] = [_rate_data(rate) for rate in found.rates]
    spread["disagreements"] = [
        {"id": row.id, "label": label, "verdict": verdict, **plain(row.shown)} for row, label, verdict in found.missed
    ]
    return spread


def share(found: Share) -> str:
    """A share with its interval."""
    if found.value is None or found.interval is None:
        return "unknown (0 of 0)"
    return (
        f"{found.value:.1%} ({found.count} of {found.of}; 95 %: {found.interval.low:.1%} to {found.interval.high:.1%})"
    )


def _humans(found: Humans) -> Iterator[tuple[str, str]]:
    for one, other, value in found.pairs:
        yield f"kappa of annotators {one} and {other}", _kappa(value)
    if found.fleiss is not None:
        yield "Fleiss' kappa of the annotators", f"{found.fleiss:.4f}"
    if found.alpha is not None:
        yield "Krippendorff's alpha", f"{found.alpha:.4f}"
    if found.without_majority:
        yield "no majority among annotators", f"{found.without_majority} rows"


def _kappas(found: Examination) -> Iterator[tuple[str, str]]:
    weighted = found.weights != "none"
    if found.kappa is not None and not weighted:
        yield "kappa", _kappa(found.kappa)
    if found.kappa_read is not None and (weighted or found.abstained or found.unreadable):
        name = f"kappa, {found.weights} weights" if weighted else "kappa of what could be read"
        yield name, _kappa(found.kappa_read)


def _kappa(value: Kappa) -> str:
    if value.value is None or value.interval is None:
        return f"not defined (n = {value.n})"
    return f"{value.value:.4f} (95 %: {value.interval.low:.3f} to {value.interval.high:.3f}; n = {value.n})"


def _class(item: Class) -> Iterator[tuple[str, str]]:
    yield f"sensitivity for {item.category}", share(item.sensitivity)
    yield f"specificity for {item.category}", share(item.specificity)
    if item.youden is not None:
        worth = f"; a gate needs {1 / item.youden**2:.1f}x the trials" if 0 < item.youden < 1 else ""
        yield f"Youden's J for {item.category}", f"{item.youden:.3f}{worth}"


def _swap(found: Swap) -> Iterator[tuple[str, str]]:
    unread = f", {found.both_unreadable} of them unreadable in both" if found.both_unreadable else ""
    yield "same in both orders", f"{found.same} of {found.rows} ({found.same / found.rows:.1%}){unread}"
    if found.accuracy is not None:
        yield "accuracy over both orders", f"{found.accuracy:.1%}"
    if found.first or found.second:
        yield "follows the position", f"the first {found.first}x, the second {found.second}x"


def _length(found: Length) -> str:
    told = f"r = {found.correlation:+.2f} with the verdict, label given; {found.slope:+.3f} for 100 characters more"
    return f"{told}; FLAGGED: above 0.2" if found.flagged else told


def _rate(rate: Rate) -> Iterator[tuple[str, str]]:
    name = f"rate of {rate.category}" if rate.category else "mean"
    yield name, f"{rate.judged:.3f} by the judge, {rate.labelled:.3f} by the labels"
    if rate.ppi is not None:
        yield f"{name}, PPI++", f"{_estimate(rate.ppi)}, judge trusted {rate.ppi.weight:.2f}"
    if rate.rogan_gladen is not None:
        yield f"{name}, Rogan-Gladen", _estimate(rate.rogan_gladen)


def _estimate(found: Estimate) -> str:
    return f"{found.value:.3f} (95 %: {found.interval.low:.3f} to {found.interval.high:.3f})"


def _missed(found: Examination, *, every: bool) -> Iterator[str]:
    shown = found.missed if every else found.missed[:SHOWN]
    columns = list(shown[0][0].shown)
    yield f"{len(found.missed)} disagreements:"
    yield ""
    yield f"| id | label | verdict | {' | '.join([*map(_cell, columns), ''])}".rstrip()
    yield f"|---|---|---|{'---|' * len(columns)}"
    for row, label, verdict in shown:
        cells = [row.id, label, verdict, *(row.shown.get(name) for name in columns)]
        yield f"| {' | '.join(map(_cell, cells))} |"
    if len(shown) < len(found.missed):
        yield ""
        yield f"… and {len(found.missed) - len(shown)} more: --every lists them"


def _cell(item: object) -> str:
    return one_line(str(item), 80).replace("|", "\\|").replace("<", "&lt;")


def _share(found: Share | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"value": found.value, "count": found.count, "of": found.of, **_interval(found.interval)}


def _interval(found: Interval | None) -> dict[str, Any]:
    return {} if found is None else {"low": found.low, "high": found.high}


def _kappa_data(found: Kappa | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"value": found.value, "se": found.se, "n": found.n, "observed": found.observed, "expected": found.expected,
            **_interval(found.interval)}  # fmt: skip


def _rate_data(rate: Rate) -> dict[str, Any]:
    def told(found: Estimate | None) -> dict[str, Any] | None:
        return None if found is None else {"value": found.value, "weight": found.weight, **_interval(found.interval)}

    return {"category": rate.category, "judged": rate.judged, "labelled": rate.labelled, "ppi": told(rate.ppi),
            "rogan_gladen": told(rate.rogan_gladen)}  # fmt: skip


def markdown(title: str, found: Sequence[Examination], *, every: bool = False) -> str:
    """Several examinations as one page."""
    body = "\n".join(line for one in found for line in lines(one, every=every))
    return f"# {title}\n\n{body}"
