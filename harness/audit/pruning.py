"""Retention: remove old entries so that the rest can still be verified, and the log itself says what was removed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from harness.errors import UserError
from harness.frozen import frozen

from .canonical import canonical_bytes
from .chain import START, Head, digest_of, mac, signed_head
from .entry import own_entry, stamp
from .file import LogFile, head_path
from .verifying import verify


@frozen
class Pruned:
    """What retention did."""

    removed: int
    """Entries that are gone now."""

    left: int
    """Entries that are left, the one that says so included."""

    archive: Path | None = None
    """Where the removed ones went, as a log that can be verified by itself."""


def prune(path: Path, before: datetime, key: bytes | None = None, *, archive: Path | None = None) -> Pruned:
    """Remove the entries from before a time.

    The log first says in its chain what will be removed; then a checkpoint takes the place of the removed lines. A process that
    is killed in between leaves a log that verifies, and pruning it again does the rest.

    Raises:
        UserError: when the log does not verify: what was tampered with must not be tidied away.
        StoreError: when it cannot be written.
    """
    found = verify(path, key)
    if found.problem is not None:
        raise UserError(
            f"the log does not verify ({found.problem.problem})",
            remedy="keep it as it is, and see `finharness audit verify`",
            where=str(path),
        )
    log = LogFile(path, key)
    try:
        with log.locked() as head:
            old = list(_before(path, stamp(before)))
            if not old:
                return Pruned(0, found.entries)
            return _remove(log, head, old, key, archive)
    finally:
        log.close()


def _before(path: Path, limit: str) -> Iterator[bytes]:
    """The lines from the beginning that are older, a checkpoint that stands there included; never the last one."""
    with path.open("rb") as file:
        lines = list(file)
    yield from takewhile(lambda line: str(json.loads(line).get("time", "")) < limit, lines[:-1])


def _remove(log: LogFile, head: Head, old: list[bytes], key: bytes | None, archive: Path | None) -> Pruned:
    entries = [json.loads(line) for line in old]
    last = entries[-1]
    if last["event"] == "LOG_CHECKPOINT":  # nothing but what was removed before
        return Pruned(0, head.seq - last["seq"])
    removed = sum(entry["event"] != "LOG_CHECKPOINT" for entry in entries)
    if archive is not None:
        _archive(archive, old, Head(last["seq"], last["hash"]), key)
    details = {
        "to_seq": last["seq"], "to_hash": last["hash"], "removed": removed,
        "from_time": entries[0]["details"].get("from_time", "") if entries[0]["event"] == "LOG_CHECKPOINT" else entries[0]["time"],
        "to_time": last["time"],
    }  # fmt: skip
    head, _ = log.add(head, [own_entry("LOG_PRUNED", details)], opening={})
    with log.path.open("rb") as file:
        rest = list(file)[len(old) :]
    _replace(log.path, b"".join([_checkpoint(last, details, key), *rest]))
    log.replaced()
    return Pruned(removed, len(rest), archive)


def _checkpoint(last: dict[str, Any], details: dict[str, Any], key: bytes | None) -> bytes:
    """The line that stands where entries were; it takes their place in the order of time, too."""
    made = {"event": "LOG_CHECKPOINT", "seq": last["seq"], "time": last["time"], "prev": START, "details": details}
    digest = digest_of(made)
    return canonical_bytes({**made, "hash": digest, **({"mac": mac(key, digest)} if key else {})}) + b"\n"


def _archive(path: Path, lines: list[bytes], head: Head, key: bytes | None) -> None:
    if path.exists():
        raise UserError("the archive is there already", remedy="name a new file", where=str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, b"".join(lines))
    head_path(path).write_bytes(signed_head(head, key) + b"\n")


def _replace(path: Path, data: bytes) -> None:
    """Put a file in the place of another, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
