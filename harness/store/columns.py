"""The trials of a run one column at a time: kept when a run ends, so that a page on a hundred thousand of them opens at once."""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import astuple, fields
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias, cast

from harness.frozen import frozen

from . import facts, figures, runs
from .facts import CaseFact
from .figures import CheckTotal
from .packing import cell_text, pack, unpack

TRIAL_KINDS: Final[Mapping[str, str]] = {
    "number": "q", "case": "q", "agent": "i", "trial": "q", "status": "b", "outcome": "b", "score": "d", "began": "d",
    "seconds": "d", "ttft_s": "d", "input_tokens": "d", "output_tokens": "d", "cost_usd": "d", "judge_usd": "d",
}  # fmt: skip
"""Columns of trials with the kinds of `array`; what is unknown is NaN, and `began` is in seconds since 1970."""

OPEN_KINDS: Final[Mapping[str, str]] = {"number": "q", "check": "i", "passed": "b", "severity": "b", "broken": "b"}
"""Columns of verdicts that did not pass; `passed` is 0, or -1 where nothing was decided."""

STATUSES: Final = ("failed", "errored", "undecided", "missing", "passed")
"""What `status` counts through, worst first."""

_ASKED: Final = (
    "number", "case", "agent", "trial", "status", "outcome", "score", "started_at", "seconds", "ttft_s",
    "input_tokens", "output_tokens", "cost_usd", "judge_usd",
)  # fmt: skip
_TRIALS: Final = (
    "SELECT p.number, p.case_number, p.variant, p.trial, r.status, r.outcome, r.score, r.started_at, r.duration_s, r.ttft_s,"
    " r.input_tokens, r.output_tokens, r.cost_usd, r.judge_cost_usd"
    " FROM planned p LEFT JOIN results r ON r.planned = p.number WHERE p.run = ? ORDER BY p.number"
)
Numbers: TypeAlias = "memoryview[Any]"
"""A column."""

_FORM: Final = 1
_NO_OUTCOME: Final = -1
_ROWS: Final = 5_000
_HEAD: Final = 8
_NAMES: Final = ("agents", "outcomes", "checks", "severities")
_NAN: Final = float("nan")


@frozen
class Columns:
    """A run's trials, cases and open verdicts."""

    trials: Mapping[str, Numbers]
    """One value for each planned trial, in order: see `TRIAL_KINDS`."""

    opened: Mapping[str, Numbers]
    """One value for each verdict that did not pass: see `OPEN_KINDS`."""

    cases: tuple[CaseFact, ...]
    """The cases."""

    agents: tuple[str, ...]
    """What `agent` counts through."""

    outcomes: tuple[str, ...]
    """What `outcome` counts through; -1 stands for no result."""

    checks: tuple[str, ...]
    """What `check` counts through."""

    severities: tuple[str, ...]
    """What `severity` counts through."""

    judged: tuple[CheckTotal, ...]
    """Verdicts of judges, by suite."""


def of(connection: sqlite3.Connection, run_id: str) -> Columns:
    """The columns of a run: as they were kept, or gathered now for a run that has not ended or is older than this."""
    row = connection.execute("SELECT content FROM columns WHERE run = ?", (runs.number_of(connection, run_id),))
    kept = row.fetchone()
    return (kept and _read(kept[0])) or gather(connection, run_id)


def keep(connection: sqlite3.Connection, run: int, run_id: str) -> None:
    """Keep the columns of a run that has ended, and how many trials it has."""
    found = gather(connection, run_id)
    planned = len(found.trials["status"])
    done = planned - bytes(found.trials["status"]).count(STATUSES.index("missing"))
    connection.execute("INSERT INTO columns (run, content) VALUES (?, ?)", (run, _written(found)))
    connection.execute("UPDATE runs SET planned = ?, done = ? WHERE number = ?", (planned, done, run))


def forget(connection: sqlite3.Connection, run: int) -> None:
    """Drop what was kept of a run whose results change."""
    connection.execute("DELETE FROM columns WHERE run = ?", (run,))
    connection.execute("UPDATE runs SET planned = NULL, done = NULL WHERE number = ? AND planned IS NOT NULL", (run,))


