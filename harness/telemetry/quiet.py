"""The telemetry of a program that has none: the same calls, without OpenTelemetry and at next to no cost."""

from __future__ import annotations

from typing import Any, Self


class QuietSpan:
    """A span that records nothing; also a context manager."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def is_recording(self) -> bool:
        """Never."""
        return False

    def set_attribute(self, key: str, value: Any) -> None:
        """Nothing."""

    def set_attributes(self, attributes: Any) -> None:
        """Nothing."""

    def add_event(self, name: str, attributes: Any = None, timestamp: int | None = None) -> None:
        """Nothing."""

    def update_name(self, name: str) -> None:
        """Nothing."""

    def set_status(self, status: Any, description: str | None = None) -> None:
        """Nothing."""

    def record_exception(self, exception: BaseException, *_: Any, **__: Any) -> None:
        """Nothing."""

    def end(self, end_time: int | None = None) -> None:
        """Nothing."""


SPAN = QuietSpan()
"""The only one that is needed."""


class QuietTracer:
    """Starts spans that record nothing."""

    def start_span(self, name: str, *_: Any, **__: Any) -> QuietSpan:  # noqa: ARG002 - OpenTelemetry's signature
        """A span that records nothing."""
        return SPAN

    def start_as_current_span(self, name: str, *_: Any, **__: Any) -> QuietSpan:  # noqa: ARG002 - as above
        """A span that records nothing."""
        return SPAN


class QuietInstrument:
    """Counts nothing."""

    def add(self, amount: float, attributes: Any = None, context: Any = None) -> None:
        """Nothing."""

    def record(self, amount: float, attributes: Any = None, context: Any = None) -> None:
        """Nothing."""

    def set(self, amount: float, attributes: Any = None, context: Any = None) -> None:
        """Nothing."""


class QuietMeter:
    """Makes instruments that count nothing."""

    def create_counter(self, name: str, *_: Any, **__: Any) -> QuietInstrument:  # noqa: ARG002 - OpenTelemetry's signature
        """A counter."""
        return QuietInstrument()

    create_up_down_counter = create_histogram = create_gauge = create_counter


class QuietLogger:
    """Says nothing."""

    def emit(self, *_: Any, **__: Any) -> None:
        """Nothing."""
