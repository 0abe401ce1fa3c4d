"""Whether a log is what was written: every entry, in its order, unchanged, to the last one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from harness.frozen import frozen

from .canonical import canonical_bytes
from .chain import Head, digest_of, mac, read_head, same
from .file import HEAD_BYTES, head_path, opened

_LONGEST_LINE: Final = 16 << 20


@frozen
class Problem:
    """The first place where a log is not what was written."""

    line: int
    """Line in the file, from 1; 0 for the head."""

    kind: str
    """`edited`, `gap`, `repeated`, `out-of-order`, `unfinished`, `truncated`, `unsigned`, `head`, `empty`, `unreadable`."""

    problem: str
    """What is wrong, in one sentence."""

    remedy: str
    """What to do about it."""


@frozen
class Verification:
    """What was found."""

    entries: int
    """Entries that hold, from the beginning of the file."""

    head: Head
    """The last one of them."""

    problem: Problem | None = None
    """The first thing that is wrong; None when all is well."""

    removed: int = 0
    """Entries that retention has removed, as the log itself says."""

    signed: bool = False
    """Whether the signatures were checked with a key."""

    unchecked: bool = False
    """Whether there are signatures that nobody could check, because no key was given."""

    anchored: bool = False
    """Whether the end was held against a head that is kept elsewhere than in the file."""

    first: str = ""
    """Time of the first entry."""

    last: str = ""
    """Time of the last one."""

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return self.problem is None


_RESTORE: Final = (
    "restore the file from a copy that was kept elsewhere; what stands before this line is as it was written"
)


class _Broken(Exception):
    def __init__(self, kind: str, problem: str, remedy: str = _RESTORE) -> None:
        super().__init__(problem)
        self.kind, self.problem, self.remedy = kind, problem, remedy


def verify(path: Path, key: bytes | None = None, *, head: Head | None = None, anchored: bool = True) -> Verification:
    """Verify a log's file.

    Args:
        path: The log.
        key: The key that it was written with; without it, changes by somebody who computes all hashes anew are not seen.
        head: Where the log must have been at least, as somebody noted it; by default what its `.head` file says.
        anchored: False where no head is known: then nobody can say whether entries are missing at the end.

    Raises:
        UserError: when the file cannot be read.
    """
    with opened(path) as file:
        found = verify_lines(file, key)
    if found.problem is not None or not anchored:
        return found
    with path.open("rb") as file:
        return _against_head(found, file, head, path, key)


def verify_lines(lines: Iterable[bytes], key: bytes | None = None) -> Verification:
    """Verify lines, each with its end of line; the end itself is held against nothing."""
    walk = _Walk(key)
    number = 0
    following = iter(lines)
    for number, line in enumerate(following, 1):
        try:
            walk.take(line)
        except _Broken as broken:
            elsewhere = _elsewhere(following, number, walk.head.seq + 1) if broken.kind == "gap" else 0
            if elsewhere:
                broken = _Broken(
                    "out-of-order", f"entry {walk.head.seq + 1} belongs here and stands on line {elsewhere}"
                )
            return walk.found(Problem(number, broken.kind, broken.problem, broken.remedy))
    if number == 0:
        return walk.found(Problem(0, "empty", "the log has no entry", "name the right file, or restore it from a copy"))
    missing = walk.unsaid()
    return walk.found(Problem(1, "gap", missing, _RESTORE) if missing else None)


def _elsewhere(lines: Iterable[bytes], number: int, seq: int) -> int:
    """The line on which a missing entry stands; 0 where it is nowhere."""
    for place, line in enumerate(lines, number + 1):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and entry.get("seq") == seq:
            return place
    return 0


class _Walk:
    """One pass over a log."""

    def __init__(self, key: bytes | None) -> None:
        self._key = key
        self.head = Head()
        self.entries = self.removed = 0
        self.first = self.last = ""
        self._signed = False
        self._checkpoint: Head | None = None
        self._pruned: set[str] = set()

    def take(self, line: bytes) -> None:
        """Hold one line against what came before it."""
        entry = _parsed(line)
        seq, digest = entry.get("seq"), str(entry.get("hash"))
        checkpoint = entry.get("event") == "LOG_CHECKPOINT" and self.entries == 0
        if not checkpoint:
            self._follows(seq, entry)
        if digest_of(entry) != digest or canonical_bytes(entry) + b"\n" != line:
            raise _Broken("edited", "the entry was changed: its content does not give its hash")
        if self._key is not None and not same(mac(self._key, digest), str(entry.get("mac", ""))):
            kind = (
                "is signed with another key, or was written by somebody without it"
                if "mac" in entry
                else "is not signed"
            )
            raise _Broken("unsigned", f"the entry {kind}", "verify with the log's own key; else " + _RESTORE)
        if not checkpoint and entry.get("prev") != self.head.hash:
            raise _Broken("edited", "the entry does not follow the one before it: that one, or this one, was replaced")
        self._accept(entry, digest, checkpoint=checkpoint)

    def _follows(self, seq: object, entry: Mapping[str, Any]) -> None:
        wanted = self.head.seq + 1
        if type(seq) is not int:
            raise _Broken("edited", "the entry has no number")
        if seq == wanted:
            return
        if seq > wanted:
            missing = f"entry {wanted} is" if seq == wanted + 1 else f"entries {wanted} to {seq - 1} are"
            raise _Broken("gap", f"{missing} missing: this is entry {seq}")
        if seq == self.head.seq and entry.get("hash") == self.head.hash:
            raise _Broken("repeated", f"entry {seq} stands here a second time", "remove the repeated line")
        raise _Broken("out-of-order", f"entry {seq} stands after entry {self.head.seq}")

    def _accept(self, entry: Mapping[str, Any], digest: str, *, checkpoint: bool) -> None:
        time = str(entry.get("time", ""))
        details = entry.get("details")
        known: Mapping[str, Any] = details if isinstance(details, dict) else {}
        if checkpoint:
            self.head = self._checkpoint = _of(known)
            self.removed = self.head.seq
        else:
            self.head = Head(self.head.seq + 1, digest)
            self.first = self.first or time
        if entry.get("event") == "LOG_PRUNED":
            self._pruned.add(str(_of(known)))
        self._signed = self._signed or "mac" in entry
        self.entries, self.last = self.entries + (not checkpoint), time or self.last

    def unsaid(self) -> str:
        """What a checkpoint claims and no entry of the log confirms."""
        if self._checkpoint is None or str(self._checkpoint) in self._pruned:
            return ""
        return f"entries 1 to {self._checkpoint.seq} are missing, and no entry of the log says that they were removed"

    def found(self, problem: Problem | None) -> Verification:
        """What is known so far."""
        return Verification(
            self.entries,
            self.head,
            problem,
            self.removed,
            signed=self._key is not None and problem is None,
            unchecked=self._key is None and self._signed,
            first=self.first,
            last=self.last,
        )


def _of(details: Mapping[str, Any]) -> Head:
    try:
        return Head.parse(f"{details['to_seq']}:{details['to_hash']}")
    except (KeyError, ValueError):
        raise _Broken("edited", "the entry on removed entries does not say which they were") from None


def _parsed(line: bytes) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise _Broken(
            "unfinished",
            "the line has no end: a process was stopped while writing it, or something was cut off",
            "the next entry that is written puts it aside; or: finharness audit repair",
        )
    if len(line) > _LONGEST_LINE:
        raise _Broken("unreadable", f"the line is longer than {_LONGEST_LINE:,} bytes")
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise _Broken("edited", "the line is not JSON any more") from None
    if not isinstance(entry, dict):
        raise _Broken("edited", "the line is no entry")
    return entry


def _against_head(
    found: Verification, lines: Iterable[bytes], head: Head | None, path: Path, key: bytes | None
) -> Verification:
    """Hold the end against what was noted elsewhere."""
    from dataclasses import replace

    def broken(kind: str, problem: str, remedy: str) -> Verification:
        return replace(found, problem=Problem(0, kind, problem, remedy))

    if head is None:
        try:
            head = _noted(path, key)
        except ValueError as error:
            remedy = (
                "name the head that you noted with --head; or, where nothing can be missing: finharness audit anchor"
            )
            return broken("head", f"the log's end cannot be held against {head_path(path).name}: {error}", remedy)
    if head.seq > found.head.seq:
        missing = head.seq - found.head.seq
        problem = f"{missing} entries are missing at the end: {head.seq} were written, the file has {found.head.seq}"
        return broken("truncated", problem, _RESTORE)
    if head.seq and not _holds(head, lines, found):
        problem = f"entry {head.seq} is not the one that was noted: the log was written anew from there, or before"
        return broken("truncated", problem, _RESTORE)
    return replace(found, anchored=True)


def _noted(path: Path, key: bytes | None) -> Head:
    try:
        data = head_path(path).read_bytes()[:HEAD_BYTES]
    except OSError as error:
        raise ValueError(f"it cannot be read ({error.strerror})") from None
    return read_head(data, key)


def _holds(head: Head, lines: Iterable[bytes], found: Verification) -> bool:
    if head == found.head or head.seq < found.removed:
        return True  # what was noted before entries were removed cannot be compared any more
    for line in lines:
        entry = json.loads(line)
        if entry.get("event") == "LOG_CHECKPOINT":
            if (entry["details"]["to_seq"], entry["details"]["to_hash"]) == (head.seq, head.hash):
                return True
        elif entry["seq"] == head.seq:
            return bool(entry["hash"] == head.hash)
    return False
