"""Fold events into a trace."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from .event import Event
from .trace import Step, Trace, TurnTrace, Usage

A = TypeVar("A")

_NO_CALLS = Usage(0, 0, 0)


def fold(events: Iterable[Event], *, duration_s: float | None = None) -> Trace:
    """Build the trace of a trial from its events, in the order they happened.

    Args:
        events: All events of one trial.
        duration_s: Wall time of the trial; by default the offset of the last event.
    """
    state = _Fold()
    for event in events:
        handler = _HANDLERS.get(event.kind)
        if handler is not None:
            handler(state, event)
        state.last_s = max(state.last_s, event.offset_s)
    return state.finish(duration_s)


@dataclass(slots=True)
class _Fold:
    """What is known half-way through."""

    steps: list[Step] = field(default_factory=list)
    open_calls: dict[str, int] = field(default_factory=dict)
    turns: list[TurnTrace] = field(default_factory=list)
    artifacts: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    guardrails: list[Mapping[str, Any]] = field(default_factory=list)
    interrupts: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Mapping[str, Any]] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    whole: str | None = None
    structured: Any = None
    turn_start_s: float = 0.0
    turn_first_text_s: float | None = None
    turn_useful_text_s: float | None = None
    first_text_s: float | None = None
    unmetered: bool = False
    last_s: float = 0.0

    def add(self, event: Event, **known: Any) -> None:
        step_id = str(event.data.get("id") or f"s{len(self.steps) + 1}")
        self.steps.append(
            Step(
                id=step_id,
                agent=str(event.data.get("agent") or ""),
                parent=None if event.data.get("parent") is None else str(event.data["parent"]),
                turn=len(self.turns),
                **known,
            )
        )

    def text_seen(self, offset_s: float) -> None:
        if self.turn_first_text_s is None:
            self.turn_first_text_s = offset_s
        if self.first_text_s is None:
            self.first_text_s = offset_s
        if self.turn_useful_text_s is None:
            self.turn_useful_text_s = offset_s

    def end_turn(self, offset_s: float) -> None:
        first, useful = self.turn_first_text_s, self.turn_useful_text_s
        self.turns.append(
            TurnTrace(
                answer="".join(self.pieces) if self.whole is None else self.whole,
                structured=self.structured,
                ttft_s=None if first is None else first - self.turn_start_s,
                useful_ttft_s=None if useful is None else useful - self.turn_start_s,
                t0=self.turn_start_s,
                t1=offset_s,
            )
        )
        self.pieces.clear()
        self.whole, self.structured, self.turn_first_text_s, self.turn_useful_text_s = None, None, None, None
        self.turn_start_s = offset_s

    def finish(self, duration_s: float | None) -> Trace:
        if self.pieces or self.whole is not None or self.structured is not None:
            self.end_turn(self.last_s)
        models = [step for step in self.steps if step.kind == "llm"]
        last = self.turns[-1] if self.turns else TurnTrace("")
        return Trace(
            steps=tuple(self.steps),
            turns=tuple(self.turns),
            answer=last.answer,
            structured=last.structured,
            artifacts=self.artifacts,
            usage=Usage() if self.unmetered else sum((step.usage or Usage() for step in models), _NO_CALLS),
            cost_usd=None if self.unmetered else _total([step.cost_usd for step in models]),
            ttft_s=self.first_text_s,
            duration_s=self.last_s if duration_s is None else duration_s,
            errors=tuple(self.errors),
            guardrails=tuple(self.guardrails),
            interrupts=tuple(self.interrupts),
            faults=tuple(self.faults),
        )


def _total(costs: list[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def _text_delta(state: _Fold, event: Event) -> None:
    text = str(event.data.get("text", ""))
    if text:
        state.text_seen(event.offset_s)
        state.pieces.append(text)


def _text_done(state: _Fold, event: Event) -> None:
    state.whole = str(event.data.get("text", ""))
    if "structured" in event.data:
        state.structured = event.data["structured"]


def _tool_call(state: _Fold, event: Event) -> None:
    call_id = str(event.data.get("id") or f"s{len(state.steps) + 1}")
    state.open_calls[call_id] = len(state.steps)
    args = event.data.get("args")
    state.add(
        event,
        kind="tool",
        name=str(event.data.get("name", "")),
        args=args if isinstance(args, Mapping) else {"": args} if args is not None else {},
        status="unfinished",
        t0=event.offset_s,
        t1=event.offset_s,
    )


def _tool_result(state: _Fold, event: Event) -> None:
    index = state.open_calls.pop(str(event.data.get("id", "")), None)
    if index is None:
        state.errors.append(f"a tool result arrived for the unknown call {event.data.get('id')!r}")
        return
    state.turn_useful_text_s = None  # what was said before a result did not rest on it
    error = event.data.get("error")
    state.steps[index] = replace(
        state.steps[index],
        result=event.data.get("result"),
        status="ok" if error is None else "error",
        error=None if error is None else str(error),
        t1=event.offset_s,
    )


def _llm_call(state: _Fold, event: Event) -> None:
    data = event.data
    error = data.get("error")
    state.add(
        event,
        kind="llm",
        name=str(data.get("model", "")),
        args={key: data[key] for key in ("provider", "stop_reason", "offline", "reply_id", "cache_hit") if key in data},
        result=data.get("text"),
        status="ok" if error is None else "error",
        error=None if error is None else str(error),
        t0=_amount(data.get("started_s"), event.offset_s),
        t1=event.offset_s,
        usage=Usage(
            _count(data.get("input_tokens")), _count(data.get("output_tokens")), _count(data.get("cached_tokens"))
        ),
        cost_usd=_amount(data.get("cost_usd"), None),
        first_chunk_s=_amount(data.get("first_chunk_s"), None),
        chunk_s=_amount(data.get("chunk_s"), None),
    )


def _count(number: object) -> int | None:
    """A number of tokens; what is none is unknown, because an agent may report anything."""
    return number if isinstance(number, int) and not isinstance(number, bool) and number >= 0 else None


def _amount(number: object, otherwise: A) -> float | A:
    usable = isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number < math.inf
    return float(number) if usable else otherwise  # type: ignore[arg-type]  # `usable` says that it is a number


def _handoff(state: _Fold, event: Event) -> None:
    state.add(
        event,
        kind="handoff",
        name=str(event.data.get("to", "")),
        args={"task": event.data.get("task")},
        t0=event.offset_s,
        t1=event.offset_s,
    )


def _error(state: _Fold, event: Event) -> None:
    state.errors.append(str(event.data.get("message", "")))


def _state(state: _Fold, event: Event) -> None:
    state.artifacts[str(event.data.get("name", ""))] = event.data.get("value")


def _guardrail(state: _Fold, event: Event) -> None:
    state.guardrails.append(dict(event.data))


def _interrupt(state: _Fold, event: Event) -> None:
    state.interrupts.append({**event.data, "asked_s": event.offset_s})


def _resume(state: _Fold, event: Event) -> None:
    for waiting in reversed(state.interrupts):
        if "answer" not in waiting and waiting.get("id") == event.data.get("id"):
            waiting.update(answer=event.data.get("answer"), answered_s=event.offset_s)
            return
    state.errors.append("an answer arrived that nobody had asked for")


def _fault(state: _Fold, event: Event) -> None:
    state.faults.append({**event.data, "at_s": event.offset_s})


def _done(state: _Fold, event: Event) -> None:
    state.unmetered = state.unmetered or event.data.get("unmetered") is True
    state.end_turn(event.offset_s)


_HANDLERS = {
    "text_delta": _text_delta,
    "text_done": _text_done,
    "tool_call": _tool_call,
    "tool_result": _tool_result,
    "llm_call": _llm_call,
    "handoff": _handoff,
    "error": _error,
    "state": _state,
    "guardrail": _guardrail,
    "interrupt": _interrupt,
    "resume": _resume,
    "done": _done,
    "fault": _fault,
}
