"""Run many trials at once on one event loop: the inside of a worker."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from harness.adapters import LoadedAgent, Runs, load_agent
from harness.errors import AgentError, HarnessError
from harness.workspace import AgentSettings, ModelSettings

from .capture import Spool
from .frames import describe
from .surroundings import Surroundings, limit_memory, seed_random
from .trial import Trial, failure

_STUCK_S: Final = 0.15


class Host:
    """Takes the supervisor's messages and answers them.

    Args:
        send: Says something to the supervisor.
        place: Path that the names of the process's files begin with; None in the supervisor's own process, where nothing of
            the process itself may be touched.
    """

    def __init__(self, send: Callable[[list[Any]], None], *, place: str | None = None) -> None:
        self._send = send
        self._place = place
        self._spool: Spool | None = None
        self._surroundings: Surroundings | None = None
        self._agents: dict[str, Runs] = {}
        self._opened: list[LoadedAgent] = []
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._running: dict[int, Trial] = {}
        self._capacity = 1
        self._context = contextvars.copy_context()
        self._root = ""
        self._masks: Any = None
        self._is_worn = False
        self._taking = threading.Lock()  # the watchdog takes events too, and must not send them after the end

    def receive(self, message: Mapping[str, Any]) -> None:
        """Act on one message: `load`, `run` or `cancel`."""
        if "load" in message:
            self._load(message["load"])
        for spec in message.get("run", ()):
            self._waiting.append(spec)
        self._fill()
        for number in message.get("cancel", ()):
            self._cancel(number)

    def look_after(self) -> None:
        """Report what trials that go on have recorded so far, in case they never end, and bound what they print."""
        if self._spool is not None:
            self._spool.trim()
        for number, trial in list(self._running.items()):
            if trial.recorder.wire and trial.recorder.elapsed() > 0.15:
                self._send_part(number, trial)

    def _load(self, wanted: Mapping[str, Any]) -> None:
        self._root = wanted["root"]
        root = Path(self._root)
        self._capacity = wanted["capacity"]
        models = {name: ModelSettings(**data) for name, data in wanted["models"].items()}
        problems: dict[str, Any] = {}
        taping = wanted.get("tapes")
        if taping is not None:
            self._masks = _masks(taping, root)
        replayed = taping is not None and taping["doing"] == "replay"
        for name, data in wanted["agents"].items():
            settings = AgentSettings(**{**data, "env": tuple(data.get("env", ()))})
            try:
                agent = load_agent(
                    settings, root, models=models, limits=wanted["limits"], at_once=self._capacity, replayed=replayed
                )
                self._opened.append(agent)
                self._agents[name] = _planted(agent, root, settings.mutant) if settings.mutant else agent
            except BaseException as error:  # noqa: BLE001 - an agent's file may raise anything
                problems[name] = _problem(error, settings)
        if self._place is not None:
            self._settle(wanted["memory_mb"])
        self._send(["ready", problems])

    def _settle(self, memory_mb: int) -> None:
        """Make this process ours: what agents have set up while they were imported is how it stays."""
        if self._capacity == 1:
            self._spool = Spool(f"{self._place}.out")
        limit_memory(memory_mb)
        self._surroundings = Surroundings()

    async def close(self) -> None:
        """Close what the agents hold open."""
        for agent in self._opened:
            with suppress(Exception):
                await agent.close()

    def _fill(self) -> None:
        while self._waiting and len(self._running) < self._capacity:
            spec = self._waiting.popleft()
            trial = Trial(
                spec,
                on_event=self.flush_now if self._capacity == 1 or spec.get("live") else None,
                on_hold=partial(self._hold, spec["n"]),
                spool=self._spool,
                masks=self._masks,
            )
            if self._spool is not None:
                limit_memory(spec["memory_mb"])
                seed_random(spec["seed"])
            self._running[trial.number] = trial
            # In a context of its own: this may be called by a trial that just ended, whose variables are nobody else's.
            trial.task = asyncio.get_running_loop().create_task(self._run(trial), context=self._context.copy())

    def flush_now(self) -> None:
        """Report every event at once: a process with one trial may end with it at any moment."""
        for number, trial in list(self._running.items()):
            self._send_part(number, trial)

    def _hold(self, number: int, held: bool) -> None:
        """Say that a trial waits for a limit of ours, or does so no longer."""
        self._send(["held", number, held])

    def _send_part(self, number: int, trial: Trial) -> None:
        with self._taking:
            events = trial.recorder.take()
            if events:
                self._send(["part", number, events])

    async def _run(self, trial: Trial) -> None:
        message = await trial.run(self._agents[trial.spec["agent"]])
        with self._taking:
            self._running.pop(trial.number, None)
            if trial.deck is not None:
                try:
                    self._send(["tape", trial.number, trial.deck.told()])
                except (TypeError, ValueError):  # what no message can carry must not keep the trial from ending
                    self._send(["tape", trial.number, {"unwritable": True}])
            self._tidy(trial)
            self._send([*message, trial.recorder.take()])
        self._fill()

    def _tidy(self, trial: Trial) -> None:
        """Put right what the trial has changed about the process, for those that follow."""
        if self._surroundings is None:
            return
        agent = trial.spec["agent"]
        changed = self._surroundings.restore()
        if changed:
            self._send(["left", agent, f"{' and '.join(changed)} of its process; it was put back", False])
        own = len(self._running)
        left = self._surroundings.too_much(own, len(asyncio.all_tasks()) - own if trial.number % 32 == 0 else 0)
        if left and not self._is_worn:
            self._is_worn = True
            self._send(["left", agent, f"{left}; its process is replaced", True])

    def _cancel(self, number: int) -> None:
        trial = self._running.get(number)
        if trial is not None:
            trial.cancel()
            asyncio.get_running_loop().call_later(_STUCK_S, self._report_stuck, number)
            return
        for spec in self._waiting:
            if spec["n"] == number:
                self._waiting.remove(spec)
                self._send(["end", number, "cancelled", None, 0.0, "", []])
                return

    def _report_stuck(self, number: int) -> None:
        """Say where a trial is that was cancelled and has not ended."""
        trial = self._running.get(number)
        frame = None if trial is None else trial.frame()
        if frame is not None:
            self._send(["stuck", number, *describe(frame, self._root)])


def _masks(taping: Mapping[str, Any], root: Path) -> Any:
    """What is taken out of requests before they are recorded or looked up."""
    from harness.cassettes.secrets import Masks
    from harness.workspace import RedactSettings

    return Masks.of(own=tuple(RedactSettings(**rule) for rule in taping["redact"]), root=root)


def _planted(agent: LoadedAgent, root: Path, defect: str) -> Runs:
    from harness.mutation.files import load_mutant
    from harness.mutation.planting import plant

    return plant(agent, load_mutant(root, defect), root)


def _problem(error: BaseException, settings: AgentSettings) -> list[str | None]:
    if isinstance(error, HarnessError):
        return [error.problem, error.remedy, error.where]
    kind, message, _ = failure(error)
    shown = AgentError(f"{kind} while loading: {message}", remedy="the file must import cleanly", where=settings.target)
    return [shown.problem, shown.remedy, shown.where]
