"""Where finished trials go besides the store: spans and scores for people's own tools, best effort, never in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import exports

if TYPE_CHECKING:
    from .exporter import Delivery, Exporter, close_all, describe
    from .exporters import connect
    from .facade import Telemetry, open_telemetry
    from .redact import Redactor
    from .scoring import Score, scores
    from .scrub import Scrubber, scrubber
    from .span import Span, span_id, trace_id
    from .tree import count, spans

__all__ = [
    "Delivery",
    "Exporter",
    "Redactor",
    "Score",
    "Scrubber",
    "Span",
    "Telemetry",
    "close_all",
    "connect",
    "count",
    "describe",
    "open_telemetry",
    "scores",
    "scrubber",
    "span_id",
    "spans",
    "trace_id",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "exporter": ("Delivery", "Exporter", "close_all", "describe"),
        "exporters": ("connect",),
        "facade": ("Telemetry", "open_telemetry"),
        "redact": ("Redactor",),
        "scoring": ("Score", "scores"),
        "scrub": ("Scrubber", "scrubber"),
        "span": ("Span", "span_id", "trace_id"),
        "tree": ("count", "spans"),
    },
)
