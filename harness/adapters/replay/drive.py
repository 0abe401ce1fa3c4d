"""Give the recorded answer to what is asked; with several, the one with the trial's seed, else each in its turn."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import count
from pathlib import Path
from typing import Any

from harness.adapters.context import Context
from harness.adapters.python import run_turns
from harness.adapters.reply import TurnRecord
from harness.adapters.request import Request
from harness.adapters.target import Fault, TargetError
from harness.adapters.wire import Reading
from harness.adapters.wire.scribe import Scribe
from harness.shape import plain
from harness.text import one_line
from harness.workspace import AgentSettings, Workspace, own_settings

from .records import Record, records_of
from .settings import Settings


def prepared(agent: AgentSettings, workspace: Workspace) -> AgentSettings:
    """The agent with what was recorded, for workers: those see neither the store nor the cases.

    Raises:
        AgentError: when nothing was.
    """
    own = own_settings(agent)
    assert isinstance(own, Settings)
    found = records_of(own, workspace.root, store=workspace.store, where=_where(agent, own))
    return replace(agent, options={**agent.options, "recorded": plain(found)})


def load(own: Settings, agent: AgentSettings, *, root: Path, environ: Mapping[str, str]) -> ReplayDrive:
    """Prepare the answers.

    Raises:
        AgentError: when there are none.
    """
    where = _where(agent, own)
    return ReplayDrive(own, records_of(own, root, store=root / ".harness" / "results.db", where=where), where=where)


class ReplayDrive:
    """Knows the answers by what was asked."""

    def __init__(self, own: Settings, records: Sequence[Record], *, where: str) -> None:
        self._own = own
        self._where = where
        self._asked: dict[str, list[Record]] = {}
        for record in records:
            self._asked.setdefault(_key(record["inputs"]), []).append(record)
        self._turns = {key: count() for key in self._asked}

    async def __call__(self, inputs: Sequence[Any], first: Request, context: Context) -> None:
        """Run all turns."""
        record = self._record(list(inputs), first.seed)

        async def turn_of(request: Request, context: Context, turn: TurnRecord) -> None:
            if "answers" in record:
                Reading(self._own, where=self._where).take(record["answers"][request.turn], context.recorder, turn)
                return
            scribe = Scribe(context.recorder, turn, where=self._where)
            events = record["turns"][request.turn] if request.turn < len(record["turns"]) else []
            scribe.take((kind, data) for kind, data in events)
            last = request.turn == len(record["inputs"]) - 1
            if "error" in record and (last or not turn.has_spoken):
                raise self._failed(*record["error"])

        await run_turns(inputs, first, context, turn_of, metered=record.get("metered") is True)

    def _record(self, inputs: list[Any], seed: int) -> Record:
        key = _key(inputs)
        found = self._asked.get(key)
        if found is None:
            near = get_close_matches(key, self._asked, n=1, cutoff=0.5)
            remedy = f"the nearest is {one_line(near[0], 200)}" if near else "record it, or leave the case out"
            problem = f"no answer was recorded for {one_line(key, 200)}"
            raise TargetError("not_recorded", problem, remedy=remedy, where=self._where)
        same = [record for record in found if record.get("seed") == seed]
        return same[0] if same else found[next(self._turns[key]) % len(found)]

    def _failed(self, status: str, told: str) -> TargetError:
        fault: Fault = "late" if status == "timed_out" else "agent"
        return TargetError(
            f"recorded_{status}", f"the recorded trial ended as {status.replace('_', ' ')}: {told}",
            remedy="nothing was run now; run the agent itself to see whether it still does that", where=self._where, fault=fault,
        )  # fmt: skip


def _where(agent: AgentSettings, own: Settings) -> str:
    return f"agents.{agent.name} ({own.place})"


def _key(inputs: list[Any]) -> str:
    return json.dumps(plain(inputs), sort_keys=True, ensure_ascii=False)
