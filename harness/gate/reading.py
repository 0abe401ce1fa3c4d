"""Read a decision that was written elsewhere, such as by a pull request's own job: strictly, because it may be hostile."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any, Final, Literal

from harness.errors import UserError
from harness.shape import MisfitsError, dotted, read, value

from .decision import Decision
from .words import FORMAT

MOST_BYTES: Final = 8 << 20
_REMEDY: Final = "write it with `finharness gate -o gate.json`, and download it unchanged"
_MOST_ALARMS: Final = 1000


@value
class RaisedAlarm:
    """An alarm as a decision file has it."""

    alarm: str
    """Name of the rule."""

    state: Literal["ALARM"]
    """Only those that are raised are there."""

    agent: str
    """Whom it is about; empty for all together."""

    value: float | None
    """What was measured."""

    threshold: str
    """What it was compared with."""

    samples: int
    """How many samples it rests on."""

    reason: str
    """Why, in a sentence."""

    gates: bool
    """Whether it fails a gate."""

    what: str
    """What to do about it."""

    @property
    def name(self) -> str:
        """The rule with its group."""
        return f"{self.alarm} [agent={self.agent}]" if self.agent else self.alarm


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """Read a decision file.

    Raises:
        UserError: when it is no regular file, too large, or anything but what `document` writes.
    """
    data = _parse(_fetch(path), path)
    if not isinstance(data, dict) or set(data) - {"alarms"} != {"format", "value", "exit_code", "suites"}:
        raise _refused(path, "is no decision")
    if data["format"] != FORMAT:
        raise _refused(path, "has another format than this finharness reads")
    try:
        found: tuple[Decision, ...] = read(tuple[Decision, ...], data["suites"])
    except MisfitsError as error:
        first = error.misfits[0]
        raise _refused(path, f"is no decision: suites{dotted(first.path)}: {first.problem}") from error
    if not found:
        raise _refused(path, "decides about no suite")
    if any(item.baseline < 1 or item.trials < 1 for one in found for item in (*one.lost, *one.gained)):
        raise _refused(path, "is no decision: a case without trials")
    return found


def read_alarms(path: Path) -> tuple[RaisedAlarm, ...]:
    """Read the alarms of a decision file; none where it has none.

    Raises:
        UserError: as for the decisions, or when they are anything but what the gate writes.
    """
    data = _parse(_fetch(path), path)
    rows = data.get("alarms", []) if isinstance(data, dict) else None
    if not isinstance(rows, list) or len(rows) > _MOST_ALARMS:
        raise _refused(path, "has alarms that are none")
    try:
        return tuple(read(RaisedAlarm, row) for row in rows)
    except MisfitsError as error:
        raise _refused(path, f"has alarms that are none: {error.misfits[0].problem}") from error


def _fetch(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror})") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _refused(path, "is no regular file")
        raw = _read(descriptor)
    finally:
        os.close(descriptor)
    if len(raw) > MOST_BYTES:
        raise _refused(path, f"is larger than {MOST_BYTES >> 20} MiB")
    return raw


def _read(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return file.read(MOST_BYTES + 1)


def _parse(raw: bytes, path: Path) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _refused(path, "is not JSON") from error


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _refused(path: Path, problem: str) -> UserError:
    return UserError(f"the decision {problem}", remedy=_REMEDY, where=str(path))
