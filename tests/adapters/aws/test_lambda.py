"""Agents that are Lambda functions: invoked once, waited for longer than any function runs, unwrapped whatever they answer."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from canned import Answer, canned, reply
from conformance import ABILITIES, Conformance, Ended, Foreign, run

from harness.adapters.aws.reach import Reach
from harness.adapters.lambda_ import Settings
from harness.errors import AgentError, MissingExtra, Problems
from harness.workspace import AgentSettings, config_of, effects_of

pytestmark = pytest.mark.filterwarnings("ignore")  # moto's own


def agent(url: str, function: str = "adviser", **options: Any) -> AgentSettings:
    return AgentSettings(name="mine", adapter="lambda", options={"function": function, "endpoint_url": url, **options})


def adviser(head: str, body: bytes) -> Any:
    """The small agent of the conformance suite behind Lambda's invoke, as API Gateway wants its answers."""
    given = json.loads(body)
    said, talk = given["input"], given["history"]
    answer: dict[str, Any] = {"usage": {"inputTokens": 120, "outputTokens": 18}}
    if said == "price VTI":
        call = {"name": "get_price", "input": {"symbol": "VTI"}, "result": {"price": 250.1}}
        answer |= {"answer": "VTI costs $250.10.", "tool_calls": [call]}
    elif said == "which?":
        answer |= {"answer": f"You asked for {talk[0]['content'].split()[1]}."}
    elif said == "allocation":
        answer |= {"structured": {"VTI": 60, "BND": 40}}
    elif said.startswith("echo "):
        answer |= {"answer": said[5:]}
    elif said == "fail":
        return reply('{"errorType": "KeyError", "errorMessage": "no such account"}', X_Amz_Function_Error="Unhandled")
    elif said == "hang":
        return [None]
    return reply(json.dumps({"statusCode": 200, "body": json.dumps(answer)}))


class TestLambda(Conformance):
    @pytest.fixture
    def foreign(self, tmp_path: Path, environ: dict[str, str]) -> Iterator[Foreign]:
        with canned(adviser) as server:
            settings = agent(server.url, payload={"input": "{input}", "history": "{history}"})
            yield Foreign(settings, tmp_path, can=ABILITIES - {"ttft"}, environ=environ)


def invoked(answer: Answer, tmp_path: Path, environ: dict[str, str], /, **options: Any) -> Ended:
    with canned(answer) as server:
        return run(Foreign(agent(server.url, **options), tmp_path, environ=environ), "hello")


def gateway(body: Any, status: int = 200, **more: Any) -> bytes:
    return reply(json.dumps({"statusCode": status, "body": body, **more}))


@pytest.mark.parametrize(
    ("answer", "text", "structured"),
    [
        pytest.param(reply('"plain"'), "plain", None, id="text"),
        pytest.param(gateway("plain text"), "plain text", None, id="text in body"),
        pytest.param(gateway('{"answer": "in text"}'), "in text", None, id="JSON in body"),
        pytest.param(gateway({"answer": "as object"}), "as object", None, id="object as body"),
        pytest.param(gateway(base64.b64encode(b'{"answer": "packed"}').decode(), isBase64Encoded=True), "packed", None, id="base64"),
        pytest.param(reply('{"success": true, "charts": [1]}'), '{"success": true, "charts": [1]}', {"success": True, "charts": [1]}, id="data"),
    ],
)  # fmt: skip
def test_answers_are_unwrapped(
    answer: bytes, text: str, structured: Any, tmp_path: Path, environ: dict[str, str]
) -> None:
    trace = invoked(answer, tmp_path, environ).trace

    assert (trace.answer, trace.structured) == (text, structured)


