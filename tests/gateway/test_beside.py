"""A gateway beside an agent: its own library asks, and the trial's trace knows what it did."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from gateway_clients import anthropic, openai
from gateway_kit import OFFLINE, TOOL, message, priced

from harness.cassettes.deck import Deck
from harness.cassettes.secrets import Masks
from harness.cassettes.tape import Recording, Tape
from harness.cli import main
from harness.faults.plan import FaultPlan
from harness.gateway.beside import Beside
from harness.recorder import Limits, Recorder

NODE = """
let input = ""; for await (const piece of process.stdin) input += piece;
const tools = [{type: "function", function: {name: "get_price", parameters: {type: "object"}}}];
const headers = {"content-type": "application/json", authorization: `Bearer ${process.env.OPENAI_API_KEY}`};
const messages = [{role: "user", content: input}];
for (;;) {
  const body = JSON.stringify({model: "gpt-4.1", messages, tools});
  const reply = await fetch(`${process.env.OPENAI_BASE_URL}/chat/completions`, {method: "POST", headers, body});
  const said = (await reply.json()).choices[0].message;
  messages.push(said);
  if (!said.tool_calls) { console.log(said.content); break; }
  for (const call of said.tool_calls) messages.push({role: "tool", tool_call_id: call.id, content: "104.50"});
}
"""
POLICY = """
from harness.llm import ModelReply, ToolCall

def policy(request, *, seed, noise):
    last = request.messages[-1]
    if last.role == "tool":
        return ModelReply(f"VTI costs ${last.text}.")
    return ModelReply("", tool_calls=(ToolCall("", "get_price", {"symbol": "VTI"}),))
"""
CASES = """
agent: adviser
cases:
  - id: A-1
    input: What is VTI?
    repeat: 2
    assert:
      - {type: contains, value: "$104.50"}
      - {type: trajectory:tool-args-match, name: get_price, args: {symbol: VTI}}
      - {type: trajectory:step-count, min: 3, max: 3}
