"""Entries of a log that somebody asks for, and files made of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from harness.errors import UserError
from harness.frozen import frozen

from .anonymous import Pseudonyms
from .canonical import canonical_json
from .catalogue import LOGS_OWN
from .entry import cleaned
from .file import opened
from .log import AuditLog

COLUMNS: Final = (
    "seq",
    "time",
    "event",
    "agent",
    "job_id",
    "user",
    "run",
    "trace_id",
    "span_id",
    "service",
    "details",
    "hash",
)
"""What a table of entries has."""

_LINKS: Final = frozenset({"seq", "prev", "hash", "mac"})
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@frozen
class Wanted:
    """Which entries; what is not said is not asked."""

    events: tuple[str, ...] = ()
    """Names of events."""

    agent: str = ""
    """Who acted."""

    job_id: str = ""
    """The job."""

    users: tuple[str, ...] = ()
    """Pseudonyms of the user, any of them."""

    trace_id: str = ""
    """The trace, or the beginning of its id."""

    run: str = ""
    """The run, or the beginning of its id."""

    since: str = ""
    """Not earlier than this, ISO 8601."""

    until: str = ""
    """Earlier than this."""

    def fits(self, entry: Mapping[str, Any]) -> bool:
        """Whether an entry is asked for."""
        exact = all(
            not wanted or entry.get(name) == wanted for name, wanted in (("agent", self.agent), ("job_id", self.job_id))
        ) and (not self.users or entry.get("user") in self.users)
        begun = all(
            not wanted or str(entry.get(name, "")).startswith(wanted)
            for name, wanted in (("trace_id", self.trace_id), ("run", self.run))
        )
        when = str(entry.get("time", ""))
        timely = (not self.since or when >= self.since) and (not self.until or when < self.until)
        return exact and begun and timely and (not self.events or entry.get("event") in self.events)


def read_entries(path: Path, wanted: Wanted | None = None) -> Iterator[dict[str, Any]]:
    """The entries of a file; lines that are none are passed over, because `verify` is what judges them.

    Raises:
        UserError: when the file cannot be read.
    """
    with opened(path) as file:
        for line in file:
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(entry, dict) and (wanted is None or wanted.fits(entry)):
                yield entry


def write_entries(
    entries: Iterable[Mapping[str, Any]],
    target: Path,
    *,
    anonymous: Pseudonyms | None = None,
    clean: Callable[[str], str] | None = None,
    key: bytes | None = None,
) -> int:
    """Write entries to a .jsonl, .json or .csv file and return how many.

    A .jsonl file is a log again: its entries are linked anew, and name the entry they were by `source`.

    Args:
        entries: What to write.
        target: Where; an existing file is not touched.
        anonymous: Gives users and jobs names that nobody can trace back.
        clean: Takes personal data out of everything that was written in words.
        key: Signs the new log.

    Raises:
        UserError: for a file that is there already or has no known format.
    """
    write = _FORMATS.get(target.suffix)
    if write is None:
        raise UserError(f"{target.name!r} has no known format", remedy="end it with .jsonl, .json or .csv", where="-o")
    if target.exists():
        raise UserError("the file is there already", remedy="name a new one", where=str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    prepared = [_prepared(entry, anonymous, clean) for entry in entries]
    write(prepared, target, key)
    return len(prepared)


def _prepared(
    entry: Mapping[str, Any], anonymous: Pseudonyms | None, clean: Callable[[str], str] | None
) -> dict[str, Any]:
    made = anonymous.entry(entry) if anonymous is not None else dict(entry)
    if clean is not None and "details" in made:
        made["details"] = cleaned(made["details"], clean)
    return made


def _jsonl(entries: list[dict[str, Any]], target: Path, key: bytes | None) -> None:
    with AuditLog(target, key=key) as log:
        log.extend([_again(entry) for entry in entries if entry.get("event") not in LOGS_OWN])


def _again(entry: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: content for name, content in entry.items() if name not in _LINKS}
    return {**rest, "source": f"{entry.get('seq')}:{entry.get('hash')}"}


def _json(entries: list[dict[str, Any]], target: Path, key: bytes | None) -> None:  # noqa: ARG001 - only logs are signed
    target.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _csv(entries: list[dict[str, Any]], target: Path, key: bytes | None) -> None:  # noqa: ARG001 - as above
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for entry in entries:
        rows.writerow(_cell(entry.get(name, "")) for name in COLUMNS)
    target.write_text(out.getvalue(), encoding="utf-8", newline="")


def _cell(item: object) -> str:
    text = item if isinstance(item, str) else canonical_json(item)
    return f"'{text}" if text.startswith(_FORMULA) else text  # a spreadsheet must not take it for a formula


_FORMATS: Final[Mapping[str, Callable[[list[dict[str, Any]], Path, bytes | None], None]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
}
