"""Whatever is done to a log afterwards is found, and its place is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.audit import AuditLog, verify, verify_lines
from harness.audit.chain import Head, linked
from harness.audit.entry import entry
from harness.errors import UserError

KEY = b"a key of the tests"


def a_log(path: Path, *, entries: int = 5, key: bytes | None = None) -> list[bytes]:
    """A log with some entries; gives back its lines."""
    with AuditLog(path, key=key) as log:
        for number in range(entries):
            log.event("AGENT_INVOKED", agent=f"a{number}", words=f"straße {number}", cost=0.25 * number)
    return path.read_bytes().splitlines(keepends=True)


def _lines(count: int, key: bytes | None = None) -> list[bytes]:
    head, lines = Head(), []
    for number in range(count):
        head, line = linked(head, entry("AGENT_INVOKED", time="2026-11-21T10:00:00.000Z", details={"n": number}), key)
        lines.append(line)
    return lines


LINES = _lines(8)
SIGNED = _lines(8, KEY)


@given(place=st.integers(0, len(b"".join(LINES)) - 1), byte=st.integers(0, 255))
@settings(max_examples=400)
def test_any_changed_byte_is_found(place: int, byte: int) -> None:
    data = bytearray(b"".join(LINES))
    changed = data[place] != byte
    data[place] = byte

    assert verify_lines(bytes(data).splitlines(keepends=True)).ok is not changed


@given(place=st.integers(0, len(b"".join(LINES)) - 1), added=st.binary(min_size=1, max_size=4))
def test_any_inserted_bytes_are_found(place: int, added: bytes) -> None:
    data = b"".join(LINES)

    assert not verify_lines((data[:place] + added + data[place:]).splitlines(keepends=True)).ok


@given(begin=st.integers(0, len(b"".join(LINES)) - 2), size=st.integers(1, 400))
def test_any_cut_in_the_middle_is_found(begin: int, size: int) -> None:
    data = b"".join(LINES)
    end = min(begin + size, len(data) - 1)  # cuts that reach the end are the head's business

    assert not verify_lines((data[:begin] + data[end:]).splitlines(keepends=True)).ok or begin == end


@given(st.integers(0, 6))
def test_any_missing_line_is_a_gap(place: int) -> None:
    found = verify_lines(LINES[:place] + LINES[place + 1 :])

    assert found.problem is not None
    assert found.problem.kind == "gap"
    assert found.problem.line == place + 1


@given(st.integers(0, 7), st.integers(0, 8))
def test_any_repeated_line_is_found(which: int, place: int) -> None:
    found = verify_lines([*LINES[:place], LINES[which], *LINES[place:]])

    assert found.problem is not None
    assert found.problem.kind in {"repeated", "out-of-order"}


@given(st.permutations(range(8)))
def test_any_other_order_is_found(order: list[int]) -> None:
    found = verify_lines([LINES[place] for place in order])

    assert found.ok is (order == sorted(order))
    if found.problem is not None:
        first = next(number for number, place in enumerate(order) if number != place)
        assert found.problem.kind == "out-of-order"
        assert found.problem.line == first + 1


@given(st.integers(0, 7), st.text(max_size=5))
def test_who_has_no_key_cannot_write_an_entry_anew(place: int, words: str) -> None:
    head = Head() if place == 0 else Head(place, json.loads(SIGNED[place - 1])["hash"])
    lines = list(SIGNED[:place])
    for number in range(place, 8):  # everything from there on, computed anew with another key or none
        head, line = linked(
            head, entry("AGENT_INVOKED", details={"n": number, "words": words}), b"guess" if words else None
        )
        lines.append(line)

    assert verify_lines(lines).ok
    found = verify_lines(lines, KEY)
    assert found.problem is not None
    assert (found.problem.kind, found.problem.line) == ("unsigned", place + 1)


@given(st.integers(1, 7))
def test_a_cut_tail_is_found_by_the_head(left: int) -> None:
    noted = Head(8, json.loads(LINES[-1])["hash"])

    assert verify_lines(LINES[:left]).head != noted


def test_a_cut_tail_is_named(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    lines = a_log(path)
    path.write_bytes(b"".join(lines[:-2]))

    found = verify(path)

    assert found.problem is not None
    assert found.problem.kind == "truncated"
    assert found.problem.problem == "2 entries are missing at the end: 6 were written, the file has 4"


def test_a_log_written_anew_is_found_by_a_head_that_was_noted(tmp_path: Path) -> None:
    a_log(tmp_path / "one.jsonl")
    noted = verify(tmp_path / "one.jsonl").head
    a_log(tmp_path / "two.jsonl", entries=7)

    found = verify(tmp_path / "two.jsonl", head=noted)

    assert found.problem is not None
    assert "written anew" in found.problem.problem
    assert verify(tmp_path / "one.jsonl", head=noted).ok


def test_a_signed_head_cannot_be_forged(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    lines = a_log(path, key=KEY)
    path.write_bytes(b"".join(lines[:-1]))
    last = json.loads(lines[-2])
    forged = json.dumps({"seq": last["seq"], "hash": last["hash"], "mac": "0" * 64})
    (tmp_path / "audit.jsonl.head").write_text(forged)

    assert verify(path).ok
    found = verify(path, KEY)
    assert found.problem is not None
    assert found.problem.kind == "head"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b"\n", "edited"),
        (b"[]\n", "edited"),
        (b"null\n", "edited"),
        (b"\xff\xfe\n", "edited"),
        (b"[" * 100_000 + b"\n", "edited"),
        (b'{"seq":1}\n', "edited"),
        (b'{"seq":true,"hash":"x"}\n', "edited"),
        (b'{"seq":1e400}\n', "edited"),
    ],
)
def test_nonsense_is_no_log(tmp_path: Path, data: bytes, kind: str) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(data)

    found = verify(path)

    assert found.problem is not None
    assert found.problem.kind == kind
    assert found.problem.remedy


def test_a_file_that_is_not_there_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        verify(tmp_path / "nothing.jsonl")


@pytest.mark.parametrize("text", ["", "7", "7:abc", "x:" + "0" * 64, "7:" + "z" * 64, "-1:" + "0" * 64])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="head"):
        Head.parse(text)
