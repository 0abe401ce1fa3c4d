"""Python's own logging as JSON lines with trace ids, for production agents: one formatter, one call to set it up."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from .canonical import canonical_json
from .entry import stamp
from .log import current

_USUAL: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object per record: time, level, logger, event, message, what `AuditLog.about` says, and the record's `extra`.

    A message that is itself a JSON object, as many programs log them, is taken apart: its members become fields.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        said: dict[str, Any] = {
            "timestamp": stamp(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            **_trace(),
            **current(),
        }
        message = _message(record)
        inner = _members(message)
        said.update(inner if inner is not None else {"message": message})
        said.update((name, content) for name, content in record.__dict__.items() if name not in _USUAL)
        if record.exc_info and record.exc_info[0] is not None:
            said["error_type"] = record.exc_info[0].__name__
            said["traceback"] = self.formatException(record.exc_info)
        return canonical_json(said)


def configure(
    level: int | str = logging.INFO, *, stream: TextIO | None = None, logger: logging.Logger | None = None
) -> logging.Handler:
    """Send a logger's records (by default all of them) to a stream as JSON lines; calling it twice changes nothing."""
    target = logger or logging.getLogger()
    for known in target.handlers:
        if isinstance(known.formatter, JsonFormatter):
            target.setLevel(level)
            return known
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonFormatter())
    target.addHandler(handler)
    target.setLevel(level)
    return handler


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - arguments that do not fit their format must not lose the record
        return f"{record.msg} {record.args!r}"


def _members(message: str) -> dict[str, Any] | None:
    if not message.startswith("{"):
        return None
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _trace() -> dict[str, str]:
    """The ids of OpenTelemetry's current span, where it is used at all."""
    if "opentelemetry.trace" not in sys.modules:
        return {}
    from opentelemetry import trace

    known = trace.get_current_span().get_span_context()
    if not known.is_valid:
        return {}
    return {"trace_id": f"{known.trace_id:032x}", "span_id": f"{known.span_id:016x}"}
