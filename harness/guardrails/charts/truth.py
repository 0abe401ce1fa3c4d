"""Rules that compare charts with the portfolio and with each other: sums, percentages, labels, amounts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from harness.frozen import frozen

from .parts import Part, covers_whole, half_units
from .report import ChartReference, ChartRules, Finding
from .shapes import NUMBER, Chart

REST: Final = frozenset(
    [
        "other",
        "others",
        "cash",
        "rest",
        "remaining",
        "misc",
        "miscellaneous",
        "unclassified",
        "unknown",
        "unallocated",
        "uncategorized",
    ]
)
"""Labels of what is left over."""

_SAME = {
    "equity": "equities", "stock": "equities", "stocks": "equities", "fixed income": "bonds", "bond": "bonds", "reit": "real estate",
    "reits": "real estate", "commodity": "commodities", "alternative": "alternatives", "us": "north america", "usa": "north america",
    "united states": "north america", "financial": "financials", "global": "international",
}  # fmt: skip
_DIMENSIONS = ("holdings", "asset_classes", "regions", "sectors", "accounts")
_POINTS_OFF = Decimal("0.05")


@frozen
class Drawn:
    """One chart with its path and its amounts."""

    chart: Chart
    path: str
    parts: list[Part]

    @property
    def total(self) -> Decimal:
        """Sum of its amounts."""
        return sum((part.value for part in self.parts), Decimal(0))

    @property
    def several(self) -> bool:
        """Whether each label has several amounts."""
        return any(part.series for part in self.parts)

    @property
    def slack(self) -> Decimal:
        """How far rounding can have moved the sum."""
        return half_units(self.parts)


@frozen
class Known:
    """The reference with every amount exact."""

    total: Decimal | None
    values: Mapping[str, Decimal]
    names: Mapping[str, tuple[str, ...]]


def known(reference: ChartReference) -> Known:
    """Take a reference's amounts as they are written: 0.1 is one tenth."""
    values = {label: exact(value) for label, value in reference.values.items()}
    names = {name: tuple(getattr(reference, name)) for name in _DIMENSIONS}
    return Known(None if reference.total is None else exact(reference.total), values, names)


def exact(amount: Decimal | float) -> Decimal:
    """An amount as it is written: 0.1 is one tenth."""
    number = Decimal(repr(amount)) if isinstance(amount, float) else Decimal(amount)
    if not number.is_finite():
        raise ValueError(f"the reference holds {amount!r}; give finite amounts")
    return number


def whole_charts(charts: Sequence[Drawn], rules: ChartRules) -> list[Drawn]:
    """The charts that show every part of the whole."""
    if rules.whole == "none":
        return [drawn for drawn in charts if drawn.chart.whole not in (None, "none")]
    return [drawn for drawn in charts if covers_whole(drawn.chart)]


def truth_findings(
    charts: Sequence[Drawn], reference: Known | None, rules: ChartRules, stated: object
) -> Iterator[Finding]:
    """Everything that does not agree with the portfolio or between charts."""
    whole = whole_charts(charts, rules)
    money: list[Drawn] = []
    for drawn in whole:
        found = list(_percentages(drawn, reference, rules))
        yield from found
        if not found and not _is_percent(drawn, rules):
            money.append(drawn)
    for drawn in money:
        yield from _sum(drawn, reference, rules)
    yield from _agreement(money)
    yield from _stated(stated, money, reference)
    yield from _misdrawn(charts, money, reference)
    for drawn in charts:
        yield from _known(drawn, reference)
        yield from _amounts(drawn, reference)


def _is_percent(drawn: Drawn, rules: ChartRules) -> bool:
    return (drawn.chart.unit or rules.unit) == "percent"


def _percentages(drawn: Drawn, reference: Known | None, rules: ChartRules) -> Iterator[Finding]:
    """Percent must add up to 100, and must not stand where money is expected."""
    where, total = f"{drawn.path}.data", drawn.total
    if _is_percent(drawn, rules):
        if rules.unit in ("USD", "count") and drawn.chart.unit == "percent":
            yield Finding(
                "percent-not-money",
                "block",
                f"{drawn.path}.unit",
                "the chart shows percentages; amounts of money are expected",
            )
        if abs(total - 100) > max(_POINTS_OFF, drawn.slack):
            yield Finding("percent-sum", "block", where, f"the percentages add up to {_money(total)}, not to 100")
        return
    if (drawn.chart.unit or rules.unit) != "USD":
        return
    worth = reference.total if reference else None
    for full, name in ((Decimal(100), "percentages"), (Decimal(1), "fractions")):
        near = abs(total - full) <= full * Decimal("0.011") and len(drawn.parts) >= 2
        if near and (worth is None or abs(worth - full) > full / 10):
            yield Finding(
                "percent-not-money",
                "block",
                where,
                f"the amounts add up to {_money(total)}: these are {name}, not dollars",
            )
            return


