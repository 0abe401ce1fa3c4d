"""A run as JUnit XML, for CI systems: one suite per suite file, one test per trial."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from harness.model import Result, Verdict
from harness.summary import Summary
from harness.text import one_line, shorten, visible

from .data import reason_of
from .picture import place_of, show_command, troubles, written

# XML 1.0 has no form for these, not even as character references.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TELL = 2_000


def junit(summary: Summary, results: Iterable[Result], _templates: Path | None = None) -> Iterator[str]:
    """The document, suite by suite; results of a suite stand together because they were planned so."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    counts = summary.counts
    yield (
        f'<testsuites name="finharness" tests="{counts.planned}" failures="{counts.failed}"'
        f' errors="{counts.errored + counts.missing}" skipped="{counts.undecided}">\n'
    )
    for suite, members in groupby(results, key=lambda result: result.job.case.suite):
        yield f"  <testsuite {_attributes(name=suite)}>\n"
        for result in members:
            yield from _test(result)
        yield "  </testsuite>\n"
    yield from _missing(summary)
    yield "</testsuites>\n"


def _test(result: Result) -> Iterator[str]:
    job = result.job
    place = _attributes(
        classname=job.case.suite,
        name=f"{job.case.id} [{job.variant}] #{job.index}",
        time=f"{result.outcome.trace.duration_s:.3f}",
    )
    element = {"failed": "failure", "errored": "error", "undecided": "skipped"}.get(result.status)
    if element is None:
        yield f"    <testcase {place}/>\n"
        return
    message = _attributes(message=one_line(reason_of(result) or result.status, 500), type=result.outcome.status)
    yield f"    <testcase {place}>\n      <{element} {message}>{_escaped(_told(result))}</{element}>\n    </testcase>\n"


def _missing(summary: Summary) -> Iterator[str]:
    rows = [row for row in summary.cases if row.counts.missing]
    if not rows:
        return
    yield '  <testsuite name="not run">\n'
    for row in rows:
        for number in range(row.counts.missing):
            place = _attributes(classname=row.suite, name=f"{row.case} [{row.variant}] not run {number + 1}")
            yield f'    <testcase {place}>\n      <error message="planned and not run"/>\n    </testcase>\n'
    yield "  </testsuite>\n"


def _told(result: Result) -> str:
    """The checks that did not hold, each with what it expected and found."""
    error = result.outcome.error
    parts = [] if error is None else [f"{error.type}: {error.message}", *error.traceback.splitlines()]
    for verdict in troubles(result):
        parts += _lines(verdict)
    return "\n".join(shorten(part, _TELL) for part in [*parts, show_command(result)])


def _lines(verdict: Verdict) -> list[str]:
    parts = [f"{verdict.check} ({verdict.severity}): {verdict.reason}"]
    for label, value in (("expected", verdict.expected), ("actual", verdict.actual)):
        if value is not None:
            parts.append(f"  {label}: {written(value)}")
    return parts + [f"  evidence: {place_of(item)}" for item in verdict.evidence]


def _attributes(**values: str) -> str:
    return " ".join(f'{name}="{_escaped(value)}"' for name, value in values.items())


def _escaped(text: str) -> str:
    shown = _NO_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", visible(text))
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        shown = shown.replace(character, entity)
    return shown
