"""Twelve secrets, leaked by an agent in every way it has: no byte of them in the store, a report, a trace, a spool or a log."""

from __future__ import annotations

import sqlite3
import zlib

import pytest

from harness.cli import main
from harness.testing.sink import Fault, LangfuseSink

CANARIES = {
    "BANK_API_KEY": "canary-bank-7f3a9c",
    "DB_PASSWORD": 'canary"db\\ü4711',
    "MAIL_TOKEN": "canary+mail/88==",
    "VAULT_SECRET": "canary vault secret 12",
}
FORMS = (
    "sk-ant-api03-CanaryCanaryCanary0123456789", "AKIACANARYCANARY2345", "ghp_CanaryCanaryCanaryCanary0123456789",
    "xoxb-1234567890-CanaryCanaryCanary", "AIzaCanaryCanaryCanaryCanaryCanary01234567",
    "eyJDYW5hcnlDYW5hcnk.eyJDYW5hcnlDYW5hcnk.Q2FuYXJ5Q2FuYXJ5", "glpat-CanaryCanaryCanary01",
    "client_secret=CanaryCanaryCanary99",
)  # fmt: skip
TRACES = ("canary", "Canary", "CANARY", "DYW5hcnk", "Q2FuYXJ5")
"""Pieces that are in every secret, and in nothing else here."""

AGENT = f"""
import json, os

FORMS = {FORMS!r}


def leaky(request, context):
    secrets = [os.environ[name] for name in {sorted(CANARIES)!r}] + list(FORMS)
    text = " | ".join(secrets)
    recorder, where = context.recorder, request.input
    if where == "answer":
        return {{"text": text, "deep": [{{"list": secrets}}]}}
    if where == "tool":
        call = recorder.call("post", {{"headers": secrets, "body": json.dumps(secrets)}})
        recorder.result(call, {{"echo": text}})
    if where == "tool error":
        recorder.result(recorder.call("post", {{}}), error=text)
    if where == "model":
        recorder.llm_call(model="m", provider="p", text=text, error=None)
    if where == "artifact":
        recorder.artifact("trace", {{"session": text[:150], "tags": secrets, "metadata": {{"note": text}}}})
        recorder.guardrail("leak", False, text)
    if where == "printed":
        print(text)
    if where == "exception":
        raise RuntimeError(text)
    return "done"
"""
POINTS = ("answer", "tool", "tool error", "model", "artifact", "printed", "exception")
SUITE = "agent: leaky\ncases:\n" + "".join(
    f"  - {{id: L-{n}, input: {point}, assert: [{{type: equals, value: nothing like it}}]}}\n"
    for n, point in enumerate(POINTS)
)


@pytest.fixture(scope="module")
def leaked(tmp_path_factory):
    """Everything that a run wrote, sent and said, by where."""
    folder = tmp_path_factory.mktemp("planted")
    for name in ("agents", "cases"):
        (folder / name).mkdir()
    (folder / "harness.toml").write_text(
        '[agents.leaky]\ntarget = "agents/leaky.py:leaky"\n'
        f"env = {sorted(CANARIES)!r}\n"
        '[telemetry]\nexporters = ["console", "jsonl", "langfuse", "otlp"]\ndeadline_s = 10\n'
    )
    (folder / "agents/leaky.py").write_text(AGENT)
    (folder / "cases/leaky.yaml").write_text(SUITE)
    with LangfuseSink() as sink, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, secret in {**CANARIES, **sink.environ(), **sink.otlp_environ()}.items():
            patch.setenv(name, secret)
        said = spoken(
            "eval", "-v", *(part for kind in ("html", "md", "xml", "json", "csv") for part in ("-o", f"r.{kind}"))
        )
        sent = b"".join(sink.bodies)
        sink.fault = Fault(status=503)
        said += spoken("export", "telemetry", "latest", "--deadline", "1") + spoken("eval", "--limit", "3")
        for command in (["show", "latest"], ["show", "L-1"], ["gate", "plan"], ["export", "-o", "run.zip"]):
            said += spoken(*command)
        assert len(sink.spans) > 20
    return {
        "said": said.encode(),
        "sent": sent,
        **{str(path): contents(path) for path in folder.rglob("*") if path.is_file()},
    }


def spoken(*words):
    import contextlib
    import io

    stream = io.StringIO()
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        main([*words])
    return stream.getvalue()


def contents(path):
    """A file's bytes, with what is compressed in it."""
    data = path.read_bytes()
    if data.startswith(b"SQLite"):
        with sqlite3.connect(path) as base:
            tables = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            cells = [cell for table in tables for row in base.execute(f"SELECT * FROM {table}") for cell in row]
        base.close()
        data += b"\n".join(unpacked(cell) for cell in cells)
    if data.startswith(b"PK"):
        import io
        import zipfile

        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"\n".join(contents_of(archive.read(name)) for name in archive.namelist())
    return data


def contents_of(data):
    try:
        return zlib.decompress(data, 31)
    except zlib.error:
        return data


def unpacked(cell):
    if not isinstance(cell, bytes):
        return str(cell).encode("utf-8", "surrogatepass")
    try:
        return zlib.decompress(cell)
    except zlib.error:
        return cell


def test_the_agent_leaked_and_everything_was_written(leaked):
    names = [name.rpartition("planted0/")[2] for name in leaked]

    assert {"r.html", "r.md", "r.xml", "r.json", "r.csv", "run.zip", ".harness/results.db"} <= set(names)
    assert any(name.startswith(".harness/telemetry/undelivered/") for name in names)
    assert any(name.startswith(".harness/telemetry/2") for name in names)
    assert b"[BANK_API_KEY]" in leaked["sent"]


def test_no_byte_of_a_secret_is_anywhere(leaked):
    own = ("agents/leaky.py", "agents/__pycache__")
    found = {
        name: [piece for piece in TRACES if piece.encode() in data]
        for name, data in leaked.items()
        if not any(part in name for part in own)
    }

    assert {name: pieces for name, pieces in found.items() if pieces} == {}
