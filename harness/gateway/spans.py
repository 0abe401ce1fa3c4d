"""Trace what goes through the gateway: a span for each model call, and one for each tool that the traffic shows to have run."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from harness.telemetry import names
from harness.telemetry.facade import Telemetry
from harness.text import shorten

from .trials import Trial
from .usage import Entry

_MOST: Final = 4000
_RUN: Final = "gateway"


@dataclass(slots=True)
class _Seen:
    """How far a trial's record was read."""

    place: int = 0
    calls: dict[str, tuple[float, Mapping[str, Any]]] = field(default_factory=dict)


class Spans:
    """Writes spans; all those of one trial are in one trace, by the trial's name."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._seen: dict[int, _Seen] = {}

    def __call__(self, entry: Entry, trial: Trial | None, facts: Mapping[str, Any]) -> None:
        """Write what a request was, and the tools whose results it brought."""
        now = time.time_ns()
        with ExitStack() as about:
            if trial is not None:
                about.enter_context(self._telemetry.trial(_RUN, f"{entry.entity}/{trial.name}"))
            about.enter_context(self._telemetry.about(session=entry.trial, tags=(entry.tenant, entry.entity)))
            if trial is not None:
                self._tools(trial, now)
            self._chat(entry, facts, now)

    def _chat(self, entry: Entry, facts: Mapping[str, Any], now: int) -> None:
        known = {
            names.OPERATION: "chat",
            names.KIND: "LLM",
            names.PROVIDER: entry.provider,
            names.REQUEST_MODEL: entry.asked,
            names.RESPONSE_MODEL: facts.get("model"),
            names.RESPONSE_ID: facts.get("reply_id"),
            names.INPUT_TOKENS: facts.get("input_tokens"),
            names.OUTPUT_TOKENS: facts.get("output_tokens"),
            names.CACHED_TOKENS: facts.get("cached_tokens"),
            names.COST: facts.get("cost_usd"),
            names.OUTPUT: facts.get("text"),
            names.ERROR_TYPE: facts.get("error"),
        }
        begun = now - int((time.perf_counter() - entry.begun_s) * 1e9)
        self._span(f"chat {entry.model}", begun, now, known, failed="error" in facts)

    def _tools(self, trial: Trial, now: int) -> None:
        seen = self._seen.setdefault(id(trial), _Seen())
        wire, zero = trial.recorder.wire, now - int(trial.recorder.elapsed() * 1e9)
        for offset, kind, data in wire[seen.place :]:
            if kind == "tool_call":
                seen.calls[data["id"]] = (offset, data)
            elif kind == "tool_result" and data["id"] in seen.calls:
                started, call = seen.calls.pop(data["id"])
                self._tool(call, data, zero + int(started * 1e9), zero + int(offset * 1e9))
        seen.place = len(wire)

    def _tool(self, call: Mapping[str, Any], result: Mapping[str, Any], begun: int, ended: int) -> None:
        known = {
            names.OPERATION: "execute_tool",
            names.KIND: "TOOL",
            names.TOOL: call["name"],
            names.TOOL_CALL: call["id"],
            names.INPUT: json.dumps(call.get("args"), default=str),
            names.OUTPUT: result.get("error") or json.dumps(result.get("result"), default=str),
        }
        self._span(f"execute_tool {call['name']}", begun, ended, known, failed="error" in result)

    def _span(self, name: str, begun: int, ended: int, known: Mapping[str, Any], *, failed: bool) -> None:
        from opentelemetry.trace import Status, StatusCode

        span = self._telemetry.tracer("finharness.gateway").start_span(name, start_time=begun)
        for key, item in known.items():
            if item not in (None, ""):
                span.set_attribute(key, shorten(item, _MOST) if isinstance(item, str) else item)
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end_time=ended)