def gather(connection: sqlite3.Connection, run_id: str) -> Columns:
    """Make the columns of a run from its rows."""
    agents, outcomes, checks, severities = _Codes(), _Codes(), _Codes(), _Codes()
    trials = {name: array(kind) for name, kind in TRIAL_KINDS.items()}
    rows = connection.execute(_TRIALS, (runs.number_of(connection, run_id),))
    while part := rows.fetchmany(_ROWS):
        for name, found in zip(_ASKED, zip(*part, strict=True), strict=True):
            _extend(trials, name, found, agents, outcomes)
    opened = {name: array(kind) for name, kind in OPEN_KINDS.items()}
    for number, name, passed, severity, broken in facts.open_verdicts(connection, run_id):
        cells = (number, checks[name], -1 if passed is None else int(passed), severities[severity], int(broken))
        for column, cell in zip(opened.values(), cells, strict=True):
            column.append(cell)
    return Columns(
        {name: memoryview(column) for name, column in trials.items()},
        {name: memoryview(column) for name, column in opened.items()},
        tuple(facts.cases(connection, run_id)),
        tuple(cell_text(name) for name in agents),
        tuple(outcomes),
        tuple(checks),
        tuple(severities),
        figures.check_totals(connection, run_id, judged=True),
    )


class _Codes(dict[Any, int]):
    """Numbers for names, given as names come."""

    def __missing__(self, name: Any) -> int:
        number = self[name] = len(self)
        return number


def _extend(trials: Mapping[str, Any], name: str, found: Iterable[Any], agents: _Codes, outcomes: _Codes) -> None:
    if name == "agent":
        trials[name].extend([agents[item] for item in found])
    elif name == "status":
        trials[name].extend([STATUSES.index(item or "missing") for item in found])
    elif name == "outcome":
        trials[name].extend([_NO_OUTCOME if item is None else outcomes[item] for item in found])
    elif name == "started_at":
        trials["began"].extend(map(_moment, found))
    elif TRIAL_KINDS[name] == "d":
        trials[name].extend([_NAN if item is None else item for item in found])
    else:
        trials[name].extend(found)


def _moment(text: object) -> float:
    """Seconds since 1970, UTC unless it says otherwise; NaN for what is no time."""
    try:
        found = datetime.fromisoformat(str(text))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return _NAN


def _written(columns: Columns) -> bytes:
    """A head that says what comes, then the columns as they lie in memory."""
    blocks = [*columns.trials.values(), *columns.opened.values()]
    head = pack(
        {
            "form": _FORM,
            "order": sys.byteorder,
            "trials": len(columns.trials["number"]),
            "opened": len(columns.opened["number"]),
            "cases": [[_plain(getattr(case, field.name)) for field in fields(CaseFact)] for case in columns.cases],
            "judged": [astuple(one) for one in columns.judged],
            **{name: getattr(columns, name) for name in _NAMES},
        }
    )
    packed = head.encode() if isinstance(head, str) else head
    return b"".join([len(packed).to_bytes(_HEAD, "little"), _padded(packed), *(_padded(bytes(one)) for one in blocks)])


def _read(content: bytes) -> Columns | None:
    """What `_written` wrote; None where another machine or another version did."""
    size = int.from_bytes(content[:_HEAD], "little")
    packed = content[_HEAD : _HEAD + size]
    head = unpack(packed if packed[:1] == b"\x78" else packed.decode())
    if head["form"] != _FORM or head["order"] != sys.byteorder:
        return None
    blocks = memoryview(content)[_HEAD + size + -size % _HEAD :]
    trials, rest = _cut(blocks, TRIAL_KINDS, head["trials"])
    opened, _ = _cut(rest, OPEN_KINDS, head["opened"])
    cases = tuple(CaseFact(*row) for row in head["cases"])
    judged = tuple(CheckTotal(*row) for row in head["judged"])
    return Columns(trials, opened, cases, judged=judged, **{name: tuple(head[name]) for name in _NAMES})


def _cut(blocks: Numbers, kinds: Mapping[str, str], length: int) -> tuple[dict[str, Numbers], Numbers]:
    """The columns at the beginning, and what follows them."""
    found: dict[str, Numbers] = {}
    for name, kind in kinds.items():
        size = length * array(kind).itemsize
        found[name] = blocks[:size].cast(cast(Literal["q", "i", "b"], kind))
        blocks = blocks[size + -size % _HEAD :]
    return found, blocks


def _plain(item: object) -> object:
    return dict(item) if isinstance(item, Mapping) else item


def _padded(block: bytes) -> bytes:
    """Whole words, so that columns of numbers can be read where they lie."""
    return block + bytes(-len(block) % _HEAD)
