"""Write what an agent elsewhere reports, as events of the trial; its own names for calls become ours, which are unique."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from harness.adapters.reply import TurnRecord
from harness.adapters.request import InvalidOutputError
from harness.adapters.target import TargetError
from harness.recorder import Recorder
from harness.text import one_line

from .calls import said

Said: TypeAlias = tuple[str, Mapping[str, Any]]
"""Kind and data of an event."""


class Scribe:
    """Takes the events of one turn."""

    def __init__(
        self, recorder: Recorder, turn: TurnRecord, *, where: str, named: Callable[[str], object] | None = None
    ) -> None:
        self._recorder = recorder
        self._turn = turn
        self._where = where
        self._named = named
        self._open: dict[str, str] = {}
        self._failure = ""
        self.is_done = False
        self.asked: list[dict[str, Any]] = []
        """Questions to a person that wait for an answer."""
        self.heard: Counter[str] = Counter()
        """Names of the events that came in."""
        self.understood = 0

    @property
    def has_failed(self) -> bool:
        """Whether it reported a failure."""
        return bool(self._failure)

    def take(self, events: Iterable[Said]) -> None:
        """Write events; `done` ends the turn, and what comes after it is not looked at."""
        for kind, data in events:
            if self.is_done:
                return
            self.understood += 1
            self._write(kind, data)

    def close(self) -> None:
        """Say what was wrong with a turn that has ended.

        Raises:
            TargetError: when all that it reported is a failure.
            InvalidOutputError: when nothing that it sent was understood.
        """
        if self._turn.has_spoken or self.asked:
            return
        if self._failure:
            raise TargetError(
                "agent_error",
                f"the agent reports a failure: {one_line(self._failure, 1000)}",
                remedy="read what it says; it was reached and answered",
                where=self._where,
                fault="agent",
            )
        if self.heard and not self.understood:
            names = ", ".join(f"{name!r}" for name, _ in self.heard.most_common(8))
            raise InvalidOutputError("events", f"none of the {self.heard.total()} events was understood: {names}")

    def _write(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "done":
            self.is_done = True
        elif kind == "tool_call":
            known = {"agent": str(data["agent"])} if data.get("agent") else {}
            self._open[str(data.get("id") or "")] = self._recorder.call(data["name"], data.get("args"), **known)
        elif kind == "tool_result":
            self._result(data)
        elif kind == "interrupt":
            self.asked.append(dict(data))
        elif kind == "session":
            if self._named is not None and data.get("id") is not None:
                self._named(str(data["id"]))
        elif kind == "error":
            self._failure = said(data.get("message") or "it does not say why")
            self._recorder.error(self._failure, type=str(data.get("type") or ""))
        elif kind != "text_delta" or data.get("text"):
            self._turn.yielded((kind, data))

    def _result(self, data: Mapping[str, Any]) -> None:
        """A result belongs to the call that it names; one that names none, to the last."""
        name = str(data.get("id") or "")
        if name not in self._open and not name and self._open:
            name = next(reversed(self._open))
        call_id = self._open.pop(name, None)
        if call_id is None:
            self._recorder.error(f"a tool result arrived for the unknown call {name!r}")
            return
        self._recorder.result(call_id, data.get("result"), error=data.get("error"))
