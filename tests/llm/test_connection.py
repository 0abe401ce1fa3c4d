import asyncio
import subprocess
import sys

import pytest

from harness.errors import ConfigError, MissingExtra
from harness.llm import Message, ModelRequest, connect, variables
from harness.llm.connection import secret
from harness.llm.limited import LimitedModel
from harness.testing import ModelReply, QueuedModel
from harness.workspace import ModelSettings

CLAUDE = ModelSettings(provider="anthropic", id="claude-sonnet-5", name="claude")
NOVA = ModelSettings(provider="bedrock", id="amazon.nova-lite-v1:0", region="us-east-1", name="nova")
GPT = ModelSettings(provider="litellm", id="openai/gpt-4o", name="gpt")


@pytest.mark.parametrize(
    ("settings", "variable"),
    [(CLAUDE, "ANTHROPIC_API_KEY"), (NOVA, "AWS_ACCESS_KEY_ID"), (GPT, "OPENAI_API_KEY"),
     (ModelSettings(provider="litellm", id="mistral/mistral-large"), "MISTRAL_API_KEY"),
     (ModelSettings(provider="anthropic", id="c", api_key_env="TEAM_KEY"), "TEAM_KEY")],
)  # fmt: skip
def test_a_missing_key_is_named(settings, variable):
    with pytest.raises(ConfigError, match=f"environment variable {variable}, which is not set") as caught:
        connect(settings, environ={})
    assert caught.value.where == variable


@pytest.mark.parametrize(
    ("value", "flaw"),
    [("sk-secret\n", "a line break"), ("sk secret", "white space"), ('"sk-secret"', "quotes"), ("'sk-secret'", "quotes"),
     ("sk-sécret", "not plain ASCII"), ("sk-\x00secret", "not plain ASCII"), ("sk-secret\u200b", "not plain ASCII")],
)  # fmt: skip
def test_a_key_that_cannot_be_one_is_refused_without_showing_it(value, flaw):
    with pytest.raises(ConfigError, match=flaw) as caught:
        connect(CLAUDE, environ={"ANTHROPIC_API_KEY": value})
    assert "ANTHROPIC_API_KEY" in str(caught.value)
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_a_blank_key_is_a_missing_one(blank):
    with pytest.raises(ConfigError, match="not set"):
        secret({"KEY": blank}, "KEY", "the model x")


@pytest.mark.parametrize("provider", ["anthropic", "litellm"])
def test_the_usual_key_goes_to_no_strange_address(provider):
    settings = ModelSettings(provider=provider, id="openai/m", base_url="https://models.example.com/v1", name="m")
    environ = {"ANTHROPIC_API_KEY": "sk-1", "OPENAI_API_KEY": "sk-2"}
    with pytest.raises(ConfigError, match="does not say which key") as caught:
        connect(settings, environ=environ)
    assert "api_key_env" in caught.value.remedy


@pytest.mark.parametrize(
    "host", ["http://localhost.example.com", "http://127.0.0.1.example.com", "http://127.0.0.1@x.io"]
)
def test_an_address_that_only_looks_local_is_strange(host):
    with pytest.raises(ConfigError, match="does not say which key"):
        connect(ModelSettings(provider="anthropic", id="m", base_url=host), environ={"ANTHROPIC_API_KEY": "sk-1"})


def test_bedrock_needs_a_region_and_both_halves_of_a_key():
    nowhere = ModelSettings(provider="bedrock", id="m")
    with pytest.raises(ConfigError, match="needs a region"):
        connect(nowhere, environ={"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"})
    with pytest.raises(ConfigError, match="AWS_SECRET_ACCESS_KEY"):
        connect(nowhere, environ={"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIA"})


def test_a_model_without_an_id_and_an_offline_one_without_a_policy_are_refused():
    with pytest.raises(ConfigError, match="has no id"):
        connect(ModelSettings(provider="anthropic", name="claude"), environ={"ANTHROPIC_API_KEY": "sk-1"})
    with pytest.raises(ConfigError, match="needs a policy"):
        connect(ModelSettings(provider="offline"))


@pytest.mark.parametrize(
    ("module", "settings", "extra"),
    [("anthropic", CLAUDE, "anthropic"), ("boto3", NOVA, "aws"), ("litellm", GPT, "litellm")],
)
def test_a_missing_library_names_the_command_that_installs_it(monkeypatch, module, settings, extra):
    monkeypatch.setitem(sys.modules, module, None)
    environ = {"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k", "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "k"}
    with pytest.raises(MissingExtra) as caught:
        connect(settings, environ=environ)
    assert caught.value.remedy == f'pip install "finharness[{extra}]"'


def test_only_the_keys_of_the_model_are_named_for_a_worker():
    assert variables(CLAUDE) == ("ANTHROPIC_API_KEY",)
    assert variables(GPT) == ("OPENAI_API_KEY",)
    assert variables(ModelSettings(provider="anthropic", api_key_env="TEAM_KEY")) == ("TEAM_KEY",)
    assert {"AWS_ACCESS_KEY_ID", "AWS_REGION"} <= set(variables(NOVA))
    assert variables(ModelSettings(provider="offline")) == ()
    assert variables(ModelSettings(provider="litellm", id="ollama/llama3")) == ()


def test_settings_cap_what_is_asked():
    model = QueuedModel([ModelReply("a"), ModelReply("b")])
    limited = LimitedModel(model, max_tokens=100, temperature=0.3)
    asyncio.run(limited.complete(ModelRequest((Message("user", "x"),), max_tokens=5000)))
    asyncio.run(limited.complete(ModelRequest((Message("user", "x"),), max_tokens=50, temperature=0.9)))
    assert [(seen.max_tokens, seen.temperature) for seen in model.requests] == [(100, 0.3), (50, 0.9)]


def test_importing_the_interface_imports_no_provider():
    code = "import sys, harness.llm, harness.llm.offline, harness.llm.recorded; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"anthropic", "boto3", "botocore", "litellm", "openai", "httpx", "httpx2", "pydantic"} & set(loaded)
