"""What the pages on agent frameworks show is run as it stands, on local servers instead of the providers'."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from model_policy import answer

from harness.testing import ModelServer

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```\w+ title=\"(?P<file>[^\"]+)\"\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDS = {"openai-agents": "agents", "pydantic-ai": "pydantic_ai", "langgraph": "langgraph", "langgraph-server": "json"}


def blocks(page: str) -> dict[str, str]:
    text = (ROOT / "docs" / "adapters" / f"{page}.md").read_text()
    return {match["file"]: match["text"] for match in BLOCK.finditer(text)}


def evaluated(page: str, folder: Path, address: str, replaced: str = "") -> subprocess.CompletedProcess[str]:
    for name, text in blocks(page).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text.replace("http://127.0.0.1:2024", replaced))
    environ = {**os.environ, "OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": f"{address}/v1"}
    return subprocess.run(
        [sys.executable, "-m", "harness", "eval"], cwd=folder, env=environ, capture_output=True, text=True, timeout=90,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("page", sorted(NEEDS))
def test_an_example_is_short(page: str) -> None:
    assert sum(bool(line.strip()) for text in blocks(page).values() for line in text.splitlines()) <= 20


@pytest.mark.parametrize("page", ["langgraph", "openai-agents", "pydantic-ai"])
def test_the_example_of_a_page_passes(page: str, tmp_path: Path) -> None:
    pytest.importorskip(NEEDS[page])
    with ModelServer(answer) as server:
        done = evaluated(page, tmp_path, server.url)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_of_a_server_passes(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        "graph_server", ROOT / "tests" / "adapters" / "test_langgraph_server.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.GraphServer()
    import threading

    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        done = evaluated("langgraph-server", tmp_path, "http://127.0.0.1:9", server.url)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

    assert done.returncode == 0, done.stdout + done.stderr
