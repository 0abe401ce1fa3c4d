"""The `anthropic`, `openai`, `boto3` and `litellm` libraries, unmodified, against the gateway over a socket."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from gateway_clients import ASK, CLIENTS, boto3
from gateway_kit import KEY, behind, gateway, limits, plan, plans

from harness.gateway import serving
from harness.gateway.relay import Patience
from harness.llm.litellm_library import library
from harness.llm.request import ModelReply, ToolCall
from harness.model import Usage
from harness.testing import ModelServer

REPLY = ModelReply(
    "Let me look: ünïcode 📈.",
    (ToolCall("toolu_7", "get_price", {"symbol": "VTI"}),),
    stop_reason="tool_use",
    usage=Usage(12, 6, 0),
)
PROVIDERS = ["anthropic", "litellm", "bedrock"]


@pytest.fixture(scope="module")
def upstream() -> Iterator[ModelServer]:
    with ModelServer(lambda _request: REPLY) as server:
        yield server


@pytest.fixture(scope="module")
def everything(upstream: ModelServer) -> Iterator[tuple[str, list[Any]]]:
    lines: list[Any] = []
    library()  # takes seconds to be imported, which no call's deadline should pay for
    app = behind(upstream, file=plans(plan(limits=limits())), on_entry=lines.append, patience=Patience())
    with serving(app) as url:
        yield url, lines


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("model", [*PROVIDERS, "offline"])
@pytest.mark.parametrize("client", PROVIDERS)
def test_every_library_speaks_to_every_model(
    client: str, model: str, stream: bool, everything: tuple[str, list[Any]]
) -> None:
    url, lines = everything
    with CLIENTS[client](f"{url}/t/{client}-{model}") as connected:
        said = ASK[client](connected, model, stream=stream, tools=True)

    assert said["calls"] == [("get_price", {"symbol": "VTI"})]
    assert said["text"].startswith("Let me look")
    assert said["stop"] == ("tool_calls" if client == "litellm" else "tool_use")
    assert said["tokens"] == (lines[-1]["input_tokens"], lines[-1]["output_tokens"])
    assert (lines[-1]["trial"], lines[-1]["outcome"], lines[-1]["tool_calls"]) == (f"{client}-{model}", "ok", 1)


def test_the_provider_gets_its_own_key_and_the_client_never_sees_it(
    upstream: ModelServer, everything: tuple[str, list[Any]]
) -> None:
    before = len(upstream.requests)
    for client in PROVIDERS:
        with CLIENTS[client](everything[0]) as connected:
            ASK[client](connected, client)

    seen = upstream.requests[before:]
    assert [request.provider for request in seen] == PROVIDERS
    assert seen[0].headers["x-api-key"] == "sk-upstream-secret"
    assert seen[1].headers["authorization"] == "Bearer sk-upstream-secret"
    assert "Credential=AKIATEST/" in seen[2].headers["authorization"]
    assert not any(KEY in text for request in seen for text in request.headers.values())
    assert [request.body.get("model") for request in seen[:2]] == ["up-anthropic", "up-litellm"]
    assert seen[2].path == "/model/up-bedrock/converse"


def test_bedrock_is_invoked_with_anthropics_bodies(everything: tuple[str, list[Any]]) -> None:
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 50,
        "messages": [{"role": "user", "content": "hi"}],
    }
    with boto3(everything[0]) as client:
        found = json.loads(client.invoke_model(modelId="anthropic", body=json.dumps(body))["body"].read())
        stream = client.invoke_model_with_response_stream(modelId="anthropic", body=json.dumps(body))["body"]
        events = [json.loads(event["chunk"]["bytes"]) for event in stream]
        stream.close()

    assert found["content"][1]["name"] == "get_price"
    assert (events[0]["type"], events[-1]["type"]) == ("message_start", "message_stop")
    assert base64.b64encode(b"") == b""


def test_litellm_asks_through_the_gateway(everything: tuple[str, list[Any]]) -> None:
    litellm = library()
    given = {"messages": [{"role": "user", "content": "hi"}], "api_key": KEY, "num_retries": 0, "max_retries": 0}
    for model, base in (("openai/litellm", f"{everything[0]}/v1"), ("anthropic/anthropic", everything[0])):
        found = litellm.completion(model=model, api_base=base, max_tokens=50, **given)

        assert found.choices[0].message.tool_calls[0].function.name == "get_price"
        assert found.usage.total_tokens == 18


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        pytest.param({"keys": ("sha256:" + "0" * 64,)}, ("AuthenticationError", "AuthenticationError", "UnrecognizedClientException"), id="unknown-key"),
        pytest.param({"active": False}, ("PermissionDeniedError", "PermissionDeniedError", "AccessDeniedException"), id="inactive"),
        pytest.param({"models": ("x",)}, ("PermissionDeniedError", "PermissionDeniedError", "AccessDeniedException"), id="forbidden"),
        pytest.param({"limits": limits(output_tpm=10)}, ("BadRequestError", "BadRequestError", "ValidationException"), id="too-large"),
    ],
)  # fmt: skip
def test_every_library_knows_a_refusal_for_what_it_is(changed: dict[str, Any], names: tuple[str, ...]) -> None:
    raised = []
    with serving(gateway(plans(plan(**changed)))) as url:
        for client in PROVIDERS:
            with CLIENTS[client](url) as connected, pytest.raises(Exception, match=r"\w") as caught:
                ASK[client](connected, "offline")
            told = getattr(caught.value, "response", None)
            raised.append(told["Error"]["Code"] if isinstance(told, dict) else type(caught.value).__name__)

    assert tuple(raised) == names


def test_libraries_wait_as_long_as_they_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    for client in PROVIDERS:
        lines: list[Any] = []
        options: dict[str, Any] = {"attempts": 2} if client == "bedrock" else {"max_retries": 1}
        served = serving(gateway(plans(plan(limits=limits(rpm=1))), on_entry=lines.append))
        with served as url, CLIENTS[client](url, **options) as connected:
            ASK[client](connected, "offline")
            waits.clear()
            with pytest.raises(Exception, match=r"1 requests of offline a minute"):
                ASK[client](connected, "offline")

        assert [line["outcome"] for line in lines] == ["ok", "refused", "refused"]
        if client != "bedrock":  # AWS's library waits by its own lights
            assert 55 <= max(waits) <= 60
