"""OpenTelemetry's tracer, but data that it cannot walk through stops no program: circular values are named instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from opentelemetry.trace import SpanKind, Tracer, use_span

_CIRCULAR = "<data that goes in circles>"


class CarefulTracer:
    """Wraps the SDK's tracer and has its methods."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def start_span(
        self, name: str, context: Any = None, kind: SpanKind = SpanKind.INTERNAL, attributes: Any = None, **known: Any
    ) -> Any:
        """Start a span; see OpenTelemetry."""
        try:
            span = self._tracer.start_span(name, context, kind, attributes, **known)
        except RecursionError:
            span = self._tracer.start_span(name, context, kind, dict.fromkeys(attributes, _CIRCULAR), **known)
        if span.is_recording():
            span.__class__ = _careful(type(span))
        return span

    @contextmanager
    def start_as_current_span(
        self,
        name: str,
        context: Any = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Any = None,
        *,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
        **known: Any,
    ) -> Iterator[Any]:
        """Start a span and make it the current one; see OpenTelemetry."""
        span = self.start_span(name, context, kind, attributes, **known)
        with use_span(span, end_on_exit, record_exception, set_status_on_exception):
            yield span


@cache
def _careful(kind: type) -> type:
    """A subclass of the SDK's span class whose attributes may be anything."""

    def set_attribute(self: Any, key: str, value: Any) -> None:
        try:
            kind.set_attribute(self, key, value)  # type: ignore[attr-defined]  # it is a span's class
        except RecursionError:
            kind.set_attribute(self, key, _CIRCULAR)  # type: ignore[attr-defined]  # as above

    def set_attributes(self: Any, attributes: Mapping[str, Any]) -> None:
        for key, value in attributes.items():
            set_attribute(self, key, value)

    return type("CarefulSpan", (kind,), {"set_attribute": set_attribute, "set_attributes": set_attributes})
