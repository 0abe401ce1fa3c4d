"""Spans kept in memory, for tests of what a program records."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from .live import ABOUT, span_of
from .redact import Redactor
from .span import Span


class Memory(SpanProcessor):
    """Keeps finished spans; they are cleaned when they are looked at."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._found: list[ReadableSpan] = []

    @property
    def spans(self) -> tuple[Span, ...]:
        """What finished so far, in that order."""
        return tuple(self._redactor.span(span_of(item)) for item in tuple(self._found))

    def on_start(self, span: Any, parent_context: Any = None) -> None:  # noqa: ARG002 - the SDK's signature
        """Add what is known of the context."""
        known = ABOUT.get()
        if known:
            span.set_attributes(known)

    def on_end(self, span: ReadableSpan) -> None:
        """Keep it."""
        self._found.append(span)  # atomic

    def shutdown(self) -> None:
        """Nothing to let go of."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Nothing is waiting."""
        return True
