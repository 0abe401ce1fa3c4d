"""The pages on adapters are run as a reader would run them: files written, servers started, `finharness eval`."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conformance import command

from harness.store import Store
from harness.workspace import config_of
from harness.workspace.adapters import ADAPTERS

PAGES = Path(__file__).parents[2] / "docs" / "adapters"
FILE = re.compile(r'^```\w+ title="(?P<name>[^"]+)"\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
START = re.compile(r"^<!-- start: (?P<words>.+) -->$", re.MULTILINE)
TOML = re.compile(r"^```toml[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
NAMES = ("cli", "endpoint", "http", "lambda", "replay", "sqs-job")
STREAMED = {"cli", "http"}


def program(name: str) -> str:
    if name == "python":
        return sys.executable
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} must be installed in CI")
        pytest.skip(f"{name} is not installed")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nothing listens on {port}")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def written(page: str, folder: Path, port: int) -> None:
    for match in FILE.finditer(page):
        path = folder / match["name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(match["text"].replace("8123", str(port)), encoding="utf-8")


def started(words: str, folder: Path, port: int, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    name, *rest = words.replace("8123", str(port)).split()
    process = subprocess.Popen([program(name), *rest], cwd=folder, env=environ, stderr=subprocess.DEVNULL)
    if name != "python" or "serve.py" in words:
        wait_for(port)
    return process


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_page_passes_when_it_is_run(name: str, tmp_path: Path, stack: ExitStack) -> None:
    page, port = (PAGES / f"{name}.md").read_text(encoding="utf-8"), free_port()
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    environ = {**os.environ, **keys, "PORT": str(port), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    written(page, tmp_path, port)
    for match in START.finditer(page):
        process = started(match["words"], tmp_path, port, environ)
        stack.callback(process.wait)
        stack.callback(process.kill)
    if (tmp_path / "worker.py").exists():
        for _ in range(500):
            if (tmp_path / "jobs.db").exists() and (tmp_path / "jobs.db").stat().st_size:
                break
            time.sleep(0.02)

    done = command(tmp_path, "eval", environ=environ)

    assert done.returncode == 0, done.stdout + done.stderr
    with Store.open(tmp_path / ".harness" / "results.db", readonly=True) as store:
        traces = [result.outcome.trace for result in store.results(store.run("latest").manifest.id, traces=True)]
    assert traces
    if name in STREAMED:
        assert [step.name for step in traces[0].tools] == ["get_price"]
        assert traces[0].usage.total == 138
        assert traces[0].ttft_s


@pytest.mark.parametrize("name", NAMES)
def test_no_part_of_an_example_is_longer_than_twenty_lines(name: str) -> None:
    parts = list(FILE.finditer((PAGES / f"{name}.md").read_text(encoding="utf-8")))

    assert {match["name"]: match["text"].count("\n") for match in parts if match["text"].count("\n") > 20} == {}


@pytest.mark.parametrize("name", sorted(page.stem for page in PAGES.glob("*.md")))
def test_the_settings_of_a_page_are_valid(name: str) -> None:
    for match in TOML.finditer((PAGES / f"{name}.md").read_text(encoding="utf-8")):
        data = tomllib.loads(match["text"])
        if "agents" not in data:  # keys of one agent
            data = {"agents": {"a": {"adapter": "http", "url": "http://127.0.0.1:1/", **data}}}
        assert config_of(data).agents


def test_every_adapter_has_its_page() -> None:
    index = (PAGES / "index.md").read_text(encoding="utf-8")

    assert [name for name in ADAPTERS if f"`{name}`" not in index] == []
    linked = set(re.findall(r"\(([\w-]+)\.md\)", index))
    assert {page.stem for page in PAGES.glob("*.md")} - {"index"} <= linked
