"""One span, and the ids that stay the same however often it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from harness.frozen import frozen

Attribute: TypeAlias = str | bool | int | float | tuple[str, ...]


@frozen
class Span:
    """One timed piece of a trial, in OpenTelemetry's terms."""

    trace_id: str
    """32 hex digits; one trace per trial."""

    span_id: str
    """16 hex digits, unique in the trace."""

    name: str
    """Operation and what it worked on."""

    start_ns: int
    """Nanoseconds since 1970, UTC."""

    end_ns: int
    """Nanoseconds since 1970, UTC; never before the start."""

    parent_id: str | None = None
    """Span that this one belongs to; None for the root."""

    kind: Literal["internal", "client"] = "internal"
    """`client` when the work happened elsewhere."""

    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    """Details, under the names of `harness.telemetry.names`."""

    status: Literal["unset", "ok", "error"] = "unset"
    """`error` when it failed."""

    message: str = ""
    """Why it failed."""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.end_ns - self.start_ns) / 1e9


def trace_id(run: str, key: str) -> str:
    """Derive a trial's trace id from the run and the trial's key."""
    return _digest(f"{run}|{key}")[:32]


def span_id(trace: str, path: str) -> str:
    """Derive a span's id from its trace and its place in it."""
    return _digest(f"{trace}|{path}")[:16]


def _digest(text: str) -> str:
    # An all-zero id means "no id" in OpenTelemetry; a digest is that with probability 2^-64.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
