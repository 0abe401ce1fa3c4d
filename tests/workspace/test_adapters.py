"""The table of an agent is read with its adapter's own keys, and everything wrong with it is said at once."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from harness.errors import AgentError, Problems
from harness.workspace import AgentSettings, adapter_module, config_of, effects_of, own_settings, place_of
from harness.workspace.adapters import ADAPTERS


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_adapter_has_settings_with_a_documented_purpose(adapter: str) -> None:
    kind = adapter_module(adapter).Settings

    assert kind.__doc__
    assert not set(kind.__dataclass_fields__) & set(AgentSettings.__dataclass_fields__)


def test_every_mistake_in_every_table_is_said_at_once() -> None:
    tables = {"a": {"adapter": "pyhton"}, "b": {"targit": "x.py:y"}, "c": {"target": "x.py:y", "timeout_s": "soon"}}

    with pytest.raises(Problems) as caught:
        config_of({"agents": tables})

    said = str(caught.value)
    assert "agents.a.adapter: unknown adapter 'pyhton'\n  fix: did you mean 'python'?" in said
    assert "agents.b.targit: unknown key 'targit' for the adapter 'python'\n  fix: did you mean 'target'?" in said
    assert "agents.b: 'target' is missing" in said
    assert "agents.c.timeout_s: expected a number" in said


@pytest.mark.parametrize("adapter", [3, None, ["python"], {"name": "python"}])
def test_an_adapter_that_is_no_name_is_refused(adapter: object) -> None:
    with pytest.raises(Problems, match="unknown adapter"):
        config_of({"agents": {"a": {"adapter": adapter, "target": "x.py:y"}}})


def test_a_python_agent_has_its_target_and_no_side_effects() -> None:
    agent = config_of({"agents": {"a": {"target": "x.py:y"}}}).agents["a"]

    assert (agent.name, place_of(agent), effects_of(agent), agent.options) == ("a", "x.py:y", "none", {})


def test_settings_made_by_a_program_are_checked_too() -> None:
    with pytest.raises(AgentError, match="unknown adapter 'nope'"):
        own_settings(AgentSettings(name="a", adapter="nope"))
    with pytest.raises(AgentError, match="unknown key 'color'"):
        own_settings(AgentSettings(name="a", target="x.py:y", options={"color": "red"}))


TABLES = {
    "python": {"target": "a.py:a"},
    "cli": {"command": ["node", "{root}/a.js"], "map": [{"event": "x", "kind": "done"}]},
    "http": {"url": "http://127.0.0.1:1/", "body": {"a": ["{messages}"]}, "headers": {"X": "y"}},
    "lambda": {"function": "f", "timeout_s": 5},
    "sqs-job": {
        "queue_url": "https://q/1/jobs",
        "poll_sql": "SELECT :job",
        "database": "jobs.db",
        "side_effects": "paper",
    },
    "endpoint": {"model": "claude"},
    "replay": {"answers": "answers.jsonl"},
}


@pytest.mark.parametrize("adapter", TABLES)
def test_an_editor_knows_the_keys_of_each_adapter(adapter: str) -> None:
    schema = json.loads((Path(__file__).parents[2] / ".harness" / "schema" / "harness.json").read_text())
    valid = jsonschema.Draft202012Validator(schema).is_valid
    table = {"adapter": adapter, **TABLES[adapter]}

    assert valid({"agents": {"a": table}})
    assert not valid({"agents": {"a": {**table, "no_such_key": 1}}})
    assert not valid({"agents": {"a": {"adapter": adapter}}}) or adapter == "replay"
