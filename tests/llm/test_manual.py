"""The examples of docs/models.md do what the page says."""

import asyncio
import re
import tomllib
from pathlib import Path

import pytest

from harness.llm import Message, ModelRequest, ToolCall, connect, variables
from harness.llm.offline import OfflineModel
from harness.llm.prices import lookup
from harness.shape import read
from harness.workspace import Config, read_config

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", blocks("toml"))
def test_the_settings_are_accepted(tmp_path, text):
    path = tmp_path / "harness.toml"
    path.write_text(text)
    config = read_config(path, {})
    assert config == read(Config, config)
    assert config.models
    tomllib.loads(text)


def test_the_models_named_can_be_connected_and_the_listed_ones_have_prices():
    config = read(Config, tomllib.loads(blocks("toml")[0]))
    environ = {"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k", "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "k"}
    for name, settings in config.models.items():
        asyncio.run(connect(settings, environ=environ).close())
        assert variables(settings)
        assert (lookup(settings.id, settings.provider) is None) == (name == "local")


def test_the_server_example_prints_what_the_page_says(capsys):
    code = next(text for text in blocks("python") if "ModelServer(" in text)
    exec(compile(code, "docs/models.md", "exec"), {})
    assert capsys.readouterr().out == blocks("text")[0]


def test_the_policy_and_the_agent_run():
    space = {}
    for text in blocks("python"):
        if "ModelServer(" not in text:
            exec(compile(text, "docs/models.md", "exec"), space)
    model = OfflineModel(space["policy"])
    reply = asyncio.run(model.complete(ModelRequest((Message("user", "VTI?"),))))
    assert reply.tool_calls == (ToolCall("call_1", "price", {"symbol": "VTI"}),)
    context = type("Context", (), {"model": OfflineModel(lambda request, **_: reply.__class__("290"))})
    assert asyncio.run(space["advisor"](type("Request", (), {"input": "VTI?"}), context)) == "290"
