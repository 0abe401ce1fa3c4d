"""Open the executor that a run asks for, or none where its workers are processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING, Final, Protocol

from harness.engine.conceal import concealable
from harness.engine.environment import worker_environment
from harness.engine.loadable import variant
from harness.engine.options import RunOptions
from harness.errors import ConfigError
from harness.frozen import frozen
from harness.lazy import pattern
from harness.workspace import AgentSettings, Workspace

if TYPE_CHECKING:
    from harness.engine.launch import Listener
    from harness.engine.member import Link

_RAY: Final = pattern(r"ray(://[^\s/]+|:auto|:[^\s/:]+:\d{1,5})?")


class Launching(Protocol):
    """Starts workers; `launch.Launcher` does it on this machine."""

    def spawn(self, listener: Listener) -> Link:
        """Start a worker."""
        ...

    def log(self) -> str:
        """What went wrong while workers were started."""
        ...

    def close(self) -> None:
        """End every worker."""
        ...


class Executor(Protocol):
    """Machines that a run may use; whoever opens it closes it."""

    @property
    def cpus(self) -> int:
        """Processors of all machines."""
        ...

    def launcher(self) -> Launching:
        """Start workers there; called on the run's event loop."""
        ...

    def close(self) -> None:
        """Leave the machines."""
        ...


@frozen
class Errand:
    """What the machines of a run need to know; no case, check or expectation is part of it."""

    workspace: Workspace
    """Where agents are."""

    hidden: tuple[str, ...]
    """Folders that agents may not see."""

    keys: Mapping[str, str] = field(repr=False)
    """What goes along of the environment: what agents ask for by name, and the keys of their models."""

    limits: str | None = None
    """Where the run's governor is asked; None where there is none."""


@contextmanager
def opened(
    workspace: Workspace, variants: Iterable[str], options: RunOptions, *, limits: str | None = None
) -> Iterator[Executor | None]:
    """Open the executor that the options name, for as long as the run lasts; None stands for this machine's own processes.

    `local` is this machine, `ray` a cluster of its own, `ray:auto` or `ray:host:port` the one that this machine belongs to, and
    `ray://host:port` one that is reached through Ray's client server.

    Args:
        workspace: Where agents are.
        variants: Agent variants of the run.
        options: How the run is executed.
        limits: Where the run's governor is asked.

    Raises:
        ConfigError: when there is no such executor, or agents are to run inside the harness itself.
        MissingExtra: when Ray is not installed.
        Incomplete: when the cluster cannot be reached.
    """
    if options.executor == "local":
        yield None
        return
    if not _RAY.fullmatch(options.executor):
        raise ConfigError(
            f"{options.executor!r} is no executor",
            remedy="use one of: local, ray, ray:auto, ray:host:port, ray://host:port",
            where="--executor",
        )
    agents = [variant(workspace, name) for name in dict.fromkeys(variants)]
    _check_isolation(agents, options)
    from .cluster import RayCluster

    cluster = RayCluster(options.executor, errand_of(workspace, agents, limits=limits))
    try:
        yield cluster
    finally:
        cluster.close()


def errand_of(workspace: Workspace, agents: Sequence[AgentSettings], *, limits: str | None = None) -> Errand:
    """Gather what machines need to know to run agents."""
    plain = worker_environment(os.environ, (), {})
    wanted = worker_environment(os.environ, agents, workspace.models)
    hidden = concealable(workspace, agents) if workspace.run.conceal else ()
    return Errand(workspace, hidden, {name: text for name, text in wanted.items() if name not in plain}, limits)


def _check_isolation(agents: Iterable[AgentSettings], options: RunOptions) -> None:
    for agent in agents:
        chosen = (None if options.isolation_overrides else agent.isolation) or options.isolation
        if chosen == "none":
            raise ConfigError(
                f"agent {agent.name!r} is to run inside the harness itself, so it cannot run on other machines",
                remedy='leave --executor out, or use isolation "shared" or "process"',
                where="--executor",
            )
