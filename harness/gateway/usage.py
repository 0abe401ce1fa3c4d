"""The usage log: one line of JSON for each request, with who asked, what it took and what became of it. No words, no keys."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from harness.errors import ConfigError, os_errors
from harness.llm.request import ModelReply

Outcome: TypeAlias = Literal["ok", "refused", "failed", "cancelled"]
"""`refused`: by us, before anything was sent. `failed`: by the provider. `cancelled`: the client went away."""

VERSION: Final = 1
_MODE: Final = 0o600


@dataclass(slots=True)
class Entry:
    """One request, as it is written down. None is unknown, and unknown is not zero."""

    id: str
    """Identity of the request; the reply's is made of it."""

    at: str
    """When it came, in UTC."""

    entity: str = ""
    """Who asked; empty when nobody knows."""

    tenant: str = ""
    """Whom that belongs to."""

    budget: str | None = None
    """Budget that it was paid from."""

    trial: str = ""
    """Trial that the path named."""

    protocol: str = ""
    """`anthropic`, `openai`, `bedrock` or `invoke`."""

    asked: str = ""
    """Model as the client named it."""

    model: str = ""
    """Model that it was counted under."""

    provider: str = ""
    """Who answered."""

    stream: bool = False
    """Whether a stream was wanted."""

    outcome: Outcome = "failed"
    """What became of it."""

    status: int = 0
    """HTTP status; 200 for a stream that broke off later."""

    reason: str = ""
    """Why it was not served, in a word."""

    message: str = ""
    """The same in a sentence."""

    input_tokens: int | None = None
    """Input tokens, those from a cache included."""

    output_tokens: int | None = None
    """Output tokens."""

    cached_tokens: int | None = None
    """Input tokens from the provider's cache."""

    micro_usd: int | None = None
    """Price in micro-dollars."""

    counted_tokens: int = 0
    """Tokens that the budget was charged with: what was set aside, where nobody knows."""

    counted_micro_usd: int = 0
    """Money that the budget was charged with."""

    stop_reason: str = ""
    """Why the model stopped."""

    tool_calls: int = 0
    """Tools that it asked for."""

    replayed: bool = False
    """Whether a recording answered, which costs nothing."""

    ms: float = 0.0
    """Milliseconds until the end."""

    first_ms: float | None = None
    """Milliseconds until the first byte of the reply."""

    flow: list[str] = field(default_factory=list)
    """The stations that it passed: authenticate, plan, limit, model, count."""

    begun_s: float = field(default_factory=time.perf_counter)
    """When it came, on a clock that never goes back; not written down."""

    def took(self, reply: ModelReply) -> None:
        """Write down what a reply says of itself."""
        self.stop_reason, self.tool_calls = reply.stop_reason, len(reply.tool_calls)


class UsageLog:
    """A file of entries, which only its owner can read; every entry is there before its request has ended."""

    def __init__(
        self, path: Path | None = None, *, on_entry: Callable[[Mapping[str, Any]], None] | None = None
    ) -> None:
        """Open the log.

        Args:
            path: The file, begun or continued; None keeps no log.
            on_entry: Told of each line.

        Raises:
            ConfigError: when it cannot be written.
        """
        self._on_entry = on_entry
        self._descriptor: int | None = None
        if path is None:
            return
        with os_errors(ConfigError, "the usage log cannot be written", remedy="choose another file", where=path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _MODE)

    def write(self, entry: Entry) -> None:
        """Add a request."""
        known = {name: getattr(entry, name) for name in _FIELDS}
        self.line(
            {"v": VERSION, "event": "request", **{key: item for key, item in known.items() if item not in ("", None)}}
        )

    def line(self, data: Mapping[str, Any]) -> None:
        """Add anything else, such as a budget that is half spent."""
        if self._on_entry is not None:
            self._on_entry(data)
        if self._descriptor is not None:
            os.write(self._descriptor, json.dumps(data, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


_FIELDS: Final = tuple(name for name in Entry.__dataclass_fields__ if name != "begun_s")


def entries(path: Path) -> Iterator[Mapping[str, Any]]:
    """The requests in a log; a last line that was cut off by a crash is none."""
    try:
        file = path.open(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    with file:
        for text in file:
            try:
                found = json.loads(text)
            except ValueError:
                continue
            if isinstance(found, dict) and found.get("event") == "request":
                yield found


def now() -> str:
    """The time, as entries have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