@pytest.mark.parametrize(
    ("answer", "status", "kind", "words"),
    [
        pytest.param(reply('{"errorType": "ValueError", "errorMessage": "bad"}', X_Amz_Function_Error="Unhandled"), "agent_failed", "function_error", "ValueError: bad", id="raises"),
        pytest.param(reply('{"errorMessage": "2026 abc Task timed out after 3.00 seconds"}', X_Amz_Function_Error="Unhandled"), "agent_failed", "function_timeout", "more time", id="too slow"),
        pytest.param(gateway('{"error": "no job"}', 400), "infrastructure_failed", "http_400", "no job", id="400"),
        pytest.param(gateway("boom", 500), "agent_failed", "http_500", "boom", id="500"),
        pytest.param(gateway('{"error": "no data"}'), "agent_failed", "agent_error", "no data", id="error in body"),
        pytest.param(gateway("???", isBase64Encoded=True), "agent_failed", "invalid_output", "base64 and is not", id="no base64"),
        pytest.param(gateway(None), "agent_failed", "invalid_output", "without saying", id="no body"),
        pytest.param(reply("null"), "agent_failed", "invalid_output", "without saying", id="nothing"),
        pytest.param(reply("<html>"), "agent_failed", "invalid_output", "no JSON: '<html>'", id="page"),
        pytest.param(reply(json.dumps("x" * 20_000)), "agent_failed", "output", "longer than 16 KiB", id="too long"),
        pytest.param(reply('{"Message": "Function not found"}', status=404, x_amzn_ErrorType="ResourceNotFoundException"), "infrastructure_failed", "aws_ResourceNotFoundException", "correct the name", id="missing"),
        pytest.param(reply('{"Message": "no"}', status=403, x_amzn_ErrorType="AccessDeniedException"), "infrastructure_failed", "aws_AccessDeniedException", "credentials", id="denied"),
        pytest.param(reply('{"Message": "slow"}', status=429, x_amzn_ErrorType="TooManyRequestsException"), "infrastructure_failed", "aws_TooManyRequestsException", "smaller -j", id="throttled"),
        pytest.param(b"", "infrastructure_failed", "unreachable", "cannot be reached", id="hangs up"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_said(
    answer: bytes, status: str, kind: str, words: str, tmp_path: Path, environ: dict[str, str]
) -> None:
    ended = invoked(answer, tmp_path, environ, max_answer_kb=16)

    assert (ended.status, ended.kind) == (status, kind), ended.message
    assert words in ended.message
    assert kind == "invalid_output" or "agents.mine (function adviser)" in ended.message


@pytest.mark.parametrize("answer", [reply("", status=500), reply('{"Message": "x"}', status=503), b""])
def test_a_function_is_invoked_once_whatever_happens(answer: bytes, tmp_path: Path, environ: dict[str, str]) -> None:
    with canned(answer) as server:
        run(Foreign(agent(server.url), tmp_path, environ=environ), "buy 100 VTI")

    assert len(server.bodies) == 1


def test_the_client_waits_longer_than_any_function_runs(environ: dict[str, str]) -> None:
    reach = Reach(Settings(function="f"), environ, "agents.mine")
    config = reach.client("lambda").meta.config

    assert config.read_timeout > 900
    assert config.retries["total_max_attempts"] == 1
    reach.close()


def test_a_function_of_motos_is_invoked(
    tmp_path: Path, moto: str, client: Any, tell: Any, environ: dict[str, str]
) -> None:
    role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}", Path="/")["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): return event")
    tell("config", {"lambda": {"use_docker": False}})
    client("lambda").create_function(
        FunctionName="adviser",
        Runtime="python3.11",
        Role=role,
        Handler="main.handler",
        Code={"ZipFile": code.getvalue()},
    )
    tell(
        "static/lambda-simple/response",
        {"results": [json.dumps({"statusCode": 200, "body": '{"answer": "from moto"}'})]},
    )

    ended = run(Foreign(agent(moto), tmp_path, environ=environ), "hello")

    assert ended.trace.answer == "from moto"


def test_region_credentials_and_library_are_asked_for_before_anything_runs(
    tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = AgentSettings(name="mine", adapter="lambda", options={"function": "f"})
    with pytest.raises(AgentError, match="no region"):
        run(Foreign(bare, tmp_path, environ={}), "x")
    with pytest.raises(AgentError, match="no credentials"):
        run(Foreign(bare, tmp_path, environ={"AWS_REGION": "us-east-1"}), "x")
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)
    with pytest.raises(MissingExtra, match=r"finharness\[aws\]"):
        run(Foreign(bare, tmp_path, environ=environ), "x")


def test_nonsense_in_the_table_is_said_all_at_once() -> None:
    table = {
        "adapter": "lambda",
        "payload": {"a": "{inputt}"},
        "endpoint_url": "nowhere",
        "answer": "$..x",
        "model": "offline",
    }

    with pytest.raises(Problems) as caught:
        config_of({"agents": {"mine": table}})
    assert "'function' is missing" in str(caught.value)
    assert "no use for 'model'" in str(caught.value)

    with pytest.raises(Problems) as caught:
        config_of({"agents": {"mine": {**table, "function": "f"}}})
    for words in ("payload.a: unknown placeholder", "endpoint_url", "answer:"):
        assert words in str(caught.value)


def test_a_function_may_have_effects_only_when_that_is_declared() -> None:
    assert effects_of(AgentSettings(name="a", adapter="lambda", options={"function": "f"})) == "forbid"
    assert effects_of(agent("http://127.0.0.1:9")) == "none"
