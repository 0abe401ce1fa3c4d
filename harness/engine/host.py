"""Run many trials at once on one event loop: the inside of a worker."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from harness.adapters import LoadedAgent, Runs, load_agent
from harness.errors import AgentError, HarnessError
from harness.workspace import AgentSettings, ModelSettings

from .frames import describe
from .trial import Trial, failure

_STUCK_S: Final = 0.15


class Host:
    """Takes the supervisor's messages and answers them; knows nothing about processes."""

    def __init__(self, send: Callable[[list[Any]], None]) -> None:
        self._send = send
        self._agents: dict[str, Runs] = {}
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._running: dict[int, Trial] = {}
        self._capacity = 1
        self._root = ""
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

    def flush_parts(self) -> None:
        """Report what trials that go on have recorded so far, in case they never end."""
        for number, trial in list(self._running.items()):
            if trial.recorder.wire and trial.recorder.elapsed() > 0.15:
                self._send_part(number, trial)

    def _load(self, wanted: Mapping[str, Any]) -> None:
        self._root = wanted["root"]
        root = Path(self._root)
        self._capacity = wanted["capacity"]
        models = {name: ModelSettings(**data) for name, data in wanted["models"].items()}
        problems: dict[str, Any] = {}
        for name, data in wanted["agents"].items():
            settings = AgentSettings(**{**data, "env": tuple(data.get("env", ()))})
            try:
                agent = load_agent(settings, root, models=models)
                self._agents[name] = _planted(agent, root, settings.mutant) if settings.mutant else agent
            except BaseException as error:  # noqa: BLE001 - an agent's file may raise anything
                problems[name] = _problem(error, settings)
        self._send(["ready", problems])

    def _fill(self) -> None:
        while self._waiting and len(self._running) < self._capacity:
            spec = self._waiting.popleft()
            trial = Trial(spec, on_event=self.flush_now if self._capacity == 1 else None)
            self._running[trial.number] = trial
            trial.task = asyncio.get_running_loop().create_task(self._run(trial))

    def flush_now(self) -> None:
        """Report every event at once: a process with one trial may end with it at any moment."""
        for number, trial in list(self._running.items()):
            self._send_part(number, trial)

    def _send_part(self, number: int, trial: Trial) -> None:
        with self._taking:
            events = trial.recorder.take()
            if events:
                self._send(["part", number, events])

    async def _run(self, trial: Trial) -> None:
        message = await trial.run(self._agents[trial.spec["agent"]])
        with self._taking:
            self._running.pop(trial.number, None)
            self._send([*message, trial.recorder.take()])
        self._fill()

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
