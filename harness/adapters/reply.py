"""Read whatever an agent returned or yielded as events, or say where it is no answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.model import Event
from harness.recorder import InvalidEventError, Recorder, plain_json

from .request import AgentReply, InvalidOutputError


class TurnRecord:
    """One turn's replies on their way into the recorder."""

    __slots__ = ("_items", "_recorder", "_start", "done")

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._items = 0
        self._start = recorder.spoken
        self.done = False

    def returned(self, reply: Any) -> None:
        """Record what a function returned.

        Raises:
            InvalidOutputError: when it is no answer.
        """
        if reply is None and self.has_spoken:
            return
        if isinstance(reply, str):
            self._recorder.answer(_checked(reply, "answer"))
        elif isinstance(reply, AgentReply):
            self._reply(reply)
        elif isinstance(reply, Mapping):
            structured = _checked(reply, "answer")
            self._recorder.answer(json.dumps(structured, ensure_ascii=False), structured)
        else:
            raise InvalidOutputError("answer", f"{_named(reply)} instead of text, a mapping or an AgentReply")

    def yielded(self, item: Any) -> None:
        """Record one event of a stream.

        Raises:
            InvalidOutputError: when it is none, or comes after the end.
        """
        place = f"event[{self._items}]"
        self._items += 1
        kind, data = _event(item, place)
        if self.done:
            raise InvalidOutputError(place, f"{kind!r} after 'done'")
        if kind == "done":
            self.done = True
            return
        if kind == "text_done":
            data = _checked(data, place)
        try:
            self._recorder.record(kind, data)
        except InvalidEventError as error:
            raise InvalidOutputError(f"{place}.{error.path}", error.problem) from None

    @property
    def has_spoken(self) -> bool:
        """Whether this turn said anything."""
        return self._recorder.spoken > self._start

    def _reply(self, reply: AgentReply) -> None:
        if not isinstance(reply.text, str):
            raise InvalidOutputError("answer.text", f"{_named(reply.text)} instead of text")
        if not isinstance(reply.artifacts, Mapping):
            raise InvalidOutputError("answer.artifacts", f"{_named(reply.artifacts)} instead of a mapping")
        for name, content in reply.artifacts.items():
            self._recorder.artifact(str(name), _checked(content, f"answer.artifacts.{name}"))
        self._recorder.answer(_checked(reply.text, "answer.text"), _checked(reply.structured, "answer.structured"))


def _event(item: Any, place: str) -> tuple[str, Mapping[str, Any]]:
    if isinstance(item, Event):
        return item.kind, item.data
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str) and isinstance(item[1], Mapping):
        if not all(isinstance(key, str) for key in item[1]):
            raise InvalidOutputError(place, "keys that are no text")
        return item[0], item[1]
    raise InvalidOutputError(place, f"{_named(item)} instead of an Event or a (kind, data) pair")


def _checked(item: Any, place: str) -> Any:
    copied, notes = plain_json(item)
    for note in notes:
        if note.fatal:
            raise InvalidOutputError(f"{place}.{note.path}" if note.path else place, note.problem)
    return copied


def _named(item: Any) -> str:
    return "nothing (None)" if item is None else f"a value of type {type(item).__name__}"
