"""Write down what happens in one trial, in order, with times of an injected clock."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from harness.errors import nearest
from harness.model import KINDS, Event
from harness.text import one_line

from .limits import Caps, Limits, Meter, OverLimitError, StoppedError
from .plainness import Note, plain_json

WireEvent = list[Any]
"""`[offset_s, kind, data]`, as it travels between processes."""

_COUNTS: Final = ("input_tokens", "output_tokens", "cached_tokens")
_AMOUNTS: Final = ("cost_usd", "started_s", "first_chunk_s", "chunk_s")
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "text_delta": ("text",),
    "text_done": ("text",),
    "thinking": ("text",),
    "tool_call": ("id", "name"),
    "tool_result": ("id",),
    "error": ("message",),
    "handoff": ("to",),
    "interrupt": ("question",),
    "resume": ("answer",),
    "guardrail": ("name",),
    "state": ("name",),
    "fault": ("seam", "kind"),
}
_TEXTS: Final = frozenset({"text", "message", "to", "question"})


class InvalidEventError(ValueError):
    """An event that is none: unknown kind, missing key or a number that is no number.

    Attributes:
        path: Where in the event.
        problem: What is wrong.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


class Recorder:
    """The record of one trial. Everything given to it is copied as plain JSON data of bounded size."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        limits: Limits | None = None,
        approvals: Sequence[Any] = (),
        caps: Caps | None = None,
        on_event: Callable[[], None] | None = None,
        on_hold: Callable[[bool], None] | None = None,
        limit_s: float | None = None,
    ) -> None:
        self._clock = clock
        self._start = clock()
        self._meter = Meter(limits) if limits is not None and limits.any else None
        self._approvals = list(approvals)
        self._caps = caps or Caps()
        self._on_event = on_event
        self._on_hold = on_hold
        self._limit_s = limit_s
        self._holders = 0
        self._held_since = 0.0
        self._held_s = 0.0
        self._size = 0
        self._calls = 0
        self._taken = 0
        self._pieces: list[str] = []
        self.spoken = 0
        self.model_calls = 0
        self.last_answer = ""
        self.wire: list[WireEvent] = []
        self.notes: list[Note] = []
        self.stopped: StoppedError | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """While the harness keeps the trial waiting, for a limit of ours, its deadline stands still."""
        self._holders += 1
        if self._holders == 1:
            self._held_since = self._clock()
            if self._on_hold is not None:
                self._on_hold(True)
        try:
            yield
        finally:
            self._holders -= 1
            if self._holders == 0:
                self._held_s += self._clock() - self._held_since
                if self._on_hold is not None:
                    self._on_hold(False)

    def held_s(self) -> float:
        """Seconds for which the trial was kept waiting so far."""
        return self._held_s + (self._clock() - self._held_since if self._holders else 0.0)

    def remaining(self, limit_s: float | None = None) -> float | None:
        """Seconds until the trial is ended; None when it may take for ever.

        Args:
            limit_s: Longest it may take; by default what the recorder was told.
        """
        limit_s = self._limit_s if limit_s is None else limit_s
        return None if limit_s is None else max(0.0, limit_s + self.held_s() - self.elapsed())

    # ---- what an agent says and does

    def text(self, piece: str) -> None:
        """A piece of the answer, visible to the user at once."""
        self.emit("text_delta", text=piece)

    def answer(self, text: str, structured: Any = None) -> None:
        """The whole answer of this turn, with its JSON form where it has one."""
        if structured is None:
            self.emit("text_done", text=text)
        else:
            self.emit("text_done", text=text, structured=structured)

    def thinking(self, text: str) -> None:
        """Reasoning that the user does not see."""
        self.emit("thinking", text=text)

    def call(self, name: str, args: Any = None, *, agent: str = "", parent: str | None = None) -> str:
        """A tool starts; the id returned names it in `result`."""
        self._calls += 1
        call_id = f"call-{self._calls}"
        about = {"agent": agent} if agent else {}
        if parent is not None:
            about["parent"] = parent
        self.emit("tool_call", id=call_id, name=name, args={} if args is None else args, **about)
        return call_id

    def result(self, call_id: str, result: Any = None, *, error: str | None = None) -> None:
        """The tool of that call ended."""
        if error is None:
            self.emit("tool_result", id=call_id, result=result)
        else:
            self.emit("tool_result", id=call_id, error=one_line(str(error), 2000))

    def handoff(self, to: str, task: Any = None) -> None:
        """Another agent takes over."""
        self.emit("handoff", to=to, task=task)

    def error(self, message: str, *, type: str = "") -> None:  # noqa: A002 - the event's key
        """Something failed and the trial goes on."""
        self.emit("error", message=message, type=type)

    def artifact(self, name: str, value: Any) -> None:
        """An end state as it is now: ledger, job row, charts."""
        self.emit("state", name=name, value=value)

    def llm_call(self, **data: Any) -> None:
        """One model request; keys as in `harness.model.EventKind`."""
        self.emit("llm_call", **data)

    def guardrail(self, name: str, passed: bool | None, reason: str = "") -> None:
        """A guardrail inside the agent concluded."""
        self.emit("guardrail", name=name, passed=passed, reason=reason)

    def ask(self, question: str, *, details: Any = None) -> Any:
        """Ask a person; answered from the trial's script, and denied when the script has no answer."""
        self._calls += 1
        ask_id = f"ask-{self._calls}"
        about = {} if details is None else {"details": details}
        self.emit("interrupt", id=ask_id, question=question, **about)
        answer = self._approvals.pop(0) if self._approvals else {"approved": False, "reason": "nobody approved it"}
        self.emit("resume", id=ask_id, answer=answer)
        return answer

    # ---- the one way in

    def emit(self, kind: str, /, **data: Any) -> None:
        """Record one event; raises as `record` does."""
        self.record(kind, data)

    def record(self, kind: str, data: Mapping[str, Any]) -> None:
        """Record one event.

        Raises:
            InvalidEventError: when it is none.
            OverLimitError: when the trial used more than it may.
        """
        if self.stopped is not None:
            raise self.stopped
        if kind not in KINDS:
            raise InvalidEventError("kind", f"{one_line(kind, 60)!r} is no kind of event; {nearest(kind, KINDS)}")
        self._validate(kind, data)
        copied, notes = plain_json(data)
        if notes:
            self.notes.extend(notes[: max(0, 100 - len(self.notes))])
        self._bound(copied)
        self.wire.append([round(self._clock() - self._start, 6), kind, copied])
        self._listen(kind, copied)
        if self._meter is not None:
            self._metered(kind, copied)
        if self._on_event is not None:
            self._on_event()

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything recorded and not yet taken."""
        return tuple(Event(*item) for item in self.wire)

    def elapsed(self) -> float:
        """Seconds since the trial started."""
        return self._clock() - self._start

    def take(self) -> list[WireEvent]:
        """Hand over what was recorded since the last time."""
        taken = self.wire[:]
        del self.wire[: len(taken)]  # another thread may have appended meanwhile
        self._taken += len(taken)
        return taken

    def stop(self, error: StoppedError) -> None:
        """Refuse everything from now on."""
        if self.stopped is None:
            self.stopped = error

    def _listen(self, kind: str, data: Mapping[str, Any]) -> None:
        """Follow what was said, for the history of a conversation."""
        if kind == "text_delta":
            self._pieces.append(data["text"])
            self.spoken += 1
        elif kind == "text_done":
            self._pieces[:] = [data["text"]]
            self.spoken += 1
        elif kind == "llm_call":
            self.model_calls += 1
        elif kind == "done":
            self.last_answer = "".join(self._pieces)
            self._pieces.clear()

    def _bound(self, copied: Mapping[str, Any]) -> None:
        self._size += 64 + _rough_size(copied)
        if len(self.wire) + self._taken >= self._caps.events:
            self.stopped = OverLimitError("output", f"produced more than {self._caps.events} events")
        elif self._size > self._caps.size:
            self.stopped = OverLimitError("output", f"produced more than {self._caps.size} characters")
        if self.stopped is not None:
            raise self.stopped

    def _metered(self, kind: str, data: Mapping[str, Any]) -> None:
        assert self._meter is not None
        try:
            self._meter.count(kind, data)
        except OverLimitError as error:
            self.stopped = error
            raise

    @staticmethod
    def _validate(kind: str, data: Mapping[str, Any]) -> None:
        for key in _REQUIRED.get(kind, ()):
            if key not in data:
                raise InvalidEventError(f"{kind}.{key}", "is missing")
            if key in _TEXTS and not isinstance(data[key], str):
                raise InvalidEventError(f"{kind}.{key}", f"is of type {type(data[key]).__name__}, not text")
        if kind == "llm_call":
            _validate_numbers(data)


def _validate_numbers(data: Mapping[str, Any]) -> None:
    for key in _COUNTS:
        used = data.get(key)
        if used is not None and (isinstance(used, bool) or not isinstance(used, int) or used < 0):
            raise InvalidEventError(f"llm_call.{key}", f"{_shown(used)} is no number of tokens")
    for key in _AMOUNTS:
        used = data.get(key)
        if used is None and key != "started_s":
            continue
        if key in data and not _is_amount(used):
            raise InvalidEventError(f"llm_call.{key}", f"{_shown(used)} is no amount")


def _shown(used: Any) -> str:
    return str(used)[:40] if type(used) in (int, float, str) else f"a {type(used).__name__}"


def _is_amount(used: Any) -> bool:
    return isinstance(used, int | float) and not isinstance(used, bool) and math.isfinite(used) and used >= 0


def _rough_size(item: Any) -> int:
    if isinstance(item, str):
        return len(item)
    if isinstance(item, dict):
        return sum(len(key) + _rough_size(content) for key, content in item.items())
    if isinstance(item, list):
        return sum(map(_rough_size, item))
    return 8
