"""The ways in which agents can be driven: what each needs to know, by the adapter's name, imported when it is first named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias, cast

from harness.errors import AgentError, nearest
from harness.shape import Misfit, MisfitsError, plain, read, shape_of, value

if TYPE_CHECKING:
    from .settings import AgentSettings

Effects: TypeAlias = Literal["none", "paper", "live", "forbid"]
"""What a trial can change outside its world; `forbid`: cases that approve or ask for a change are refused."""

PYTHON: Final = "python"
ADAPTERS: Final[Mapping[str, str]] = {
    PYTHON: "harness.workspace.adapters",
    "cli": "harness.adapters.cli",
    "http": "harness.adapters.http",
    "lambda": "harness.adapters.lambda_",
    "sqs-job": "harness.adapters.sqs",
    "endpoint": "harness.adapters.endpoint",
    "replay": "harness.adapters.replay",
    "langgraph": "harness.adapters.langgraph",
    "langgraph-server": "harness.adapters.langgraph_server",
    "openai-agents": "harness.adapters.openai_agents",
    "pydantic-ai": "harness.adapters.pydantic_ai",
}
"""Adapter to the module that defines its `Settings` and its `load`."""

_OURS: Final = frozenset({"options", "name"})


@value
class AdapterSettings:
    """What one adapter needs to know: the keys of an agent's table that are the adapter's own.

    The adapter's module calls its subclass `Settings`, and has `load(own, agent, *, root, environ) -> Drive`.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    """Keys of `AgentSettings` that it cannot do without, such as `target`."""

    takes: ClassVar[tuple[str, ...]] = ()
    """Keys among `target`, `model` and `policy` that it can use besides; any other of them is a mistake."""

    @property
    def place(self) -> str:
        """What messages name: the address, command or function."""
        return ""

    @property
    def effects(self) -> Effects:
        """What a trial may change outside, where harness.toml does not say."""
        return "none"

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables that it reads; a worker is given no others."""
        return ()


@value
class Settings(AdapterSettings):
    """A Python agent needs nothing but its target."""

    needs: ClassVar[tuple[str, ...]] = ("target",)
    takes: ClassVar[tuple[str, ...]] = ("model", "policy")


_CHOOSABLE: Final = ("target", "model", "policy")


def adapter_module(name: str) -> ModuleType:
    """The module of an adapter.

    Raises:
        AgentError: when there is no such adapter.
    """
    if name not in ADAPTERS:
        raise AgentError(f"unknown adapter {name!r}", remedy=nearest(name, ADAPTERS))
    return import_module(ADAPTERS[name])


def own_settings(agent: AgentSettings) -> AdapterSettings:
    """What the adapter of an agent needs to know.

    Raises:
        AgentError: when there is no such adapter, or the agent's options do not fit it.
    """
    kind: type[AdapterSettings] = adapter_module(agent.adapter).Settings
    try:
        return read(kind, agent.options)
    except MisfitsError as error:
        first = error.misfits[0]
        raise AgentError(str(error), remedy=first.remedy, where=f"agents.{agent.name}") from error


def place_of(agent: AgentSettings) -> str:
    """Where an agent is, for messages and lists."""
    return agent.target or own_settings(agent).place


def effects_of(agent: AgentSettings) -> Effects:
    """What a trial of an agent may change outside its world."""
    return agent.side_effects or own_settings(agent).effects


def variables_of(agent: AgentSettings) -> tuple[str, ...]:
    """Environment variables that an agent's process may see besides the harmless ones."""
    return agent.env if agent.adapter == PYTHON else (*agent.env, *own_settings(agent).variables)


def sorted_out(tables: Mapping[str, Any], common: type) -> tuple[dict[str, Any], list[Misfit]]:
    """Put the keys of each agent's table that are its adapter's own under `options`; with everything that does not fit.

    Args:
        tables: The [agents] of harness.toml.
        common: `AgentSettings`, whose keys every agent has.
    """
    sorted_tables: dict[str, Any] = {}
    misfits: list[Misfit] = []
    for name, table in tables.items():
        sorted_tables[name] = table
        if isinstance(table, Mapping):
            sorted_tables[name], found = _sorted_table(table, frozenset(shape_of(common)) - _OURS)
            misfits += [replace(item, path=("agents", name, *item.path)) for item in found]
    return sorted_tables, misfits


def _beside(table: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys that an agent elsewhere has a use for when it asks its model through the gateway."""
    return ("model", "policy") if table.get("gateway") is True else ()


def _sorted_table(table: Mapping[str, Any], common: frozenset[str]) -> tuple[dict[str, Any], list[Misfit]]:
    adapter = table.get("adapter", PYTHON)
    given = {key: item for key, item in table.items() if key in common}
    if not isinstance(adapter, str) or adapter not in ADAPTERS:
        unknown = Misfit(("adapter",), f"unknown adapter {adapter!r}", nearest(str(adapter), ADAPTERS))
        return {**given, "adapter": PYTHON}, [unknown]
    kind: type[AdapterSettings] = adapter_module(adapter).Settings
    known = frozenset(shape_of(cast("type", kind)))
    own = {key: item for key, item in table.items() if key in known}
    misfits = [
        Misfit((str(key),), f"unknown key {key!r} for the adapter {adapter!r}", nearest(str(key), common | known))
        for key in table
        if key not in common and key not in known
    ]
    misfits += [Misfit((), f"{key!r} is missing", f"add `{key} = ...`") for key in kind.needs if not table.get(key)]
    misfits += [
        Misfit((key,), f"the adapter {adapter!r} has no use for {key!r}", "leave it out", at_key=True)
        for key in _CHOOSABLE
        if key in table and key not in kind.needs and key not in (*kind.takes, *_beside(table))
    ]
    try:
        own = plain(read(kind, own))
    except MisfitsError as error:
        misfits += error.misfits
    return ({**given, "options": own} if own else given), misfits
