"""Say to a worker, in plain data, which agents to load; and read what it says about those that cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.errors import AgentError
from harness.shape import plain
from harness.workspace import Workspace


def loadable(workspace: Workspace, names: Sequence[str], capacity: int) -> dict[str, Any]:
    """Build the message: settings of the agents and of the models they use, and nothing else."""
    agents = [workspace.agent(name) for name in names]
    models = {
        agent.model: plain(workspace.models[agent.model]) | {"name": agent.model}
        for agent in agents
        if agent.model is not None and agent.model in workspace.models
    }
    return {
        "load": {
            "root": str(workspace.root),
            "capacity": capacity,
            "agents": {name: plain(agent) | {"name": name} for name, agent in zip(names, agents, strict=True)},
            "models": models,
        }
    }


def problem_of(given: Any) -> AgentError:
    """Rebuild the error of an agent that could not be loaded."""
    match given:
        case [str() as problem, str() as remedy, str() | None as where]:
            return AgentError(problem, remedy=remedy, where=where)
    return AgentError("an agent could not be loaded", remedy="run it with Python to see why")
