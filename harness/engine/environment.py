"""Choose what workers may see of the supervisor's environment: what programs need to run, and keys that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.workspace import AgentSettings, ModelSettings, variables_of
from harness.workspace.harmless import harmless


def worker_environment(
    environ: Mapping[str, str], agents: Iterable[AgentSettings], models: Mapping[str, ModelSettings]
) -> dict[str, str]:
    """Pick the variables for workers: harmless ones, those the agents name, and the keys of the models they use."""
    agents = tuple(agents)
    wanted = set[str]().union(*(variables_of(agent) for agent in agents))
    for agent in agents:
        model = models.get(agent.model) if agent.model is not None else None
        if model is not None and model.provider != "offline":
            from harness.llm import variables

            wanted.update(variables(model))
    return {name: text for name, text in environ.items() if name in wanted or harmless(name)}
