"""Load an agent by its settings, with its world and its model."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from harness.cassettes.here import HERE as DECK
from harness.errors import AgentError
from harness.faults.plan import here
from harness.frozen import frozen
from harness.gateway.here import ENTRANCE
from harness.recorder import Recorder, StoppedError
from harness.workspace import AgentSettings, ModelSettings, adapter_module, load_target, own_settings
from harness.workspace.adapters import PYTHON

from .clock import Clock
from .connector import Connects, connector
from .context import Context, described
from .python import Drive, drive_of, finish
from .request import Request

if TYPE_CHECKING:
    from harness.gateway.beside import Beside, Entrance


class Runs(Protocol):
    """Whatever runs trials: an agent as loaded, or one with a planted defect."""

    async def run(
        self, inputs: list[Any], recorder: Recorder, *, request: Request, limit_s: float | None = None
    ) -> None:
        """Run one trial."""
        ...


@frozen
class LoadedAgent:
    """An agent ready to run trials; one per process, shared by its trials."""

    settings: AgentSettings
    """As harness.toml has it."""

    root: Path
    """Workspace root, for the world."""

    drive: Drive
    """Runs the turns."""

    open_world: Callable[..., Any] | None
    """Opens the world of one trial."""

    connect: Connects | None
    """Connects the recorded model of one trial."""

    beside: Beside | None = None
    """The gateway to its model, for an agent that asks through one."""

    async def run(
        self, inputs: list[Any], recorder: Recorder, *, request: Request, limit_s: float | None = None
    ) -> None:
        """Run one trial: open the world, take the turns, record the end state."""
        if self.beside is None:
            await self._run(inputs, recorder, request, limit_s)
            return
        with self.beside.trial(recorder, seed=request.seed, faults=here(), tape=DECK.get()) as entrance:
            ENTRANCE.set(entrance)
            await self._run(inputs, recorder, request, limit_s, entrance)

    async def _run(
        self,
        inputs: list[Any],
        recorder: Recorder,
        request: Request,
        limit_s: float | None,
        entrance: Entrance | None = None,
    ) -> None:
        world = None
        if self.open_world is not None:
            world = self._opened(self.open_world, request)
        context = Context(
            recorder,
            clock=Clock(request.as_of),
            seed=request.seed,
            settings=self.settings.settings,
            world=world,
            connect=self.connect,
            limit_s=limit_s,
            gateway=entrance,
        )
        try:
            await self.drive(inputs, request, context)
        except BaseException:
            with suppress(Exception, StoppedError):  # what ended the trial is what is reported
                finish(recorder, context.world)
            raise
        try:
            finish(recorder, context.world)
        except Exception as error:
            raise WorldError("read at the end", error) from error

    async def close(self) -> None:
        """Close what it holds open between trials: connections to its model, or to the agent itself."""
        for holder in (self.connect, self.drive, self.beside):
            close = getattr(holder, "close", None)
            if close is not None:
                await close()

    def _opened(self, open_world: Callable[..., Any], request: Request) -> Any:
        try:
            return open_world(request.world, as_of=request.as_of, seed=request.seed, root=self.root)
        except Exception as error:
            raise WorldError("opened", error) from error


class WorldError(Exception):
    """The world of a trial could not be opened or read, which is no fault of the agent."""

    def __init__(self, done: str, error: Exception) -> None:
        super().__init__(f"the world could not be {done}: {described(error)}")


def load_agent(
    settings: AgentSettings,
    root: Path,
    *,
    models: Mapping[str, ModelSettings],
    environ: Mapping[str, str] | None = None,
    limits: str | None = None,
    at_once: int = 1,
    replayed: bool = False,
) -> LoadedAgent:
    """Import an agent and everything it names.

    Args:
        settings: The agent.
        root: Workspace root.
        models: Settings of the models it may name.
        environ: Where keys are; by default the process's own.
        limits: Where the run's governor is asked before each model call; None where there is none.
        at_once: Most of its trials that this process runs at the same time.
        replayed: Whether recordings answer, so that no model is connected.

    Raises:
        AgentError: with file and line, when any of it cannot be used.
    """
    environ = os.environ if environ is None else environ
    world = None if settings.world is None else load_target(root, settings.world)
    if world is not None and not callable(world):
        raise AgentError(
            f"{settings.world} is no function", remedy="name `open_world(spec, ...)`", where=settings.world
        )
    return LoadedAgent(
        settings=settings,
        root=root,
        drive=_drive(settings, root, environ),
        open_world=world,
        connect=connector(settings, root, models, environ, limits=limits, at_once=at_once, replayed=replayed),
        beside=_beside(settings, root, models, environ, limits=limits, at_once=at_once) if settings.gateway else None,
    )


def _beside(
    settings: AgentSettings,
    root: Path,
    models: Mapping[str, ModelSettings],
    environ: Mapping[str, str],
    *,
    limits: str | None,
    at_once: int,
) -> Beside:
    """The gateway to an agent's model."""
    if settings.model is None:
        raise AgentError(
            "it asks through the gateway and has no model",
            remedy='add `model = "offline"` with a policy, or the name of a [models] table',
            where=f"agents.{settings.name}",
        )
    from harness.gateway.beside import Beside

    policy = None if settings.policy is None else load_target(root, settings.policy)
    alone = at_once == 1 and settings.adapter == PYTHON  # else other trials would see its address
    return Beside(models[settings.model], policy, dict(environ), limits=limits, alone=alone)


def _drive(settings: AgentSettings, root: Path, environ: Mapping[str, str]) -> Drive:
    """What runs the turns: a Python agent itself, or the adapter that reaches an agent elsewhere."""
    if settings.adapter == PYTHON:
        target = load_target(root, settings.target)
        return drive_of(target, name=settings.target.rpartition(":")[2], where=settings.target)
    own = own_settings(settings)
    drive: Drive = adapter_module(settings.adapter).load(own, settings, root=root, environ=environ)
    return drive
