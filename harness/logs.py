"""What the command line tells its operator, as JSON lines for a log collector instead of words for a person.

Off until `to_json` is called. The lines have the names that CloudWatch, Datadog and most collectors look for: `timestamp`, `level`,
`event`, `message`, and `run`, `trace_id` and whatever else is known.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TextIO, TypeAlias

Level: TypeAlias = Literal["debug", "info", "warning", "error"]

_state: dict[str, Any] = {"stream": None, "known": {}}


def to_json(stream: TextIO | None = None, **known: Any) -> None:
    """Write JSON lines from now on, to standard error or a stream; `known` goes into each of them."""
    _state.update(stream=stream or sys.stderr, known=known)


def to_words() -> None:
    """Write words for people again."""
    _state.update(stream=None, known={})


def on() -> bool:
    """Whether JSON lines are written."""
    return _state["stream"] is not None


def emit(level: Level, event: str, message: str = "", /, **fields: Any) -> None:
    """Write one line; nothing where JSON lines are not wanted."""
    stream = _state["stream"]
    if stream is None:
        return
    stream.write(line(level, event, message, {**_state["known"], **fields}))
    stream.flush()


def line(level: Level, event: str, message: str, fields: Mapping[str, Any]) -> str:
    """One line, with its end; what JSON has no word for is written as text, and what is unknown is left out."""
    said = {
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": level,
        "event": event,
        **({"message": message} if message else {}),
        **{name: content for name, content in fields.items() if content is not None and content != ""},
    }
    # ASCII alone: no terminal, collector or CI runner can be steered by what an agent wrote.
    return f"{json.dumps(said, default=str, ensure_ascii=True)}\n"
