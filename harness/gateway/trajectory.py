"""What an agent does, rebuilt from what it asks its model: calls of tools in the replies, their results in later requests."""

from __future__ import annotations

import json
from typing import Any

from harness.llm.request import Message, ModelReply, ModelRequest
from harness.recorder import Recorder


class Trajectory:
    """One trial's tool steps.

    A reply that asks for a tool begins a step; the first request that carries its result ends it. A request that is sent
    again, because the first attempt failed, adds nothing. Some frameworks give calls ids of their own: then the assistant's
    message that comes back says which call is meant, by name and arguments.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._open: dict[str, str] = {}
        self._calls: dict[str, tuple[str, str]] = {}
        self._used: set[str] = set()

    def asked(self, request: ModelRequest) -> None:
        """Note the results in a request."""
        if not self._open:
            return
        meant = self._renamed(request)
        for message in reversed(request.messages):
            if message.role == "tool" and message.tool_call_id is not None:
                self._ended(meant.get(message.tool_call_id, message.tool_call_id), message)

    def answered(self, reply: ModelReply) -> None:
        """Note the calls in a reply."""
        for call in reply.tool_calls:
            step = call.id
            number = 1
            while step in self._used:
                number += 1
                step = f"{call.id}#{number}"
            self._used.add(step)
            self._open[call.id] = step
            self._calls[call.id] = (call.name, _written(call.args))
            self._recorder.emit("tool_call", id=step, name=call.name, args=dict(call.args))

    def _ended(self, call_id: str, message: Message) -> None:
        step = self._open.pop(call_id, None)
        if step is None:
            return
        if message.is_error:
            self._recorder.emit("tool_result", id=step, error=message.text)
        else:
            self._recorder.emit("tool_result", id=step, result=_parsed(message.text))

    def _renamed(self, request: ModelRequest) -> dict[str, str]:
        """Ids that only the client knows, by what they call."""
        waiting = {self._calls[call_id]: call_id for call_id in reversed(self._open)}
        found: dict[str, str] = {}
        for message in reversed(request.messages):
            for call in message.tool_calls:
                if call.id not in self._open:
                    known = waiting.pop((call.name, _written(call.args)), None)
                    if known is not None:
                        found[call.id] = known
        return found


def _written(args: Any) -> str:
    return json.dumps(args, sort_keys=True, default=str)


def _parsed(text: str) -> Any:
    """A tool's result as the data that it is, where it is JSON."""
    if text[:1] not in {"{", "["}:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
