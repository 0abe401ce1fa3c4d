"""What a page on operations shows of an audit log: plain values, read from the file alone."""

from __future__ import annotations

import json
from collections import Counter, deque
from pathlib import Path
from typing import Any

from harness.errors import UserError

from .verifying import Verification, verify


def audit_page(path: Path, key: bytes | None = None, *, limit: int = 50) -> dict[str, Any]:
    """The state of a log and its newest entries.

    Returns:
        `state` (`verified`, `broken` or `none`), `words` (one sentence), `remedy`, `line`, `entries`, `removed`, `signed`, `first`,
        `last`, `head`, `events` (name to count), `compliance` (result to count) and `rows` (newest first: time, event, agent, job,
        user, trace_id, details as JSON). A log that is not there yet is `none`.
    """
    try:
        found = verify(path, key)
    except UserError as error:
        return {
            "state": "none",
            "words": error.problem,
            "remedy": error.remedy,
            "rows": [],
            "events": {},
            "compliance": {},
        }
    events: Counter[str] = Counter()
    results: Counter[str] = Counter()
    newest: deque[dict[str, str]] = deque(maxlen=limit)
    with path.open("rb") as file:
        for line in file:
            entry = _entry(line)
            if entry is not None:
                events[str(entry.get("event"))] += 1
                results.update(_compliance(entry))
                newest.append(row(entry))
    problem = found.problem
    return {
        "state": "verified" if found.ok else "broken",
        "words": words(found),
        "remedy": problem.remedy if problem else "",
        "line": problem.line if problem else 0,
        "entries": found.entries,
        "removed": found.removed,
        "signed": found.signed,
        "first": found.first,
        "last": found.last,
        "head": str(found.head),
        "events": dict(events.most_common()),
        "compliance": dict(results.most_common()),
        "rows": list(reversed(newest)),
    }


def words(found: Verification) -> str:
    """One sentence on what verification found."""
    if found.problem is not None:
        place = f"line {found.problem.line}: " if found.problem.line else ""
        return f"{place}{found.problem.problem}"
    removed = f", after {found.removed:,} that retention removed" if found.removed else ""
    signed = (
        ", signed"
        if found.signed
        else "; their signatures were not checked, for want of the key"
        if found.unchecked
        else ""
    )
    ending = "" if found.anchored else "; whether any are missing at the end is not known"
    entries = "1 entry holds" if found.entries == 1 else f"{found.entries:,} entries hold"
    return f"{entries}{removed}{signed}{ending}"


def row(entry: dict[str, Any]) -> dict[str, str]:
    """One entry for a table."""
    known = {name: str(entry.get(name, "")) for name in ("seq", "time", "event", "agent", "job_id", "user", "trace_id")}
    return {**known, "details": json.dumps(entry.get("details", {}), ensure_ascii=False, sort_keys=True)}


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _compliance(entry: dict[str, Any]) -> list[str]:
    details = entry.get("details")
    known = details.get("compliance") if isinstance(details, dict) else None
    return [str(known.get("result"))] if isinstance(known, dict) else []
