"""One definition of metrics, dashboards and alarms: judged here by a pure evaluator, and rendered for CloudWatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import exports

if TYPE_CHECKING:
    from .checking import check_run, needs_traces, run_samples
    from .cloudwatch import alarm_requests
    from .dashboards import dashboards
    from .emf import emf_lines
    from .evaluator import AlarmState, State, evaluate, states, worst_of_run
    from .metrics import METRICS, Metric, Sample, trial_samples
    from .pages import alarm_rows, budget_rows, success_rows
    from .rules import RULES, rules_of
    from .serverless import LambdaLoad, monthly_cost

__all__ = [
    "METRICS",
    "RULES",
    "AlarmState",
    "LambdaLoad",
    "Metric",
    "Sample",
    "State",
    "alarm_requests",
    "alarm_rows",
    "budget_rows",
    "check_run",
    "dashboards",
    "emf_lines",
    "evaluate",
    "monthly_cost",
    "needs_traces",
    "rules_of",
    "run_samples",
    "states",
    "success_rows",
    "trial_samples",
    "worst_of_run",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "checking": ("check_run", "needs_traces", "run_samples"),
        "cloudwatch": ("alarm_requests",),
        "dashboards": ("dashboards",),
        "emf": ("emf_lines",),
        "evaluator": ("AlarmState", "State", "evaluate", "states", "worst_of_run"),
        "metrics": ("METRICS", "Metric", "Sample", "trial_samples"),
        "pages": ("alarm_rows", "budget_rows", "success_rows"),
        "rules": ("RULES", "rules_of"),
        "serverless": ("LambdaLoad", "monthly_cost"),
    },
)
