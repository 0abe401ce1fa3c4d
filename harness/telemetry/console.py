"""Traces for a developer's eyes: each finished trial as a small tree on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TextIO

from harness.model import Result, RunManifest
from harness.text import one_line

from . import names
from .exporter import Delivery
from .parcel import Adding, Parcel, Pause, Receipt
from .redact import Redactor
from .span import Span
from .tree import spans

_MARKS = {"passed": "✓", "failed": "✗", "errored": "!", "undecided": "?"}
_MESSAGE_LIMIT = 120
_DEEPEST = 90


class ConsoleExporter:
    """Writes trees; a stream that cannot be written to any more is counted, not complained about."""

    name = "console"

    def __init__(self, redactor: Redactor, stream: TextIO | None = None) -> None:
        self._redactor = redactor
        self._stream = stream
        self._accepted = self._delivered = 0
        self._reason = ""

    def export(self, manifest: RunManifest, result: Result) -> None:
        """Write one trial's tree."""
        made = [self._redactor.span(span) for span in spans(manifest, result)]
        self._accepted += len(made)
        try:
            # One write per tree, so that trees of concurrent trials do not mix.
            (self._stream or sys.stderr).write("\n".join(tree(made)) + "\n")
        except (OSError, ValueError) as error:
            self._reason = self._reason or f"{type(error).__name__}: {error}"
        else:
            self._delivered += len(made)

    def close(self, deadline_s: float) -> Delivery:  # noqa: ARG002 - nothing is waiting
        """Account for what was written."""
        return Delivery(self.name, self._accepted, self._delivered, self._accepted - self._delivered, self._reason)


class ConsoleTransport:
    """Writes a running program's traces, each when its root has ended."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._open: dict[str, list[Span]] = {}

    def send(self, parcels: Sequence[Parcel], pause: Pause) -> Receipt:  # noqa: ARG002 - a stream needs no waiting
        """Write the traces that are whole, and log lines as they come."""
        made = [span for parcel in parcels for span in parcel.spans]
        for span in made:
            self._open.setdefault(span.trace_id, []).append(span)
        lines = [f"  {one_line(line.text, _MESSAGE_LIMIT)}" for parcel in parcels for line in parcel.logs]
        for span in made:
            if span.parent_id is None:
                lines += tree(self._open.pop(span.trace_id, []))
        return self._write(lines, len(made), sum(len(parcel.scores) for parcel in parcels))

    def finish(self, sums: Adding, pause: Pause) -> None:  # noqa: ARG002 - metrics are not for reading
        """Write what never got a root here, such as work for another process."""
        for made in self._open.values():
            known = {span.span_id for span in made}
            orphans = [replace(span, parent_id=None) if span.parent_id not in known else span for span in made]
            self._write([*tree(orphans)], 0, 0)
        self._open.clear()

    def close(self) -> None:
        """Nothing to let go of."""

    def _write(self, lines: Sequence[str], spans: int, scores: int) -> Receipt:
        try:
            if lines:
                (self._stream or sys.stderr).write("\n".join(lines) + "\n")
        except (OSError, ValueError) as error:
            return Receipt(reason=f"{type(error).__name__}: {error}")
        return Receipt(spans, scores)


def tree(made: Sequence[Span]) -> Iterator[str]:
    """Write one trace as an indented tree, safe for a terminal."""
    children: dict[str | None, list[Span]] = {}
    for span in made:
        children.setdefault(span.parent_id, []).append(span)
    for root in children.get(None, []):
        yield f"{_MARKS.get(str(root.attributes.get(names.STATUS)), ' ')} {_line(root)}"
        yield from _branches(children, root.span_id, "")


def _branches(children: dict[str | None, list[Span]], parent: str, indent: str) -> Iterator[str]:
    if len(indent) > _DEEPEST and parent in children:
        yield f"{indent}… deeper spans left out"
        return
    own = sorted(children.get(parent, ()), key=lambda span: span.start_ns)
    for span in own:
        last = span is own[-1]
        yield f"{indent}{'└─' if last else '├─'} {_line(span)}"
        yield from _branches(children, span.span_id, f"{indent}{'   ' if last else '│  '}")


def _line(span: Span) -> str:
    known = span.attributes
    facts = [f"#{known[names.TRIAL]}" if names.TRIAL in known else "", str(known.get(names.STATUS, ""))]
    if names.EVALUATION_LABEL in known:
        facts += [f"{known[names.EVALUATION_LABEL]}: {known.get(names.EVALUATION_REASON, '')}"]
    else:
        facts += [f"{span.seconds:.3f} s", _tokens(span), _cost(span)]
    if span.message and span.parent_id is not None:
        facts.append(f"error: {span.message}")
    words = " ".join(fact for fact in facts if fact)
    return f"{one_line(span.name, 60)}  {one_line(words, _MESSAGE_LIMIT)}".rstrip()


def _tokens(span: Span) -> str:
    read, written = span.attributes.get(names.INPUT_TOKENS), span.attributes.get(names.OUTPUT_TOKENS)
    return f"{read}→{written} tokens" if read is not None and written is not None and (read or written) else ""


def _cost(span: Span) -> str:
    cost = span.attributes.get(names.COST)
    return f"${cost:.4f}" if isinstance(cost, float | int) and cost else ""
