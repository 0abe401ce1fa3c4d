"""Put a gateway together from a workspace and its plan file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError, nearest
from harness.frozen import frozen
from harness.text import visible
from harness.workspace import Workspace, load_target

from .app import Gateway
from .budgets import Alert, Budgets
from .counters import Counters
from .directory import Directory, opened
from .doors import LOOPBACK, Doors
from .keys import KeyRing
from .office import Observes, Office
from .relay import Courier, Patience, prepare
from .trials import Trials
from .usage import UsageLog, entries, now
from .values import PlanFile

if TYPE_CHECKING:
    from harness.llm.offline import Policy


@frozen
class Surroundings:
    """What stands around a gateway: how long it waits, by which clock, and who is told what happens in it."""

    patience: Patience | None = None
    """How long providers are waited for."""

    clock: Callable[[], float] = time.monotonic
    """Seconds on a clock that never goes back, for the limits."""

    observes: Observes | None = None
    """Told of each request."""

    on_alert: Callable[[Alert], None] | None = None
    """Told when a budget is half, four fifths or all used up."""

    on_entry: Callable[[Mapping[str, Any]], None] | None = None
    """Told of each line of the usage log."""


def open_gateway(
    workspace: Workspace,
    *,
    plans: PlanFile | None = None,
    log: Path | None = None,
    model: str | None = None,
    policy: Policy | None = None,
    host: str = "127.0.0.1",
    environ: Mapping[str, str] | None = None,
    around: Surroundings | None = None,
) -> Gateway:
    """Make a gateway to a workspace's models.

    Args:
        workspace: Its [models] are served.
        plans: Who may do what; without plans, whoever reaches it may do anything, so that only this machine may reach it.
        log: The usage log, from which budgets go on after a restart.
        model: Name of the model that answers to names that no table has.
        policy: What answers for offline models.
        host: Where it will listen.
        environ: Where the providers' keys and those of the plans are.
        around: Its patience, its clock, and who is told what happens.

    Raises:
        ConfigError: for settings that cannot be used.
    """
    environ = os.environ if environ is None else environ
    around = Surroundings() if around is None else around
    is_local = host in LOOPBACK
    _check(workspace, model, None if is_local or plans is not None else host)
    usage = UsageLog(log, on_entry=around.on_entry)
    budgets = Budgets(plans.budgets if plans is not None else {}, on_alert=_alerting(usage, around.on_alert))
    if log is not None:
        _restore(budgets, log)
    courier = Courier(around.patience)
    if any(model.provider != "offline" for model in workspace.models.values()):
        prepare(workspace.models.values())
    directory = Directory(workspace.models, model, policy, environ)
    office = Office(
        directory,
        opened(directory, lambda: courier),
        Trials(clock=around.clock),
        usage,
        counters=Counters(clock=around.clock),
        budgets=budgets,
        observes=around.observes,
        total_s=courier.patience.total_s,
    )
    ring = None if plans is None else KeyRing(plans.plans, environ)
    return Gateway(office, Doors(ring, is_local=is_local), on_close=courier.close)


def _check(workspace: Workspace, model: str | None, unguarded: str | None) -> None:
    if unguarded is not None:
        raise ConfigError(
            f"without usage plans, {unguarded} would let anybody in",
            remedy="write a plan file and name it with --plans, or listen on 127.0.0.1",
            where="--host",
        )
    if model is not None and model not in workspace.models:
        raise ConfigError(f"unknown model {model!r}", remedy=nearest(model, workspace.models), where="--model")


def policy_of(workspace: Workspace, agent: str) -> Policy:
    """The policy of an agent, to answer for offline models.

    Raises:
        ConfigError: for an agent that is not known or has none.
    """
    if agent not in workspace.agents:
        raise ConfigError(f"unknown agent {agent!r}", remedy=nearest(agent, workspace.agents), where="--agent")
    target = workspace.agents[agent].policy
    if target is None:
        raise ConfigError(
            f"the agent {agent!r} has no policy",
            remedy="name one whose `policy` is set in harness.toml",
            where="--agent",
        )
    found: Policy = load_target(workspace.root, target)
    return found


def _alerting(log: UsageLog, tell: Callable[[Alert], None] | None) -> Callable[[Alert], None]:
    def alert(found: Alert) -> None:
        data: dict[str, Any] = {"event": "budget", "at": now(), "budget": found.budget, "level": found.level}
        log.line(data | {"spent_usd": found.spent_usd, "spent_tokens": found.spent_tokens, "period": found.period})
        if tell is not None:
            tell(found)

    return alert


def _restore(budgets: Budgets, log: Path) -> None:
    for entry in entries(log):
        name, at = entry.get("budget"), entry.get("at")
        if isinstance(name, str) and isinstance(at, str):
            try:
                moment = datetime.fromisoformat(at)
                budgets.restore(name, moment, int(entry["counted_micro_usd"]), int(entry["counted_tokens"]))
            except (ValueError, KeyError, TypeError):
                raise ConfigError(
                    f"a line of the usage log cannot be read: {visible(str(entry))[:120]}",
                    remedy="move the log away, and the budgets begin anew",
                    where=str(log),
                ) from None
