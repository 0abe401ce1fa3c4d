"""What the page on the gateway shows is run: its plans, its curl and its Node agent."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from gateway_kit import KEY, OFFLINE, gateway, plan, plans, priced

from harness.gateway import load_plans, serving
from harness.gateway.beside import Beside
from harness.recorder import Recorder

PAGE = (Path(__file__).parents[2] / "docs" / "gateway.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def needs(program: str) -> None:
    if shutil.which(program) is None:
        assert os.environ.get("CI") != "true", f"{program} is needed in CI"
        pytest.skip(f"{program} is not installed")


def test_the_plans_are_plans(tmp_path: Path) -> None:
    file = tmp_path / "plans.yaml"
    file.write_text(block("yaml"))

    found = load_plans(file, {})

    assert [one.entity for one in found.plans] == ["research-desk", "former-intern"]


def test_the_curl_is_answered() -> None:
    needs("curl")
    with serving(gateway(plans(plan()))) as url:
        done = subprocess.run(
            ["bash", "-e", "-c", block("bash")],
            env={**os.environ, "GATEWAY": url, "KEY": KEY},
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )

    assert "You said: What is VTI?" in done.stdout
    assert "data: [DONE]" in done.stdout
    assert [kind for _, kind, _ in json.loads(done.stdout.rpartition("\n\n")[2])["events"]] == ["llm_call", "llm_call"]


def test_the_agent_in_javascript_finds_its_model(tmp_path: Path) -> None:
    needs("node")
    (tmp_path / "adviser.mjs").write_text(block("js"))
    recorder, beside = Recorder(lambda: 0.0), Beside(OFFLINE, priced, {})
    with beside.trial(recorder) as entrance:
        done = subprocess.run(
            ["node", "adviser.mjs"],
            cwd=tmp_path,
            env={**os.environ, **entrance.environ},
            input="What is VTI?",
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    beside._serving.close()

    assert done.stdout.strip() == "You said: 104.50", done.stderr
    assert [kind for _, kind, _ in recorder.wire] == ["llm_call", "tool_call", "tool_result", "llm_call"]
