"""Hold a stored run against the alarm rules."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from harness.model import Result

from .evaluator import AlarmState, worst_of_run
from .exact import whole
from .metrics import Sample, trial_samples
from .rules import budget_of, rules_of

if TYPE_CHECKING:
    from harness.workspace import Workspace


_FROM_TRACES = frozenset({"ToolErrors", "GuardrailStops"})


def run_samples(
    results: Iterable[Result], budget_usd: float | None = None, *, earlier: Iterable[Result] = ()
) -> list[Sample]:
    """All samples of a run, and how much of its budget was spent when; what `earlier` results have cost was spent, too.

    What a trial or its judges cost is not always known; what is not known does not count, as in the summary.
    """
    samples: list[Sample] = []
    spent: list[tuple[float, float]] = []
    for result in results:
        made = list(trial_samples(result))
        samples += made
        spent.append((made[0].at_s, _cost(result)))
    spent += [(next(trial_samples(result)).at_s, _cost(result)) for result in earlier]
    return [*samples, *_budget(spent, budget_usd)]


def needs_traces(workspace: Workspace) -> bool:
    """Whether a rule in force is about something that only traces say; reading them takes time.

    Raises:
        ConfigError: for a rule that cannot be used.
    """
    return any(rule.metric in _FROM_TRACES for rule in rules_of(workspace.alarms))


def check_run(
    workspace: Workspace, results: Iterable[Result], *, earlier: Iterable[Result] = ()
) -> tuple[AlarmState, ...]:
    """What every rule in force says of a run.

    Args:
        workspace: Whose rules and budget.
        results: What the run's trials go by.
        earlier: Results that these took the place of.

    Raises:
        ConfigError: for a rule that cannot be used.
    """
    rules = rules_of(workspace.alarms)
    budget = budget_of(workspace)
    if budget is None:
        rules = tuple(rule for rule in rules if rule.metric != "BudgetShare")
    return worst_of_run(rules, run_samples(results, budget, earlier=earlier))


def _cost(result: Result) -> float:
    cost = (result.outcome.trace.cost_usd or 0.0) + (result.judge_cost_usd or 0.0)
    return cost if math.isfinite(cost) else 0.0


def _budget(spent: list[tuple[float, float]], budget_usd: float | None) -> Iterator[Sample]:
    if budget_usd is None:
        return
    ordered = sorted(spent)
    costs, unit = whole([cost for _, cost in ordered])
    for (at_s, _), total in zip(ordered, accumulate(costs), strict=True):
        yield Sample(at_s, "BudgetShare", total / unit / budget_usd)
