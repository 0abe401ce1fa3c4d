"""`finharness gateway`, started and stopped as people do."""

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.gateway.keys import digest

POLICY = """
from harness.llm import ModelReply

def policy(request, *, seed, noise):
    return ModelReply(f"You said: {request.messages[-1].text}")
"""
ASK = {"model": "offline", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "p.py").write_text(POLICY)
    (tmp_path / "harness.toml").write_text(
        '[agents.a]\ntarget = "p.py:policy"\nmodel = "offline"\npolicy = "p.py:policy"\n[telemetry]\nexporters = ["jsonl"]\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def running(root: Path, *options: str, end: int = signal.SIGINT) -> Iterator[tuple[str, list[str]]]:
    """The command in a process; its address, and what it has printed at the end."""
    words = [sys.executable, "-m", "harness", "gateway", "--port", "0", "--agent", "a", *options]
    process = subprocess.Popen(words, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    printed: list[str] = []
    first = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", first)
    try:
        assert found is not None, first + process.stdout.read()
        yield found[0], printed
    finally:
        process.send_signal(end)
        printed.extend(process.communicate(timeout=20)[0].splitlines())
        printed.append(f"exit code {process.returncode}")


def ask(url: str, path: str = "/t/demo/v1/messages", body: Any = None, key: str = "") -> Any:
    data = json.dumps(ASK if body is None else body).encode()
    request = urllib.request.Request(f"{url}{path}", data=data, headers={"x-api-key": key})
    with urllib.request.urlopen(request, timeout=20) as reply:
        return json.load(reply)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_it_serves_records_and_says_what_was_used(root: Path, end: int) -> None:
    with running(root, "--record", "traffic.yaml", end=end) as (url, printed):
        first = ask(url)

    assert first["content"][0]["text"] == "You said: hi"
    assert any(line.startswith("anyone: 1 ok;") for line in printed)
    assert printed[-1] == "exit code 0"
    log = (root / ".harness" / "gateway" / "usage.jsonl").read_text().splitlines()
    assert json.loads(log[0])["trial"] == "demo"
    spans = (root / ".harness" / "telemetry" / "gateway.jsonl").read_text()
    assert "chat offline" in spans

    with running(root, "--replay", "traffic.yaml") as (url, printed):
        assert ask(url) == first
        with pytest.raises(urllib.error.HTTPError, match="500"):
            ask(url)


def test_with_plans_a_key_is_needed(root: Path) -> None:
    (root / "plans.yaml").write_text(f'plans: [{{entity: desk, models: ["*"], keys: ["{digest("secret-key")}"]}}]')
    with running(root, "--plans", "plans.yaml") as (url, printed):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            ask(url, key="wrong")
        assert ask(url, key="secret-key")["type"] == "message"

    assert any(line.startswith("desk: 1 ok;") for line in printed)
    assert not any("secret-key" in line for line in printed)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "99999"], "99999 is no port"),
        (["--host", "0.0.0.0"], "would let anybody in"),
        (["--plans", "none.yaml"], "cannot be read"),
        (["--model", "gpt"], "unknown model 'gpt'"),
        (["--agent", "b"], "unknown agent 'b'"),
        (["--replay", "none.yaml"], "there is no such recording"),
        (["--log", "/proc/none/usage.jsonl"], "the usage log cannot be written"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_served(
    words: list[str], said: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gateway", *words]) in {2, 3}
    assert said in capsys.readouterr().err


def test_plans_can_be_checked(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "plans.yaml").write_text("plans: [{entity: a, models: [x], limits: {rpm: -1}}, {entity: a}]")

    assert main(["gateway", "--check"]) == 0
    assert main(["gateway", "--check", "--plans", "plans.yaml"]) == 2
    told = capsys.readouterr().err
    assert "-1 must be at least 1" in told
    assert "'a' has no key" in told


def test_a_new_key_comes_with_its_hash(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gateway", "--new-key"]) == 0

    told = capsys.readouterr().out
    key = re.search(r"fgw-\S+", told)
    assert key is not None
    assert digest(key[0]) in told


def test_a_port_that_is_taken_is_said_to_be(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from harness.gateway.hosting import address, listening

    with listening("127.0.0.1", 0) as taken:
        port = address(taken).rpartition(":")[2]
        assert main(["gateway", "--port", port]) == 2

    assert "cannot be used" in capsys.readouterr().err
