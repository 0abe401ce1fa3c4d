"""Load an agent by its settings, with its world and its model."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from harness.errors import AgentError, nearest
from harness.recorder import Recorder, StoppedError
from harness.workspace import AgentSettings, ModelSettings, adapter_module, load_target, own_settings
from harness.workspace.adapters import PYTHON

from .clock import Clock
from .context import Context, described
from .python import Drive, drive_of, finish
from .request import Request

if TYPE_CHECKING:
    from harness.limits.client import Client
    from harness.llm import Model


_PER_CLIENT: Final = 50


class Runs(Protocol):
    """Whatever runs trials: an agent as loaded, or one with a planted defect."""

    async def run(
        self, inputs: list[Any], recorder: Recorder, *, request: Request, limit_s: float | None = None
    ) -> None:
        """Run one trial."""
        ...


@dataclass(frozen=True, slots=True)
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

    connect: Callable[[Recorder, int], Any] | None
    """Connects the recorded model of one trial."""

    async def run(
        self, inputs: list[Any], recorder: Recorder, *, request: Request, limit_s: float | None = None
    ) -> None:
        """Run one trial: open the world, take the turns, record the end state."""
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
        for holder in (self.connect, self.drive):
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
) -> LoadedAgent:
    """Import an agent and everything it names.

    Args:
        settings: The agent.
        root: Workspace root.
        models: Settings of the models it may name.
        environ: Where keys are; by default the process's own.
        limits: Where the run's governor is asked before each model call; None where there is none.
        at_once: Most of its trials that this process runs at the same time.

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
        connect=_connector(settings, root, models, environ, limits=limits, at_once=at_once),
    )


def _drive(settings: AgentSettings, root: Path, environ: Mapping[str, str]) -> Drive:
    """What runs the turns: a Python agent itself, or the adapter that reaches an agent elsewhere."""
    if settings.adapter == PYTHON:
        target = load_target(root, settings.target)
        return drive_of(target, name=settings.target.rpartition(":")[2], where=settings.target)
    own = own_settings(settings)
    drive: Drive = adapter_module(settings.adapter).load(own, settings, root=root, environ=environ)
    return drive


def _connector(
    agent: AgentSettings,
    root: Path,
    models: Mapping[str, ModelSettings],
    environ: Mapping[str, str],
    *,
    limits: str | None,
    at_once: int,
) -> Callable[[Recorder, int], Any] | None:
    if agent.model is None:
        return None
    if agent.model not in models:
        raise AgentError(f"unknown model {agent.model!r}", remedy=nearest(agent.model, models), where=agent.name)
    settings = models[agent.model]
    policy = None if agent.policy is None else load_target(root, agent.policy)
    connector = _Connector(settings, policy, environ, limits=limits, clients=-(-at_once // _PER_CLIENT))
    connector.connected(0)  # a missing key or library is said before the first trial, not in each of them
    return connector


class _Connector:
    """Connects models: one per trial offline, where the seed matters; shared ones where they hold connections.

    The libraries' clients search all their connections at each event, so each serves no more than fifty trials at once.
    """

    def __init__(
        self,
        settings: ModelSettings,
        policy: Any,
        environ: Mapping[str, str],
        *,
        limits: str | None = None,
        clients: int = 1,
    ) -> None:
        self._settings = settings
        self._clients = clients
        self._turns = count()
        self._limits = limits
        self._governor: Client | None = None
        self._policy = policy
        self._environ = environ
        self._shared: list[Model] = []

    def __call__(self, recorder: Recorder, seed: int) -> Any:
        from harness.llm.recorded import RecordedModel

        model = RecordedModel(self.connected(seed), recorder)
        if self._limits is None and self._settings.provider == "offline":
            return model
        from harness.limits.chain import chained

        return chained(model, self._settings, self._asked(), remaining=recorder.remaining, waiting=recorder.held)

    async def close(self) -> None:
        """Close the connections that its trials have shared."""
        held, self._shared = self._shared, []
        governor, self._governor = self._governor, None
        for connection in held:
            await connection.close()
        if governor is not None:
            await governor.close()

    def _asked(self) -> Client | None:
        if self._governor is None and self._limits is not None:
            from harness.limits.client import Client

            self._governor = Client(self._limits)
        return self._governor

    def connected(self, seed: int) -> Model:
        """The model itself."""
        from harness.llm import connect

        if self._settings.provider == "offline":
            return connect(self._settings, policy=self._policy, seed=seed, environ=self._environ)
        turn = next(self._turns) % self._clients
        if turn >= len(self._shared):
            self._shared.append(connect(self._settings, environ=self._environ))
            return self._shared[-1]
        return self._shared[turn]
