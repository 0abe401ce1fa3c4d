"""What one trial records or plays, inside the process that runs it."""

from __future__ import annotations

import builtins
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

from harness.recorder.plainness import plain_json

from .secrets import Masks
from .tape import Recording, Tape

Doing = Literal["record", "replay", "auto"]


class ToolReplayError(Exception):
    """A tool's recorded failure whose own class is not known here."""


class Deck:
    """Plays a trial's recordings, or makes them."""

    def __init__(self, doing: Doing, masks: Masks, *, tape: Tape | None = None, tools: bool = False) -> None:
        self.doing: Doing = doing
        self.tape = tape or Tape()
        self._masks = masks
        self.tools = self.tape.has("tool") if doing == "replay" else tools
        """Whether tools are recorded or played, too."""
        self.hits = 0
        """Calls that a cache answered."""

    @classmethod
    def of(cls, spec: Mapping[str, Any], masks: Masks) -> Deck:
        """Make one as the supervisor says."""
        recordings = [Recording(*item) for item in spec.get("recordings", ())]
        tape = Tape(recordings, trial=spec.get("trial", ""))
        return cls(spec["mode"], masks, tape=tape, tools=spec.get("tools", False))

    @property
    def replays(self) -> bool:
        """Whether nobody is asked."""
        return self.doing == "replay"

    def told(self) -> dict[str, Any]:
        """What the supervisor is told at the end: new recordings, or what was left over."""
        if self.replays:
            left = [[item.channel, _title(item)] for item in self.tape.unused()]
            return {"unused": left}
        kept = [[item.channel, item.request, item.reply] for item in self.tape.used()]
        return {"recordings": kept, "hits": self.hits}

    def find(self, channel: str, request: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Play a recording where there is one; see `Tape.find`."""
        found = self.tape.find(channel, self._masks.plain(request)) if self.doing == "auto" else None
        self.hits += found is not None
        return found

    def take(self, channel: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Play a recording; see `Tape.take`."""
        return self.tape.take(channel, self._masks.plain(request))

    def put(self, channel: str, request: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
        """Make a recording."""
        self.tape.put(channel, self._masks.plain(request), self._masks.plain(reply))

    async def tool(self, name: str, args: Mapping[str, Any], call: Callable[[], Awaitable[Any]]) -> Any:
        """A tool's result, played or recorded; a failure is raised again."""
        asked = {"name": name, "args": plain_json(args)[0]}
        if self.replays:
            return _given(self.take("tool", asked))
        try:
            result = await call()
        except Exception as error:
            self.put("tool", asked, {"error": {"type": type(error).__name__, "message": str(error)}})
            raise
        self.put("tool", asked, {"result": plain_json({"": result})[0][""]})
        return result

    def tool_now(self, name: str, args: Mapping[str, Any], call: Callable[[], Any]) -> Any:
        """The same for a tool that is a plain function."""
        asked = {"name": name, "args": plain_json(args)[0]}
        if self.replays:
            return _given(self.take("tool", asked))
        try:
            result = call()
        except Exception as error:
            self.put("tool", asked, {"error": {"type": type(error).__name__, "message": str(error)}})
            raise
        self.put("tool", asked, {"result": plain_json({"": result})[0][""]})
        return result


def _given(reply: Mapping[str, Any]) -> Any:
    failed = reply.get("error")
    if not isinstance(failed, Mapping):
        return reply.get("result")
    kind = getattr(builtins, str(failed.get("type")), None)
    message = str(failed.get("message", ""))
    if isinstance(kind, type) and issubclass(kind, Exception) and kind not in (UnicodeDecodeError, UnicodeEncodeError):
        try:
            made = kind(message)
        except TypeError:
            made = ToolReplayError(message)
        raise made
    raise ToolReplayError(message)


def _title(recording: Recording) -> str:
    """What a recording is about, in a few words."""
    request = recording.request
    if recording.channel == "tool":
        return f"{request.get('name')}"
    messages = request.get("messages")
    last = messages[-1] if messages else None
    return str(last.get("text", ""))[:60] if isinstance(last, Mapping) else ""
