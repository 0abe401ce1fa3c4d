"""The workers of one run: hired with orders what to load, retired when idle, dismissed by force."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.workspace import AgentSettings, Workspace

from .conceal import concealable
from .environment import worker_environment
from .lanes import Lanes
from .launch import Launcher
from .loadable import loadable, taping
from .member import Crew, Here, Member

if TYPE_CHECKING:
    from .executors import Executor, Launching


class Workforce:
    """Who works, and who is on the way out."""

    def __init__(
        self,
        crew: Crew,
        workspace: Workspace,
        agents: Mapping[str, AgentSettings],
        lanes: Lanes,
        *,
        limits: str | None = None,
        executor: Executor | None = None,
    ) -> None:
        self._limits = limits
        self._executor = executor
        self._crew = crew
        self._workspace = workspace
        self._agents = agents
        self._lanes = lanes
        self._launcher: Launching | None = None
        self._dying: set[Member] = set()
        self.members: set[Member] = set()
        """Who can be given trials, or still loads the agents."""

    @property
    def apart(self) -> list[Member]:
        """Workers that run one trial at a time."""
        return [member for member in self.members if member.apart]

    @property
    def shared(self) -> list[Member]:
        """Workers that run many at once."""
        return [member for member in self.members if not member.apart and not member.here]

    @property
    def here(self) -> list[Member]:
        """This process."""
        return [member for member in self.members if member.here]

    @property
    def is_idle(self) -> bool:
        """Whether nobody has a trial."""
        return not any(member.load for member in self.members)

    def taken(self) -> int:
        """Trials that there is to be room for."""
        return sum(member.load if member.here else member.capacity for member in self.members)

    def hire(self, *, capacity: int, apart: bool, memory_mb: int = 0) -> Member:
        """Start a worker."""
        if self._launcher is None:
            self._launcher = self._here() if self._executor is None else self._executor.launcher()
        member = Member(self._crew, capacity=capacity, apart=apart)
        member.link = self._launcher.spawn(member)
        self._enlist(member, memory_mb)
        return member

    def hire_here(self, capacity: int) -> None:
        """Have this process be a worker, too."""
        member = Member(self._crew, capacity=capacity, apart=False, here=True)
        member.link = Here(member)
        self._enlist(member, 0)

    def retire(self, member: Member) -> None:
        """Let a worker without trials go."""
        self.members.discard(member)
        member.doomed = True
        if member.link is not None:
            member.link.close()

    def drop(self, member: Member) -> None:
        """End a worker by force; its trials are somebody else's business by now."""
        self.members.discard(member)
        self._dying.add(member)
        member.doomed = True
        if member.link is not None:
            member.link.kill()

    def bury(self, member: Member) -> None:
        """Forget a worker whose process has ended."""
        self._dying.discard(member)
        if not member.doomed:
            self.members.discard(member)

    async def close(self) -> None:
        """End all workers."""
        for member in [*self.members, *self._dying]:
            if member.link is not None:
                member.doomed = True
                member.link.close()
            if isinstance(member.link, Here):
                await member.link.farewell()
        self.members.clear()
        if self._launcher is not None:
            self._launcher.close()
            self._launcher = None

    def _here(self) -> Launcher:
        environ = worker_environment(os.environ, self._agents.values(), self._workspace.models)
        return Launcher(environ, self._hidden(), self._providers())

    def _hidden(self) -> tuple[str, ...]:
        return concealable(self._workspace, self._agents.values()) if self._workspace.run.conceal else ()

    def _providers(self) -> tuple[str, ...]:
        """Providers of the models that workers will ask."""
        if self._lanes.tapes is not None and self._lanes.tapes.doing == "replay":
            return ()
        apart = [item.model for name, item in self._agents.items() if self._lanes.isolation(name) != "none"]
        models = self._workspace.models
        return tuple(sorted({models[name].provider for name in apart if name is not None and name in models}))

    def log(self) -> str:
        """What the process that starts workers has complained about."""
        return self._launcher.log().strip() if self._launcher is not None else ""

    def _enlist(self, member: Member, memory_mb: int) -> None:
        wanted = {
            name: item for name, item in self._agents.items() if (self._lanes.isolation(name) == "none") is member.here
        }
        means = loadable(self._workspace, wanted, capacity=member.capacity, memory_mb=memory_mb, limits=self._limits)
        if self._lanes.tapes is not None:
            means["load"]["tapes"] = taping(self._workspace, self._lanes.tapes.doing)
        member.tell(means)
        self.members.add(member)


def split(total: int, parts: int) -> list[int]:
    """A total in parts that differ by one at most."""
    base, more = divmod(total, parts)
    return [base + (index < more) for index in range(parts)]
