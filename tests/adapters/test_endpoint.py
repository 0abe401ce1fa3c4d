"""A model alone as an agent: prompt in, reply out, through the wire of a real provider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conformance import Conformance, Foreign, evaluate, run

from harness.errors import AgentError, Problems
from harness.testing import Fault, ModelReply, ModelRequest, ModelServer, Usage
from harness.workspace import AgentSettings, ModelSettings, Workspace, config_of

pytest.importorskip("anthropic")


def policy(request: ModelRequest) -> Any:
    """The small agent of the conformance suite, as a model without tools."""
    said = request.messages[-1].text
    usage = Usage(120, 18, 0)
    if said == "price VTI":
        return ModelReply("VTI costs $250.10.", usage=usage)
    if said == "which?":
        return ModelReply(f"You asked for {request.messages[0].text.split()[1]}.", usage=usage)
    if said == "allocation":
        return ModelReply('{"VTI": 60, "BND": 40}', usage=usage)
    if said == "hang":
        return Fault("stall")
    return ModelReply(said.removeprefix("echo "), usage=usage)


def foreign_of(server: ModelServer, root: Path, **options: Any) -> Foreign:
    model = server.settings("anthropic")
    settings = AgentSettings(name="mine", adapter="endpoint", model=model.name, options=options)
    workspace = Workspace.at(root, models={model.name: model})
    environ = {**Foreign(settings, root).environ, **server.environ}
    return Foreign(
        settings,
        root,
        can=frozenset({"answers", "usage", "ttft", "turns", "deadlines"}),
        workspace=workspace,
        environ=environ,
    )


class TestEndpoint(Conformance):
    @pytest.fixture
    def foreign(self, tmp_path: Path) -> Iterator[Foreign]:
        with ModelServer(policy) as server:
            yield foreign_of(server, tmp_path)


def test_prompts_are_filled_and_the_conversation_is_sent(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "tagger.md").write_text("Classify. {not a placeholder}")
    with ModelServer(policy) as server:
        run(
            foreign_of(server, tmp_path, prompt="Q{turn}: {input}", system_file="prompts/tagger.md", temperature=0.5),
            "a",
            "b",
        )
        run(foreign_of(server, tmp_path, system="You advise {world.who}."), "a", world={"who": "Ann"})

    asked = [seen.request for seen in server.requests]
    assert [message.text for message in asked[1].messages] == ["Q0: a", "Q0: a", "Q1: b"]
    assert asked[0].system == "Classify. {not a placeholder}"
    assert asked[0].temperature == 0.5
    assert asked[2].system == "You advise Ann."


def test_a_json_reply_is_data_and_anything_else_is_no_answer(tmp_path: Path) -> None:
    with ModelServer(policy) as server:
        good = run(foreign_of(server, tmp_path, output="json"), "allocation")
        bad = run(foreign_of(server, tmp_path, output="json"), "echo hello")

    assert good.trace.structured == {"VTI": 60, "BND": 40}
    assert (bad.status, bad.kind) == ("agent_failed", "invalid_output")


def test_a_provider_that_fails_is_no_failure_of_the_model(tmp_path: Path) -> None:
    with ModelServer(lambda _: Fault("status", status=401)) as server:
        ended = run(foreign_of(server, tmp_path), "hi")

    assert ended.status == "infrastructure_failed"


def test_two_prompts_are_compared_on_the_offline_model(tmp_path: Path) -> None:
    (tmp_path / "policy.py").write_text(
        "from harness.llm import ModelReply\n"
        "def policy(request, *, seed, noise):\n"
        "    return ModelReply('$250.10' if 'price' in request.system else 'no')\n"
    )
    for system, code in (("You know every price.", 0), ("You know nothing.", 1)):
        settings = AgentSettings(
            name="mine", adapter="endpoint", model="offline", policy="policy.py:policy", options={"system": system}
        )
        cases = '{"agent": "mine", "cases": [{"id": "a", "input": "price VTI", "assert": [{"type": "contains", "value": "250.10"}]}]}'
        done = evaluate(Foreign(settings, tmp_path), tmp_path / str(code), cases)
        assert done.returncode == code, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["none.md", "../outside.md", "."])
def test_a_system_prompt_that_is_not_there_is_said_before_anything_runs(name: str, tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path, models={"m": ModelSettings(provider="offline", name="m")})
    settings = AgentSettings(name="mine", adapter="endpoint", model="m", options={"system_file": name})

    with pytest.raises(AgentError, match="agents.mine"):
        run(Foreign(settings, tmp_path, workspace=workspace), "hi")


def test_nonsense_in_the_table_is_said_all_at_once() -> None:
    table = {
        "adapter": "endpoint",
        "system": "{inputt}",
        "prompt": "}",
        "system_file": "x",
        "target": "a.py:b",
        "output": "text",
    }

    with pytest.raises(Problems) as caught:
        config_of({"agents": {"mine": table}})
    for words in ("'model' is missing", "no use for 'target'", "{inputt}", "a single '}'", "given twice"):
        assert words in str(caught.value)
