"""When to raise an alarm: our rules, and what a workspace makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.errors import ConfigError, nearest
from harness.workspace.operations import AlarmRule, AlarmSettings

from .metrics import METRICS

if TYPE_CHECKING:
    from harness.workspace import Workspace

RULES: Final = (
    AlarmRule(
        name="agent-success",
        metric="AgentSuccess",
        threshold=0.90,
        by=("agent",),
        min_samples=20,
        gate=True,
        description="an agent does fewer than 90 % of its requests well: see `finharness report`, then its failing cases",
    ),
    AlarmRule(
        name="routing-accuracy",
        metric="RoutingCorrect",
        threshold=0.85,
        by=("agent",),
        min_samples=20,
        gate=True,
        description="fewer than 85 % of requests reach the right agent: see `finharness list --tag routing`",
    ),
    AlarmRule(
        name="errors",
        metric="Errors",
        threshold=5,
        comparison=">=",
        statistic="sum",
        by=("agent",),
        missing="notBreaching",
        description="five errors or more in five minutes: see what failed with `finharness show`",
    ),
)
"""Ours. A value that is exactly the threshold is quiet for the first two and an alarm for the third, as their sources have it."""


def budget_rules(settings: AlarmSettings) -> tuple[AlarmRule, ...]:
    """A rule for each part of the budget; none of them says anything without a budget."""
    return tuple(
        AlarmRule(
            name=f"budget-{share * 100:g}",
            metric="BudgetShare",
            threshold=share,
            comparison=">=",
            statistic="maximum",
            missing="notBreaching",
            description=f"{share * 100:g} % of the budget are spent",
        )
        for share in sorted(set(settings.budget_shares))
    )


def rules_of(settings: AlarmSettings) -> tuple[AlarmRule, ...]:
    """The rules in force: ours, without those that are off, each replaced by the workspace's of its name, and its others.

    Raises:
        ConfigError: for a rule on a metric that nobody measures, or by a dimension that it has not; for a name given twice.
    """
    ours = {rule.name: rule for rule in (*RULES, *budget_rules(settings))}
    for index, name in enumerate(settings.off):
        if name not in ours:
            raise ConfigError(f"there is no rule {name!r}", remedy=nearest(name, ours), where=f"alarms.off[{index}]")
    own: dict[str, AlarmRule] = {}
    for index, rule in enumerate(settings.rules):
        _check(rule, f"alarms.rules[{index}]")
        if rule.name in own:
            raise ConfigError(
                f"two rules are called {rule.name!r}", remedy="give each a name of its own", where="alarms.rules"
            )
        own[rule.name] = rule
    kept = {name: rule for name, rule in ours.items() if name not in settings.off}
    return tuple({**kept, **own}.values())


def budget_of(workspace: Workspace) -> float | None:
    """The money that a run may spend before alarms say so."""
    return workspace.alarms.budget_usd or workspace.run.budget_usd


def _check(rule: AlarmRule, where: str) -> None:
    known = METRICS.get(rule.metric)
    if known is None:
        raise ConfigError(
            f"nobody measures {rule.metric!r}", remedy=nearest(rule.metric, METRICS), where=f"{where}.metric"
        )
    for name in rule.by:
        if name not in known.by:
            wanted = f"use {', '.join(known.by)}" if known.by else "leave `by` out"
            raise ConfigError(f"{rule.metric} is not measured by {name!r}", remedy=wanted, where=f"{where}.by")
