"""What a page on operations shows of a run: alarms, agents' success and the budget, as plain values."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .checking import check_run, run_samples
from .evaluator import AlarmState
from .metrics import METRICS
from .rules import budget_of

if TYPE_CHECKING:
    from harness.model import Result
    from harness.workspace import Workspace


def alarm_rows(
    workspace: Workspace, results: Iterable[Result], *, earlier: Iterable[Result] = ()
) -> list[dict[str, Any]]:
    """One row per rule and group of a run, alarms first.

    Each has `alarm`, `state` (`ALARM`, `OK`, `INSUFFICIENT_DATA`), `agent`, `value`, `threshold` (in words), `samples`, `reason`,
    `gates` and `what` (the rule's description).
    """
    order = ("ALARM", "INSUFFICIENT_DATA", "OK")
    found = sorted(check_run(workspace, results, earlier=earlier), key=lambda state: order.index(state.state))
    return [alarm_row(state) for state in found]


def alarm_row(state: AlarmState) -> dict[str, Any]:
    """One alarm for a table."""
    rule = state.rule
    return {
        "alarm": rule.name,
        "state": state.state,
        "agent": dict(state.labels).get("agent", ""),
        "value": state.value,
        "threshold": f"{rule.comparison} {rule.threshold:g}",
        "samples": state.samples,
        "reason": state.reason,
        "gates": rule.gate,
        "what": rule.description,
    }


def success_rows(results: Iterable[Result]) -> list[dict[str, Any]]:
    """One row per agent: requests, `success` (share, None without any), errors, mean seconds, cost, tokens."""
    agents: dict[str, dict[str, list[float]]] = {}
    for sample in run_samples(results):
        name = dict(sample.labels).get("agent", "")
        agents.setdefault(name, {}).setdefault(sample.metric, []).append(sample.value)
    return [_agent(name, metrics) for name, metrics in sorted(agents.items())]


def budget_rows(
    workspace: Workspace, results: Iterable[Result], *, earlier: Iterable[Result] = ()
) -> list[dict[str, Any]]:
    """One row per part of the budget: `share`, `usd`, `spent_usd`, `reached`; none without a budget."""
    budget = budget_of(workspace)
    if budget is None:
        return []
    samples = run_samples(results, budget, earlier=earlier)
    shares = [sample.value for sample in samples if sample.metric == "BudgetShare"]
    spent = max(shares, default=0.0)
    return [
        {"share": share, "usd": budget * share, "spent_usd": spent * budget, "reached": round(spent, 12) >= share}
        for share in sorted(set(workspace.alarms.budget_shares))
    ]


def metric_rows() -> list[dict[str, str]]:
    """One row per metric: name, unit, dimensions, meaning."""
    return [
        {"metric": name, "unit": known.unit, "by": ", ".join(known.by), "what": known.what}
        for name, known in METRICS.items()
    ]


def _agent(name: str, metrics: dict[str, list[float]]) -> dict[str, Any]:
    success, seconds = metrics.get("AgentSuccess", []), metrics.get("Duration", [])
    return {
        "agent": name,
        "requests": len(metrics.get("Requests", ())),
        "success": math.fsum(success) / len(success) if success else None,
        "errors": int(math.fsum(metrics.get("Errors", ()))),
        "mean_s": math.fsum(seconds) / len(seconds) / 1000 if seconds else None,
        "cost_usd": math.fsum(metrics.get("CostUSD", ())),
        "tokens": int(math.fsum([*metrics.get("InputTokens", ()), *metrics.get("OutputTokens", ())])),
    }
