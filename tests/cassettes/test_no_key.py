"""A replayed run asks nobody: the provider is gone, its key is unset, and agent and judge say what they said."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from harness.cli import main
from harness.llm.request import ModelRequest
from harness.store import Store
from harness.testing import ModelReply, ModelServer, Usage

AGENT = """
from harness.llm.request import Message, ModelRequest

async def asks(request, context):
    heard = []

    async def hear(kind, piece):
        heard.append(piece)

    said = await context.model.complete(ModelRequest((Message("user", request.input),)), on_delta=hear)
    assert "".join(heard) == said.text
    return said.text
"""
CONFIG = """
[run]
conceal = false
[judge]
model = "judge"
[agents.asks]
target = "agents/mine.py:asks"
model = "claude"
[models.claude]
provider = "anthropic"
id = "claude-sonnet-4-5"
base_url = "URL"
[models.judge]
provider = "anthropic"
id = "claude-opus-4-1"
base_url = "URL"
"""
CASES = """
agent: asks
cases:
  - {id: J-1, input: Is VTI risky?, repeat: 2, assert: [{type: contains, value: risk}, The answer names a risk.]}
"""
KEY = "sk-ant-api03-" + "Qq7" * 14


def answer(request: ModelRequest) -> ModelReply:
    """Both roles: the adviser's, and a judge's under whatever random words it was given."""
    found = re.search(r'"ticket" first, exactly (\w+)', request.system)
    if found is None:
        return ModelReply("It may fall: that is its risk.", stop_reason="end", usage=Usage(100, 20, 0))
    names = re.findall(r"^- (\w+):", request.messages[0].text, re.MULTILINE)
    vote = "no" if "full marks" in request.messages[0].text else "yes"
    items = {name: {"evidence": "It may fall", "rationale": "so", "verdict": vote} for name in names}
    if vote == "no":
        items = {name: item | {"evidence": ""} for name, item in items.items()}
    text = json.dumps({"ticket": found[1], "criteria": items})
    return ModelReply(text, stop_reason="end", usage=Usage(500, 50, 0))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("agents", "cases"):
        (tmp_path / name).mkdir()
    (tmp_path / "agents/mine.py").write_text(AGENT)
    (tmp_path / "cases/mine.yaml").write_text(CASES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def verdicts(place: Path) -> list[tuple[str, str, str, float | None]]:
    with Store.open(place / ".harness/results.db", readonly=True) as store:
        return [
            (item.status, item.outcome.trace.answer, item.verdicts[1].reason, item.outcome.trace.cost_usd)
            for item in store.results(store.run("latest").id, traces=True)
        ]


def test_a_replay_needs_neither_key_nor_network(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    with ModelServer(answer) as server:
        (place / "harness.toml").write_text(CONFIG.replace("URL", str(server.settings("anthropic").base_url)))
        assert main(["eval", "--record"]) == 0
        asked = len(server.requests)
    first = verdicts(place)
    monkeypatch.delenv("ANTHROPIC_API_KEY")

    assert main(["eval", "--replay"]) == 0

    assert verdicts(place) == first
    assert asked == 5  # two answers, two verdicts, and the judge's canary
    text = (place / "cassettes/mine/J-1.yaml").read_text()
    assert text.count("channel: judge") == 2
    assert "full marks" not in text
    assert KEY not in text
    assert "‹nonce 2›" in text


def test_a_changed_answer_is_not_judged_by_an_old_verdict(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    with ModelServer(answer) as server:
        (place / "harness.toml").write_text(CONFIG.replace("URL", str(server.settings("anthropic").base_url)))
        main(["eval", "--record"])
    file = place / "cassettes/mine/J-1.yaml"
    lines = file.read_text().replace("It may fall: that is its risk.", "No risk at all.").splitlines()
    file.write_text("\n".join("        edited: true" if "seal:" in line else line for line in lines) + "\n")

    assert main(["eval", "--replay"]) == 0  # the edit says so, and what the judge sees was edited with it

    agent = place / "agents/mine.py"
    agent.write_text(agent.read_text().replace("return said.text", 'return said.text + " Buy!"'))
    assert main(["eval", "--replay"]) == 3
    assert "call of a judge was not recorded" in verdicts(place)[0][2]
