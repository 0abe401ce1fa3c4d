"""Where finished trials go besides the store: spans and scores for people's own tools, best effort, never in the way."""

from .connect import connect
from .exporter import Delivery, Exporter, describe
from .redact import Redactor
from .scores import Score, scores
from .span import Span, span_id, trace_id
from .spans import count, spans

__all__ = [
    "Delivery",
    "Exporter",
    "Redactor",
    "Score",
    "Span",
    "connect",
    "count",
    "describe",
    "scores",
    "span_id",
    "spans",
    "trace_id",
]
