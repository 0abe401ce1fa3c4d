"""Say to a worker, in plain data, which agents to load; and read what it says about those that cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from harness.errors import AgentError
from harness.shape import plain
from harness.workspace import AgentSettings, Workspace, adapter_module
from harness.workspace.adapters import PYTHON


def variant(workspace: Workspace, name: str) -> AgentSettings:
    """Settings of an agent variant: `name`, `name@model` for the same agent on another model, `name+ID` with a planted defect."""
    rest, _, defect = name.partition("+")
    agent, _, model = rest.partition("@")
    settings = workspace.agent(agent)
    settings = replace(settings, model=model) if model else settings
    if not defect:
        return settings
    from harness.mutation.files import reference

    return replace(settings, mutant=reference(workspace, defect))


def loadable(
    workspace: Workspace, agents: Mapping[str, AgentSettings], *, capacity: int, memory_mb: int, limits: str | None
) -> dict[str, Any]:
    """Build the message: settings of the agents and of the models they use, and nothing else."""
    used = {agent.model for agent in agents.values() if agent.model is not None and agent.model in workspace.models}
    return {
        "load": {
            "root": str(workspace.root),
            "capacity": capacity,
            "memory_mb": memory_mb,
            "limits": limits,
            "agents": {
                name: plain(prepared(agent, workspace)) | {"name": agent.name or name} for name, agent in agents.items()
            },
            "models": {name: plain(workspace.models[name]) | {"name": name} for name in sorted(used)},
        }
    }


def prepared(agent: AgentSettings, workspace: Workspace) -> AgentSettings:
    """The agent with what its adapter must read on this side, because workers cannot."""
    if agent.adapter == PYTHON:
        return agent
    prepare = getattr(adapter_module(agent.adapter), "prepared", None)
    found: AgentSettings = agent if prepare is None else prepare(agent, workspace)
    return found


def taping(workspace: Workspace, doing: str) -> dict[str, Any]:
    """What a worker must know to record or play: which of the two, and what must be masked before anything is compared."""
    return {"doing": doing, "redact": plain(workspace.telemetry.redact)}


def problem_of(given: Any) -> AgentError:
    """Rebuild the error of an agent that could not be loaded."""
    match given:
        case [str() as problem, str() as remedy, str() | None as where]:
            return AgentError(problem, remedy=remedy, where=where)
    return AgentError("an agent could not be loaded", remedy="run it with Python to see why")


def exited_while_loading(names: Iterable[str], code: int) -> AgentError:
    """The error for a process that ended while it imported agents."""
    return AgentError(
        f"the process ended with exit code {code} while loading {_listed(names)}",
        remedy="an agent's file must only define things; look for exit calls or crashes at import",
    )


def slow_to_load(names: Iterable[str], limit_s: float) -> AgentError:
    """The error for agents whose import does not end."""
    return AgentError(
        f"loading {_listed(names)} took longer than {limit_s:g} s",
        remedy="an agent's file must only define things; move slow work into the agent",
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
