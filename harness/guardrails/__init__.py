"""Guardrails: rules that block or flag what an agent says or does, usable at run time and in checks.

    check_numbers(answer, sources, question=...) -> NumberReport     every figure has a source
    check_charts(payload, reference=...) -> ChartReport              charts are well formed, true and consistent
    guard_charts(payload, reference=..., breakdowns=...) -> Guarded  charts that may be shown, whatever the model gave

Each fails closed: an exception inside blocks, and the report says so. They need no workspace, and importing this costs nothing heavy:
what they need is imported at the first call. docs/guardrails.md wraps an agent with them.
"""

from __future__ import annotations

from .charts import Change, ChartReference, ChartReport, ChartRules, Finding, Guarded, check_charts, guard_charts
from .numbers import NumberReport, check_numbers

__all__ = [
    "Change",
    "ChartReference",
    "ChartReport",
    "ChartRules",
    "Finding",
    "Guarded",
    "NumberReport",
    "check_charts",
    "check_numbers",
    "guard_charts",
]