def _sum(drawn: Drawn, reference: Known | None, rules: ChartRules) -> Iterator[Finding]:
    whole = drawn.chart.whole or rules.whole
    if reference is None or reference.total is None or whole != "portfolio":
        return
    gap, allowed = abs(drawn.total - reference.total), max(rules.total_share * abs(reference.total), drawn.slack)
    if gap > allowed:
        message = f"the parts add up to {_money(drawn.total)}, the portfolio is worth {_money(reference.total)}"
        yield Finding(
            "portfolio-sum", "block", f"{drawn.path}.data", message, f"off by {_money(gap)}, allowed {_money(allowed)}"
        )


def _agreement(money: Sequence[Drawn]) -> Iterator[Finding]:
    """Charts of the same whole have the same total, up to the rounding of their parts."""
    for whole in ("portfolio", "account"):
        group = [drawn for drawn in money if (drawn.chart.whole or "portfolio") == whole]
        if len(group) < 2 or whole == "account":  # several accounts are several wholes
            continue
        low, high = min(group, key=lambda drawn: drawn.total), max(group, key=lambda drawn: drawn.total)
        if high.total - low.total > low.slack + high.slack:
            totals = "; ".join(f"{drawn.chart.key} {_money(drawn.total)}" for drawn in group)
            distinct = len({drawn.total for drawn in group})
            yield Finding(
                "totals-disagree", "block", "$.charts", f"{distinct} different totals of the same portfolio", totals
            )


def _stated(stated: object, money: Sequence[Drawn], reference: Known | None) -> Iterator[Finding]:
    """A `total` beside the charts must be theirs and the portfolio's."""
    if stated is None:
        return
    try:
        total = NUMBER.validate_python(stated)
    except ValueError:
        yield Finding("finite-number", "block", "$.total", "the stated total is not a finite number", repr(stated)[:80])
        return
    worth = reference.total if reference else None
    if worth is not None and abs(total - worth) > max(Decimal("0.005") * abs(worth), Decimal("0.5")):
        yield Finding(
            "portfolio-sum",
            "block",
            "$.total",
            f"the stated total is {_money(total)}, the portfolio is worth {_money(worth)}",
        )
    for drawn in money:
        if (drawn.chart.whole or "portfolio") == "portfolio" and abs(drawn.total - total) > drawn.slack + Decimal(
            "0.5"
        ):
            message = f"the stated total is {_money(total)}, the chart adds up to {_money(drawn.total)}"
            yield Finding("totals-disagree", "block", f"{drawn.path}.data", message)


def _misdrawn(charts: Sequence[Drawn], money: Sequence[Drawn], reference: Known | None) -> Iterator[Finding]:
    """Parts that add up to the whole belong in a pie, donut, treemap or bars, not on axes or lines."""
    totals = [drawn.total for drawn in money] + ([reference.total] if reference and reference.total else [])
    for drawn in charts:
        undated = not any(re.search(r"\d{4}", part.label) for part in drawn.parts)
        if drawn.chart.type not in ("radar", "line", "area") or drawn.several or not undated or len(drawn.parts) < 2:
            continue
        if any(abs(drawn.total - total) <= Decimal("0.005") * abs(total) for total in totals if total):
            message = f"the amounts are parts of one whole; a {drawn.chart.type} does not show that"
            yield Finding("type-for-parts", "block", f"{drawn.path}.type", message)


def _known(drawn: Drawn, reference: Known | None) -> Iterator[Finding]:
    """Labels name what the portfolio holds; a chart about something the reference does not list is left alone."""
    if reference is None or drawn.chart.type in ("line", "area", "scatter", "radar", "composed"):
        return
    lists = {name: {fold(item) for item in reference.names[name]} for name in _DIMENSIONS}
    labels = [(part, fold(part.label)) for part in drawn.parts]
    hits = {name: sum(label in known for _, label in labels) for name, known in lists.items() if known}
    if not hits:
        return
    best = max(hits, key=lambda name: hits[name])
    tickers = "holdings" in hits and all(re.fullmatch(r"[A-Z][A-Z0-9.]{0,5}", part.label) for part in drawn.parts)
    if hits[best] == 0 and not tickers:
        return
    listed = set().union(*lists.values()) | REST
    for part, label in labels:
        if label not in listed:
            yield Finding(
                "unknown-label", "block", f"{part.path}.name", "nothing in the portfolio has this name", part.label[:80]
            )


def _amounts(drawn: Drawn, reference: Known | None) -> Iterator[Finding]:
    if reference is None or not reference.values or drawn.chart.unit not in (None, "USD") or drawn.several:
        return
    if drawn.chart.type == "scatter":  # its labels name dots, its amounts are any measure of them
        return
    true: Mapping[str, Decimal] = {fold(label): value for label, value in reference.values.items()}
    for part in drawn.parts:
        value = true.get(fold(part.label))
        if value is not None and abs(part.value - value) > max(Decimal("0.005") * abs(value), half_units([part])):
            message = f"{part.label[:80]} is worth {_money(value)}, the chart shows {_money(part.value)}"
            yield Finding("wrong-amount", "block", f"{part.path}.value", message)


def fold(label: Any) -> str:
    """A label without case, punctuation and synonyms."""
    text = " ".join(re.sub(r"[^\w().&]+|_", " ", str(label).casefold()).split())
    return _SAME.get(text, text)


def _money(value: Decimal) -> str:
    return f"{value:,.2f}" if abs(value) < Decimal("1e15") else f"{value:.3E}"
