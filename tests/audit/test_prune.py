"""Retention removes old entries, and the rest still proves what it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.audit import AuditLog, prune, verify
from harness.errors import UserError

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def a_log(path: Path, *, days: int = 6, key: bytes | None = None) -> None:
    """One entry a day."""
    passing = iter(DAY + timedelta(days=day) for day in range(3 * days))
    moments = iter(sorted([moment for moment in passing] * 2))  # noqa: C416 - each call asks for the opening's time, too
    with AuditLog(path, key=key, clock=lambda: next(moments)) as log:
        for number in range(days):
            log.event("AI_DECISION", number=number)


def events(path: Path) -> list[str]:
    """Names of the events of a log."""
    return [json.loads(line)["event"] for line in path.read_text().splitlines()]


def test_what_is_left_verifies_and_says_what_was_removed(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    a_log(path)

    done = prune(path, DAY + timedelta(days=3))

    found = verify(path)
    assert (found.ok, found.anchored, found.removed) == (True, True, done.removed)
    assert events(path) == ["LOG_CHECKPOINT", "AI_DECISION", "AI_DECISION", "AI_DECISION", "LOG_PRUNED"]
    assert json.loads(path.read_text().splitlines()[0])["details"]["removed"] == done.removed == 4


def test_writing_goes_on_after_pruning_also_with_an_open_log(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    a_log(path)
    with AuditLog(path) as log:
        log.event("USER_LOGIN")
        prune(path, DAY + timedelta(days=3))
        log.event("USER_LOGIN")

    assert verify(path).ok
    assert events(path)[-1] == "USER_LOGIN"


def test_pruning_twice_keeps_one_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    a_log(path)

    prune(path, DAY + timedelta(days=2))
    prune(path, DAY + timedelta(days=4))
    again = prune(path, DAY + timedelta(days=4))

    assert again.removed == 0
    assert verify(path).ok
    assert events(path).count("LOG_CHECKPOINT") == 1


def test_nothing_old_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    a_log(path)
    before = path.read_bytes()

    assert prune(path, DAY - timedelta(days=1)).removed == 0
    assert path.read_bytes() == before


def test_everything_old_leaves_the_entry_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    a_log(path)

    prune(path, datetime(2100, 1, 1, tzinfo=UTC))

    assert verify(path).ok
    assert "LOG_PRUNED" in events(path)


def test_the_archive_is_a_log_of_its_own(tmp_path: Path) -> None:
    path, archive = tmp_path / "audit.jsonl", tmp_path / "old" / "2026-11.jsonl"
    a_log(path, key=b"k")

    done = prune(path, DAY + timedelta(days=3), b"k", archive=archive)

    assert verify(archive, b"k").entries == done.removed
    assert verify(archive, b"k").anchored
    with pytest.raises(UserError, match="already"):
        prune(path, DAY + timedelta(days=5), b"k", archive=archive)


def test_a_log_that_does_not_verify_is_not_tidied_away(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    a_log(path)
    path.write_bytes(path.read_bytes().replace(b'"number":2', b'"number":9'))

    with pytest.raises(UserError, match="does not verify"):
        prune(path, DAY + timedelta(days=3))


def test_removed_lines_without_an_entry_that_says_so_are_missing(tmp_path: Path) -> None:
    path, other = tmp_path / "audit.jsonl", tmp_path / "other.jsonl"
    a_log(path)
    other.write_bytes(path.read_bytes())
    (tmp_path / "other.jsonl.head").write_bytes((tmp_path / "audit.jsonl.head").read_bytes())
    prune(path, DAY + timedelta(days=3))
    checkpoint = path.read_bytes().splitlines(keepends=True)[0]

    other.write_bytes(checkpoint + b"".join(other.read_bytes().splitlines(keepends=True)[4:]))

    found = verify(other)
    assert found.problem is not None
    assert "no entry of the log says that they were removed" in found.problem.problem


def test_a_checkpoint_in_the_middle_is_no_excuse(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    a_log(path)
    lines = path.read_bytes().splitlines(keepends=True)
    prune(path, DAY + timedelta(days=3))
    checkpoint = path.read_bytes().splitlines(keepends=True)[0]

    path.write_bytes(b"".join([lines[0], checkpoint, *lines[4:]]))

    assert not verify(path).ok


def test_a_process_killed_while_pruning_leaves_a_log_that_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.jsonl"
    a_log(path)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.audit.pruning._replace", killed)
    with pytest.raises(KeyboardInterrupt):
        prune(path, DAY + timedelta(days=3))
    monkeypatch.undo()

    assert verify(path).ok
    assert prune(path, DAY + timedelta(days=3)).removed == 4
    assert verify(path).ok


@given(days=st.integers(0, 8), place=st.integers(0, 10_000), byte=st.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_any_changed_byte_of_a_pruned_log_is_found(
    tmp_path_factory: pytest.TempPathFactory, days: int, place: int, byte: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "audit.jsonl"
    a_log(path)
    prune(path, DAY + timedelta(days=days))
    data = bytearray(path.read_bytes())
    changed = data[place % len(data)] != byte
    data[place % len(data)] = byte
    path.write_bytes(data)

    assert verify(path).ok is not changed
