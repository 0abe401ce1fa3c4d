"""Where finished trials go besides the store: spans and scores for people's own tools, best effort, never in the way."""

from .exporter import Delivery, Exporter, describe
from .exporters import connect
from .redact import Redactor
from .scoring import Score, scores
from .span import Span, span_id, trace_id
from .tree import count, spans

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