"""


@pytest.fixture
def beside() -> Any:
    made = Beside(OFFLINE, priced, {})
    yield made
    asyncio.run(made.close())


def recorder(**limits: Any) -> Recorder:
    return Recorder(lambda: 0.0, limits=Limits(**limits) if limits else None)


def kinds(of: Recorder) -> list[str]:
    return [kind for _, kind, _ in of.wire]


def test_two_trials_at_once_have_records_of_their_own(beside: Beside) -> None:
    one, two = recorder(), recorder()
    with beside.trial(one) as first, beside.trial(two) as second:
        with anthropic(first.url) as client:
            client.messages.create(**message(model="claude-x", tools=[TOOL]))
        with openai(second.url) as client:
            client.chat.completions.create(model="gpt-x", messages=[{"role": "user", "content": "hi"}])

    assert first.url != second.url
    assert kinds(one) == ["llm_call", "tool_call"]
    assert kinds(two) == ["llm_call"]
    assert one.wire[0][2]["cost_usd"] == pytest.approx((9 + 2 * 10) / 1e6, rel=0.5)


def test_a_trial_that_has_ended_is_served_no_more(beside: Beside) -> None:
    with beside.trial(recorder()) as entrance:
        pass
    with anthropic(entrance.url) as client, pytest.raises(Exception, match="or it has ended"):
        client.messages.create(**message())


def test_a_budget_ends_the_trial_and_the_agent_is_told(beside: Beside) -> None:
    record = recorder(tokens=5)
    with beside.trial(record) as entrance, anthropic(entrance.url) as client:
        client.messages.create(**message())
        with pytest.raises(Exception, match="the trial is over"):
            client.messages.create(**message())

    assert record.stopped is not None


def test_the_usual_libraries_find_it_by_the_environment(beside: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    from anthropic import Anthropic
    from openai import OpenAI

    with beside.trial(recorder()) as entrance:
        for name, text in entrance.environ.items():
            monkeypatch.setenv(name, text)
        with Anthropic() as client:
            assert client.messages.create(**message("one")).content[0].text == "You said: one"
        with OpenAI() as client:
            found = client.chat.completions.create(model="x", messages=[{"role": "user", "content": "two"}])

    assert found.choices[0].message.content == "You said: two"


def test_an_agent_alone_in_its_process_finds_it_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    from anthropic import Anthropic

    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-a-real-key")
    made = Beside(OFFLINE, priced, {}, alone=True)
    with made.trial(recorder()), Anthropic() as client:
        assert client.api_key == "no-key-needed"
        assert client.messages.create(**message()).content[0].text == "You said: hello"
    asyncio.run(made.close())

    assert os.environ["ANTHROPIC_API_KEY"] == "sk-a-real-key"
    assert "ANTHROPIC_BASE_URL" not in os.environ


def test_a_server_elsewhere_is_told_where_its_model_is(beside: Beside) -> None:
    from harness.adapters import Request
    from harness.adapters.target import TargetError
    from harness.adapters.wire import Session
    from harness.gateway.here import ENTRANCE

    session = Session(where="agents.a", environ={})
    with beside.trial(recorder()) as entrance:
        token = ENTRANCE.set(entrance)
        assert session.fill({"model_url": "{gateway}"}, session.values(Request("hi"))) == {"model_url": entrance.url}
        ENTRANCE.reset(token)

    with pytest.raises(TargetError, match="gateway = true"):
        session.fill("{gateway}", session.values(Request("hi")))


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("rate_limit", "RateLimitError"),
        ("server_error", "InternalServerError"),
        ("overloaded", "OverloadedError"),
        ("timeout", "GatewayTimeoutError"),
        ("reset", "APIConnectionError"),
        ("truncated", "APIConnectionError"),
        ("malformed", "JSONDecodeError|APIResponseValidationError"),
    ],
)
@pytest.mark.parametrize("seam", ["gateway", "model"])
def test_what_a_case_wants_to_go_wrong_goes_wrong_for_the_agents_own_library(
    seam: str, kind: str, error: str, beside: Beside
) -> None:
    plan = FaultPlan.of([{"seam": seam, "kind": kind, "calls": [1]}])
    record = recorder()
    with beside.trial(record, faults=plan) as entrance, anthropic(entrance.url) as client:
        with pytest.raises(Exception, match=r"\w") as caught:
            client.messages.create(**message())
        assert client.messages.create(**message()).content[0].text == "You said: hello"

    assert type(caught.value).__name__ in error.split("|")
    assert plan.struck() == (1,)
    assert "error" in record.wire[0][2]


@pytest.mark.parametrize("kind", ["truncated", "empty", "malformed", "invalid_reply"])
def test_a_stream_that_is_spoiled_is_never_a_whole_answer(kind: str, beside: Beside) -> None:
    plan = FaultPlan.of([{"seam": "gateway", "kind": kind}])
    with beside.trial(recorder(), faults=plan) as entrance, anthropic(entrance.url) as client:
        try:
            with client.messages.stream(**message("a long question")) as stream:
                said = stream.get_final_message()
        except Exception:
            return

    assert "You said: a long question" not in "".join(getattr(block, "text", "") for block in said.content)


def test_something_slow_takes_its_time_on_the_virtual_clock(beside: Beside) -> None:
    plan, passed = FaultPlan.of([{"seam": "gateway", "kind": "slow", "seconds": 40}]), []
    plan.on_pass.append(passed.append)
    with beside.trial(recorder(), faults=plan) as entrance, anthropic(entrance.url) as client:
        client.messages.create(**message())

    assert passed == [40]


@pytest.mark.parametrize("stream", [False, True])
def test_what_was_recorded_is_played_without_a_model(stream: bool, beside: Beside) -> None:
    def asked(deck: Deck) -> list[Any]:
        record = recorder()
        with beside.trial(record, tape=deck) as entrance, openai(entrance.url) as client:
            found = client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "hi"}], stream=stream
            )
            text = (
                "".join(c.choices[0].delta.content or "" for c in found if c.choices)
                if stream
                else found.choices[0].message.content
            )
        return [text, kinds(record), record.wire[0][2].get("cache_hit")]

    made = Deck("record", Masks.of({}))
    first = asked(made)
    tape = Tape([Recording(*item) for item in json.loads(json.dumps(made.told()["recordings"]))])
    beside._policy = None

    again = asked(Deck("replay", Masks.of({}), tape=tape))

    assert first[:2] == again[:2] == ["You said: hi", ["llm_call"]]
    assert (first[2], again[2]) == (None, True)
    with pytest.raises(Exception, match="asked once more"):
        asked(Deck("replay", Masks.of({}), tape=tape))


def workspace(root: Path, table: str) -> None:
    for name, text in {"agents/policy.py": POLICY, "agents/agent.mjs": NODE, "cases/adviser.yaml": CASES}.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    common = 'gateway = true\nmodel = "offline"\npolicy = "agents/policy.py:policy"\n'
    (root / "harness.toml").write_text(f"[agents.adviser]\n{common}{table}")


def test_an_agent_in_another_language_is_evaluated_with_its_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.which("node") is None:
        assert os.environ.get("CI") != "true", "node is needed in CI"
        pytest.skip("node is not installed")
    workspace(tmp_path, 'adapter = "cli"\ncommand = ["node", "agents/agent.mjs"]\nstdin = "input"\ncwd = "."\n')
    monkeypatch.chdir(tmp_path)

    assert main(["eval"]) == 0, capsys.readouterr().out


def test_an_agent_without_a_model_has_nothing_to_ask_through_the_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace(tmp_path, 'target = "agents/policy.py:policy"\n')
    (tmp_path / "agents" / "plain.py").write_text("def agent(text):\n    return text\n")
    (tmp_path / "harness.toml").write_text('[agents.adviser]\ntarget = "agents/plain.py:agent"\ngateway = true\n')
    monkeypatch.chdir(tmp_path)

    assert main(["eval"]) == 2
    assert "asks through the gateway and has no model" in capsys.readouterr().err
