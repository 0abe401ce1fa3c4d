"""Say in a pytest report why a trial did not pass."""

from __future__ import annotations

import json
from collections.abc import Iterator

from harness.model import Result, Verdict
from harness.shape import plain
from harness.text import one_line, shorten, visible


def explained(result: Result) -> Iterator[str]:
    """The lines of a failure: each check that did not hold, with what was expected and found."""
    outcome, case = result.outcome, result.job.case
    yield f"{result.status}: {one_line(result.job.key)}" + (f" ({case.where})" if case.where is not None else "")
    if case.description:
        yield f"  {one_line(case.description)}"
    if outcome.status != "completed" and outcome.error is not None:
        yield f"  {outcome.status}: {one_line(outcome.error.message, 1000)}"
        yield from (f"    {line}" for line in visible(outcome.error.traceback).splitlines())
    for verdict in result.verdicts:
        if verdict.passed is not True:
            yield from _told(verdict)
    if outcome.trace.answer:
        yield f"  answer: {one_line(outcome.trace.answer, 400)}"


def _told(verdict: Verdict) -> Iterator[str]:
    sign = "?" if verdict.passed is None else "✗"
    yield f"  {sign} {one_line(verdict.check)}: {one_line(verdict.reason, 600)}"
    for label, content in (("expected", verdict.expected), ("actual", verdict.actual)):
        if content is not None and verdict.passed is False:
            yield f"      {label}: {one_line(shorten(_written(content), 600), 700)}"
    if verdict.where:
        yield f"      asked at: {one_line(verdict.where)}"


def _written(content: object) -> str:
    return content if isinstance(content, str) else json.dumps(plain(content), ensure_ascii=False, default=str)


def undecided_reason(result: Result) -> str:
    """Why nothing was decided."""
    return next((one_line(item.reason) for item in result.verdicts if item.passed is None), "nothing was decided")
