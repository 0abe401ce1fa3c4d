"""The chart guardrail: what an agent wants drawn must be well formed, true to the portfolio and consistent.

    check_charts(payload, *, reference: ChartReference | None = None, rules: ChartRules | None = None,
                 profile: "strict" | "guide" | "app" | "openbb" | "vega-lite" | "plotly" = "strict",
                 sources=None) -> ChartReport
    guard_charts(payload, *, reference=None, rules=None, breakdowns=None, sources=None) -> Guarded          mends, trims or falls back; see guard.py

    ChartReference(total: Decimal | float | None, holdings, asset_classes, regions, sectors, accounts: tuple[str, ...],
                   values: Mapping[str, Decimal | float])                                    all optional
    ChartRules(count=(4, 6) | None, whole="portfolio" | "account" | "none", unit="USD" | "percent" | "count" | None,
               total_share=Decimal("0.005"), max_charts=12, max_points=200, max_label=80, max_bytes=500_000, types=(...),
               allow_error=False, severity={rule: "block" | "warn" | "info"})
    ChartReport.ok: bool; .findings, .blocking: tuple[Finding, ...]; .rules: frozenset[str]; .changes: tuple[Change, ...];
               .charts: tuple[Chart, ...]; .totals: Mapping[str, Decimal]; .as_json() -> dict
    Finding(rule, severity: "block" | "warn" | "info", path, message, evidence)

`payload` is JSON text, bytes or the data itself. `check_charts` never raises: it fails closed with rule `guardrail-error`.
pydantic is imported at the first check, not with this package.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from .report import Change, ChartReference, ChartReport, ChartRules, Finding, Guarded, Profile, Rung, Severity

__all__ = [
    "Change",
    "ChartReference",
    "ChartReport",
    "ChartRules",
    "Finding",
    "Guarded",
    "Profile",
    "Rung",
    "Severity",
    "check_charts",
    "guard_charts",
]


def check_charts(
    payload: object,
    *,
    reference: ChartReference | None = None,
    rules: ChartRules | None = None,
    profile: Profile = "strict",
    sources: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
) -> ChartReport:
    """Judge a payload of charts; see `harness.guardrails.charts.check.check_charts`."""
    try:
        from .check import check_charts as check
    except Exception as error:  # noqa: BLE001  (a guardrail that cannot start must block)
        message = f"the guardrail could not start and blocks to be safe: {type(error).__name__}: {error}"
        return ChartReport(profile, (Finding("guardrail-error", "block", "$", message[:300]),))
    return check(payload, reference=reference, rules=rules, profile=profile, sources=sources)


def guard_charts(
    payload: object,
    *,
    reference: ChartReference | None = None,
    rules: ChartRules | None = None,
    breakdowns: Mapping[str, Mapping[str, Decimal | float]] | None = None,
    sources: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
) -> Guarded:
    """Charts that may be shown, whatever the model gave; see `harness.guardrails.charts.guard.guard_charts`."""
    try:
        from .guard import guard_charts as guard
    except Exception as error:  # noqa: BLE001  (a guardrail that cannot start must block)
        message = f"the guardrail could not start and blocks to be safe: {type(error).__name__}: {error}"[:300]
        report = ChartReport("strict", (Finding("guardrail-error", "block", "$", message),))
        return Guarded("error", (), report, (message,), message)
    return guard(payload, reference=reference, rules=rules, breakdowns=breakdowns, sources=sources)
