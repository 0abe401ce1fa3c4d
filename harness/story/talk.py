"""What was said in a trial, in order."""

from __future__ import annotations

import json
from contextlib import suppress

from harness.frozen import frozen
from harness.model import Result

from .words import cell_lines


@frozen
class Said:
    """One message of a conversation."""

    who: str
    """`user` or `agent`."""

    text: str
    """What was said, whole, for showing as it is; JSON is indented."""

    json: bool
    """Whether it is JSON."""


def conversation(result: Result) -> tuple[Said, ...]:
    """What was said, in order."""
    case, trace = result.job.case, result.outcome.trace
    asked = [turn.input for turn in case.turns] if case.turns else [case.input]
    answers = [turn.answer for turn in trace.turns] or [trace.answer]
    said: list[Said] = []
    for index, question in enumerate(asked):
        said.append(_said("user", question))
        if index < len(answers):
            said.append(_said("agent", answers[index]))
    return tuple(said)


def _said(who: str, item: object) -> Said:
    if isinstance(item, str) and item[:1] in {"{", "["}:
        with suppress(ValueError, RecursionError):  # what only looks like JSON stays text
            item = json.loads(item)
    return Said(who, cell_lines(item), json=not isinstance(item, str | None))
