"""Run an agent for somebody who listens: start it, stop it when it is interrupted, and go on with what they want instead."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from harness.errors import HarnessError, UserError, nearest
from harness.model import Event

from .hub import Channel, Hub

if TYPE_CHECKING:
    from harness.adapters import LoadedAgent
    from harness.recorder import Recorder
    from harness.workspace import Workspace

MOST: Final = 64
"""Most agents at once."""

_LIMIT_S: Final = 120.0


class Stage:
    """The agents of a workspace, run in this process.

    Args:
        workspace: Whose agents; None for one that is looked for at first use.
        hub: Where they are heard.
        grace_s: How long one goes on that nobody listens to.
    """

    def __init__(self, workspace: Workspace | None, hub: Hub, *, grace_s: float = 5.0) -> None:
        self._workspace = workspace
        self._hub = hub
        self._agents: dict[str, LoadedAgent] = {}
        self._acts: dict[str, _Act] = {}
        self.grace_s = grace_s

    def start(self, wanted: Mapping[str, Any]) -> Channel:
        """Run an agent; gives the channel on which it is heard.

        Args:
            wanted: `agent`, `input`, and where they matter `world`, `as_of`, `seed` and `timeout_s`.

        Raises:
            UserError: for an agent that is not there, no input, or too many at once.
        """
        if sum(not act.channel.is_over for act in self._acts.values()) >= MOST:
            raise UserError(f"{MOST} agents run already", remedy="wait for one to end")
        if wanted.get("input") in (None, ""):
            raise UserError("there is no input", remedy='send {"agent": "...", "input": "..."}')
        agent = self._agent(str(wanted.get("agent") or ""))
        name = f"{agent.settings.name}-{uuid.uuid4().hex[:12]}"
        channel = self._hub.open(name, agent=agent.settings.name, source="relay")
        self._acts = {key: act for key, act in self._acts.items() if not act.channel.is_over}
        self._acts[name] = _Act(agent, channel, dict(wanted))
        return channel

    def interrupt(self, name: str, redirect: str | None) -> bool:
        """Stop an agent, and have it do something else if that is wanted; False where none of that name runs."""
        act = self._acts.get(name)
        if act is None or act.channel.is_over:
            return False
        act.interrupt(redirect)
        return True

    async def close(self) -> None:
        """End all of them."""
        tasks = [act.task for act in self._acts.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for agent in self._agents.values():
            await agent.close()

    def _agent(self, name: str) -> LoadedAgent:
        from harness.adapters.loading import load_agent

        if self._workspace is None:
            from harness.workspace import Workspace

            self._workspace = Workspace.find()
        known = self._workspace.agents
        if name not in known:
            raise UserError(f"there is no agent {name!r}", remedy=nearest(name, known), where="agent")
        if known[name].side_effects == "live":
            raise UserError(
                f"{name!r} acts on the real world",
                remedy="stream agents whose side_effects are not live",
                where="agent",
            )
        if name not in self._agents:
            self._agents[name] = load_agent(known[name], self._workspace.root, models=self._workspace.models)
        return self._agents[name]


class _Act:
    """One agent at work, in as many takes as it is redirected."""

    def __init__(self, agent: LoadedAgent, channel: Channel, wanted: Mapping[str, Any]) -> None:
        self.agent, self.channel, self.wanted = agent, channel, wanted
        self.history: tuple[tuple[Any, str], ...] = ()
        self.next: list[str | None] = []
        self._take: asyncio.Task[None] | None = None
        self.task = asyncio.get_running_loop().create_task(self._perform())

    def interrupt(self, redirect: str | None) -> None:
        """Stop the present take; what is wanted last is what is done next."""
        self.next[:] = [redirect]
        if self._take is not None:
            self._take.cancel()

    async def _perform(self) -> None:
        said: Any = self.wanted["input"]
        status = "completed"
        try:
            while True:
                self._take = asyncio.get_running_loop().create_task(self._play(said))
                await asyncio.wait([self._take])
                status = _status(self._take)
                if status != "interrupted" or not self.next or self.next[0] is None:
                    break
                said = self.next.pop()
        except asyncio.CancelledError:
            status = "cancelled"
            if self._take is not None:
                self._take.cancel()
        finally:
            self.channel.end(status=status)

    async def _play(self, said: Any) -> None:
        from harness.adapters import Request
        from harness.recorder import Recorder

        limit_s = float(self.wanted.get("timeout_s") or _LIMIT_S)
        recorder: Recorder = Recorder(time.monotonic, on_event=lambda: self._tell(recorder), limit_s=limit_s)
        world, as_of = self.wanted.get("world"), self.wanted.get("as_of")
        request = Request(
            said, 0, world if isinstance(world, dict) else {}, as_of, int(self.wanted.get("seed") or 0), self.history
        )
        offset = time.time() - self.channel.began
        self._offset = offset
        try:
            async with asyncio.timeout(limit_s):
                await self.agent.run([said], recorder, request=request, limit_s=limit_s)
        except asyncio.CancelledError:
            self.history = (*self.history, (said, recorder.last_answer))
            self.channel.finish(time.time())
            raise
        except Exception as error:
            self.channel.fail(_told(error, limit_s))
            raise

    def _tell(self, recorder: Recorder) -> None:
        self.channel.tell(Event(self._offset + at, kind, data) for at, kind, data in recorder.take())


def _status(take: asyncio.Task[None]) -> str:
    if take.cancelled():
        return "interrupted"
    return "completed" if take.exception() is None else "failed"


def _told(error: Exception, limit_s: float) -> str:
    if isinstance(error, TimeoutError):
        return f"it took longer than {limit_s:g} s"
    return error.problem if isinstance(error, HarnessError) else f"{type(error).__name__}: {error}"[:500]
