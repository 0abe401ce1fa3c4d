"""OpenTelemetry's providers, put together: never the process's global ones, which belong to the program."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry import context, trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from harness.workspace import TelemetrySettings

from .careful import CarefulTracer
from .live import ABOUT, Ids, Lines, LivePacker, Metrics, Spans, plain_attributes, setting
from .memory import Memory
from .names import GENAI_VERSION
from .outbox import Outbox
from .redact import Redactor
from .span import Attribute

_ABOUT = "finharness-about"
_W3C = TraceContextTextMapPropagator()


class Parts:
    """A tracer, a meter and a logger provider that feed the same outboxes."""

    def __init__(self) -> None:
        resource = Resource({"service.name": "finharness"})
        self._reader = InMemoryMetricReader()
        self.tracers = TracerProvider(resource=resource, id_generator=Ids(), shutdown_on_exit=False)
        self.meters = MeterProvider([self._reader], resource=resource, shutdown_on_exit=False)
        self.loggers = LoggerProvider(resource=resource, shutdown_on_exit=False)

    def tracer(self, name: str) -> CarefulTracer:
        """The tracer of one part of a program."""
        return CarefulTracer(self.tracers.get_tracer(name, GENAI_VERSION))

    def packer(self, run: str, cleaner: Redactor, name: str, settings: TelemetrySettings) -> LivePacker:
        """What prepares things for one exporter."""
        scored = name in {"langfuse", "jsonl"} or (name == "otlp" and settings.scores != "none")
        full = settings.content == "full"
        return LivePacker(run, cleaner, Metrics(self._reader), with_scores=scored, with_content=full)

    def start(self, boxes: Sequence[Outbox], memory: Memory | None) -> None:
        """Feed outboxes and memory."""
        if boxes or memory is None:
            self.tracers.add_span_processor(Spans(boxes))
            self.loggers.add_log_record_processor(Lines(boxes))
        if memory is not None:
            processor: SpanProcessor = memory
            self.tracers.add_span_processor(processor)

    def log(self, logger: Any, text: str, event: str, severity: int, attributes: Mapping[str, Attribute]) -> None:
        """Emit a record in the current span."""
        logger.emit(
            LogRecord(
                timestamp=time.time_ns(),
                severity_number=SeverityNumber(severity),
                body=text,
                event_name=event or None,
                attributes=dict(plain_attributes(attributes)),
            )
        )

    def ids(self, span: Any) -> tuple[str, str]:
        """Trace and span id of a span, or of the current one; '' where there is none."""
        known = (span or trace.get_current_span()).get_span_context()
        return (f"{known.trace_id:032x}", f"{known.span_id:016x}") if known.is_valid else ("", "")

    def carrier(self) -> dict[str, str]:
        """W3C's `traceparent`, and what is known of the context."""
        found: dict[str, str] = {}
        _W3C.inject(found)
        about = ABOUT.get()
        return found | ({_ABOUT: json.dumps(about)} if about else {})

    @contextmanager
    def joined(self, carrier: Mapping[str, str]) -> Iterator[None]:
        """Go on where `carrier` was made."""
        known = {key.lower(): item for key, item in carrier.items()}
        token = context.attach(_W3C.extract(known))
        try:
            about = {
                key: tuple(item) if isinstance(item, list) else item for key, item in _read(known.get(_ABOUT)).items()
            }
            with setting(ABOUT, about or ABOUT.get()):
                yield
        finally:
            context.detach(token)


def _read(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
