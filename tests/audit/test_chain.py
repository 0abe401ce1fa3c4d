"""A log's lines hold on to each other, and the file survives threads, processes and kills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.audit import AuditLog, verify
from harness.audit.file import head_path
from harness.errors import StoreError, UserError


def test_a_new_log_opens_itself_and_verifies(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"

    with AuditLog(path) as log:
        log.event("ANALYSIS_TRIGGERED", job_id="j-1", accounts=2)

    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["LOG_OPENED", "ANALYSIS_TRIGGERED"]
    assert lines[1]["prev"] == lines[0]["hash"]
    assert lines[1]["details"] == {"accounts": 2}
    assert verify(path).ok
    assert verify(path).anchored


def test_a_log_is_for_its_owners_eyes(tmp_path: Path) -> None:
    with AuditLog(tmp_path / "audit.jsonl") as log:
        log.event("USER_LOGIN")

    assert {(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {0o600}


def test_threads_and_objects_share_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    logs = [AuditLog(path) for _ in range(4)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: logs[number % 4].event("AGENT_INVOKED", number=number), range(200)))

    found = verify(path)
    assert found.ok
    assert found.entries == 201
    for log in logs:
        log.close()


def test_processes_share_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    writers = [_writer(path, "for n in range(100): log.event('AGENT_INVOKED', number=n)") for _ in range(2)]

    assert [writer.communicate(timeout=20)[0] for writer in writers] == [b"", b""]
    assert verify(path).ok
    assert verify(path).entries == 201


def test_a_killed_writer_loses_nothing_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    writer = _writer(
        path,
        "log.event('USER_LOGIN')\nprint('begun', flush=True)\nwhile True: log.event('AGENT_INVOKED', words='x' * 900)",
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    while path.stat().st_size < 20_000:
        pass
    writer.send_signal(signal.SIGKILL)
    writer.wait(10)
    writer.stdout.close()

    with AuditLog(path) as log:
        log.event("AGENT_COMPLETED")

    assert verify(path).ok


def test_half_a_line_is_put_aside_and_said(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    with AuditLog(path) as log:
        log.event("USER_LOGIN")
    with path.open("ab") as file:
        file.write(b'{"agent":"repor')
    torn = verify(path)

    with AuditLog(path) as log:
        log.event("AGENT_INVOKED")

    assert torn.problem is not None
    assert (torn.problem.kind, torn.problem.line) == ("unfinished", 3)
    assert verify(path).ok
    recovered = json.loads(path.read_text().splitlines()[2])
    assert recovered["event"] == "LOG_RECOVERED"
    assert recovered["details"]["bytes"] == 15
    assert (tmp_path / "audit.jsonl.torn").read_bytes() == b'{"agent":"repor\n'


def test_the_head_may_lag_behind_a_killed_writer_but_not_lead(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    with AuditLog(path) as log:
        log.event("USER_LOGIN")
        before = head_path(path).read_bytes()
        log.event("AGENT_INVOKED")
    head_path(path).write_bytes(before)
    assert verify(path).ok

    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:1]))

    found = verify(path)
    assert found.problem is not None
    assert found.problem.kind == "truncated"
    with pytest.raises(StoreError, match="its end is missing"), AuditLog(path) as log:
        log.event("AGENT_INVOKED")


def test_a_log_without_its_head_is_not_added_to(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    with AuditLog(path) as log:
        log.event("USER_LOGIN")
    head_path(path).unlink()

    assert verify(path).problem is not None
    assert verify(path, anchored=False).ok
    with pytest.raises(StoreError, match="head of the log is missing"), AuditLog(path) as log:
        log.event("AGENT_INVOKED")


def test_a_changed_last_line_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    with AuditLog(path) as log:
        log.event("AGENT_INVOKED", words="one")
    path.write_bytes(path.read_bytes().replace(b'"one"', b'"two"'))

    with pytest.raises(StoreError, match="was changed"), AuditLog(path) as log:
        log.event("AGENT_INVOKED")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="cannot be written") as caught:
        AuditLog(tmp_path / "file" / "audit.jsonl").event("USER_LOGIN")

    assert "folder" in caught.value.remedy


def test_memory_and_stream_get_the_same_lines(tmp_path: Path) -> None:
    out = (tmp_path / "out").open("w+")
    log = AuditLog(stream=out)

    log.event("USER_LOGIN", user="ann")

    out.seek(0)
    assert out.read() == "".join(log.lines)
    assert len(log.lines) == 2
    assert '"ann"' not in log.lines[1]
    out.close()


@pytest.mark.parametrize("name", ["LOG_PRUNED", "login", "WITH SPACE", "", "A" * 65, 7])
def test_what_is_no_event_is_refused(name: str) -> None:
    with pytest.raises(UserError):
        AuditLog().event(name)


def test_a_field_that_is_none_is_refused() -> None:
    with pytest.raises(UserError, match="jobid"), AuditLog().about(jobid="j"):
        pass


def _writer(path: Path, what: str) -> subprocess.Popen[bytes]:
    code = f"from harness.audit import AuditLog\nlog = AuditLog({str(path)!r})\n{textwrap.dedent(what)}\n"
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ})
