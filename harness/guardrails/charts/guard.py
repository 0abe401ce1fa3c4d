"""Use a model's charts if they are right, mend them if only their form is wrong, and otherwise draw the portfolio's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from .check import check_charts
from .fallback import fallback_charts
from .normal import Normaliser
from .repair import repair
from .report import ChartReference, ChartReport, ChartRules, Finding, Guarded

_PLACE = re.compile(r"\$\.charts\[(\d+)\]")
_FORM = frozenset({"json", "code-fence", "prose-around"})


def guard_charts(
    payload: object,
    *,
    reference: ChartReference | None = None,
    rules: ChartRules | None = None,
    breakdowns: Mapping[str, Mapping[str, Decimal | float]] | None = None,
    sources: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
) -> Guarded:
    """Charts that may be shown, and how they came about; never raises.

    The ladder: as they are; with the syntax mended; without the charts that are wrong, where enough are left; the portfolio's own
    `breakdowns`; an error object. Each rung is judged by the same rules; the portfolio's own charts need no `sources`. No rung
    changes a number.
    """
    rules = rules or ChartRules()
    try:
        held = None if sources is None else tuple(sources.items() if isinstance(sources, Mapping) else sources)
        return _climb(
            payload, partial(check_charts, reference=reference, rules=rules, sources=held), rules, breakdowns or {}
        )
    except Exception as error:  # noqa: BLE001  (a guardrail that crashes must block)
        message = f"the guardrail failed and blocks to be safe: {type(error).__name__}: {error}"[:300]
        return _refused(ChartReport("strict", (Finding("guardrail-error", "block", "$", message),)), [message])


def _climb(
    payload: object,
    judge: Callable[..., ChartReport],
    rules: ChartRules,
    breakdowns: Mapping[str, Mapping[str, Decimal | float]],
) -> Guarded:
    first = report = judge(payload)
    steps: list[str] = [f"refused: {finding.rule} at {finding.path}" for finding in report.blocking[:5]]
    data = _canonical(payload)
    if report.ok and data:
        return Guarded("model", tuple(data), report)
    if report.rules & _FORM and isinstance(payload, str | bytes | bytearray) and len(payload) <= rules.max_bytes:
        mended = repair(payload if isinstance(payload, str) else bytes(payload).decode("utf-8", "replace"))
        steps += mended.steps or (mended.problem,)
        data = _canonical(mended.data)
        if data:
            report = judge({**_others(mended.data), "charts": data})
            if report.ok:
                return Guarded("repaired", tuple(data), report, tuple(steps))
    if data:
        bad = {int(match[1]) for finding in report.blocking if (match := _PLACE.match(finding.path))}
        left = [chart for place, chart in enumerate(data) if place not in bad]
        report = judge({"charts": left}) if bad and left else report
        if bad and left and report.ok:
            return Guarded("trimmed", tuple(left), report, (*steps, f"left {len(bad)} wrong chart(s) out"))
    made = fallback_charts(breakdowns)
    if made:
        report = judge({"charts": made}, rules=replace(rules, count=None), sources=None)
        if report.ok:
            return Guarded("fallback", tuple(made), report, (*steps, "drew the portfolio's own figures"))
        steps.append(f"the portfolio's own figures are refused too: {report.blocking[0].message}")
    return _refused(first, steps)


def _refused(report: ChartReport, steps: list[str]) -> Guarded:
    reason = report.blocking[0].message if report.blocking else "no charts can be shown"
    return Guarded("error", (), report, tuple(steps), f"charts withheld: {reason}")


def _canonical(payload: object) -> list[Any] | None:
    """The charts of a payload in our form; None where it has none."""
    if isinstance(payload, str | bytes | bytearray):
        from .payload import read_payload

        payload, wrong = read_payload(payload, len(payload))
        if any(finding.severity == "block" for finding in wrong):
            return None
    data = Normaliser().payload(payload)
    charts = data.get("charts") if isinstance(data, Mapping) else None
    return charts if isinstance(charts, list) else None


def _others(data: Any) -> dict[str, Any]:
    return {key: item for key, item in data.items() if key != "charts"} if isinstance(data, Mapping) else {}
