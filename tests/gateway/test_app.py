"""The application without a socket: every station of a request, and what is written down."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from gateway_kit import KEY, TOOL, asked, gateway, limits, message, plan, plans

from harness.gateway.values import Budget, PlanFile
from harness.llm import ModelError, ModelReply

CHAT = {"model": "offline", "messages": [{"role": "user", "content": "hi"}]}
CONVERSE = {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}
ENDS = [
    pytest.param("/v1/messages", message(), id="anthropic"),
    pytest.param("/v1/chat/completions", CHAT, id="openai"),
    pytest.param("/model/offline/converse", CONVERSE, id="bedrock"),
]


def run(file: PlanFile | None, *requests: dict[str, Any], **given: Any) -> tuple[list[Any], list[Any]]:
    """Answers to requests, one after the other, and the log's lines."""
    lines: list[Any] = []

    async def main() -> list[Any]:
        app = gateway(file, on_entry=lines.append, **given)
        answers = [await asked(app, **request) for request in requests]
        await app.close()
        return answers

    return asyncio.run(main()), lines


def said(answer: Any) -> str:
    found = answer.json
    return str(found.get("message") or found["error"]["message"])


@pytest.mark.parametrize(("path", "body"), ENDS)
def test_a_request_passes_every_station_in_order(path: str, body: dict[str, Any]) -> None:
    (answer,), (line,) = run(plans(), {"path": path, "body": body})

    assert answer.status == 200
    assert "You said: h" in answer.body.decode()
    assert line["flow"] == ["authenticate", "plan", "limit", "model", "count"]
    assert (line["entity"], line["tenant"], line["model"], line["outcome"]) == ("desk", "SYSTEM", "offline", "ok")


@pytest.mark.parametrize(("path", "body"), ENDS)
def test_a_key_is_needed_and_has_to_be_known(path: str, body: dict[str, Any]) -> None:
    (none, wrong), lines = run(
        plans(),
        {"path": path, "body": body, "headers": {"x-api-key": ""}},
        {"path": path, "body": body, "headers": {"x-api-key": "sk-guess"}},
    )

    assert none.status == wrong.status == (403 if "model" in path else 401)
    assert "no key" in said(none)
    assert said(wrong) == "the key is not known"
    assert [line["flow"] for line in lines] == [[], []]
    assert "sk-guess" not in json.dumps(lines)


@pytest.mark.parametrize(("path", "body"), ENDS)
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        pytest.param({"active": False}, "is not active", id="inactive"),
        pytest.param({"models": ("claude-*",)}, "may not ask the model", id="forbidden-model"),
    ],
)
def test_a_plan_says_who_may_ask_what(changed: dict[str, Any], words: str, path: str, body: dict[str, Any]) -> None:
    (answer,), (line,) = run(plans(plan(**changed)), {"path": path, "body": body})

    assert (answer.status, answer.headers["x-should-retry"]) == (403, "false")
    assert words in said(answer)
    assert (line["outcome"], line["reason"], line["flow"]) == ("refused", "permission", ["authenticate"])


def test_a_model_that_does_not_exist_is_not_found() -> None:
    (answer,), _ = run(plans(), {"body": message(model="gpt-9")})

    assert answer.status == 404
    assert answer.json["error"]["type"] == "not_found_error"


def test_a_default_model_answers_to_names_that_nobody_knows_and_needs_permission_itself() -> None:
    served, _ = run(plans(), {"body": message(model="gpt-9")}, model="offline")
    refused, _ = run(plans(plan(models=("gpt-*",))), {"body": message(model="gpt-9")}, model="offline")

    assert served[0].status == 200
    assert refused[0].status == 403


@pytest.mark.parametrize(("path", "body"), ENDS)
def test_who_asks_too_often_is_told_when_to_come_again(path: str, body: dict[str, Any]) -> None:
    request = {"path": path, "body": body}
    answers, lines = run(plans(plan(limits=limits(rpm=2))), *[request] * 3)

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert 55 <= int(answers[2].headers["retry-after"]) <= 60
    assert "2 requests of offline a minute" in said(answers[2])
    assert lines[2]["reason"] == "rate_limit"
    assert lines[2]["flow"] == ["authenticate", "plan"]


def test_a_budget_that_is_spent_pays_for_nothing_more() -> None:
    file = plans(plan(budget="b"), b=Budget(usd=0.002))
    answers, lines = run(file, *[{"body": message("x" * 300, max_tokens=10)}] * 30)

    ended = [answer.status for answer in answers]
    requests = [line for line in lines if line["event"] == "request"]
    assert ended[0] == 200
    assert ended[-1] == 402
    assert answers[-1].json["error"]["type"] == "billing_error"
    assert sum(line.get("counted_micro_usd", 0) for line in requests) <= 2000
    assert [line["level"] for line in lines if line["event"] == "budget"] == [50, 80][: len(lines) - len(requests)]


def test_the_log_adds_up_to_what_was_used() -> None:
    answers, lines = run(plans(), *[{"body": message(text)} for text in ("one", "two", "three")])

    usage = [answer.json["usage"] for answer in answers]
    assert sum(line["input_tokens"] for line in lines) == sum(one["input_tokens"] for one in usage)
    assert sum(line["output_tokens"] for line in lines) == sum(one["output_tokens"] for one in usage)
    assert [line["micro_usd"] for line in lines] == [one["input_tokens"] + 2 * one["output_tokens"] for one in usage]


def test_the_log_file_is_private_and_budgets_go_on_from_it(tmp_path: Path) -> None:
    log, file = tmp_path / "deep" / "usage.jsonl", plans(plan(budget="b"), b=Budget(tokens=2000))
    run(file, *[{"body": message(max_tokens=20)}] * 2, log=log)
    log.write_text(log.read_text() + '{"event": "request", "cut of')

    answers, _ = run(plans(plan(budget="b"), b=Budget(tokens=700)), {"body": message(max_tokens=20)}, log=log)

    assert log.stat().st_mode & 0o077 == 0
    assert answers[0].status == 402


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[1]", "no JSON object"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"model": "offline", "max_tokens": 5}', "'messages' is missing"),
        (b'{"model": 5, "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}', "there is no model '5'"),
        (json.dumps(message(max_tokens=-1)).encode(), "at least 1"),
    ],
)
def test_nonsense_is_the_clients_mistake(body: bytes, words: str) -> None:
    (answer,), (line,) = run(plans(), {"body": body})

    assert answer.status in {400, 404}
    assert words in said(answer)
    assert line["outcome"] == "refused"


def test_a_request_may_not_be_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.gateway.app.MOST_REQUEST_BYTES", 100)
    (answer,), _ = run(plans(), {"body": message("x" * 200)})

    assert (answer.status, answer.json["error"]["type"]) == (413, "request_too_large")


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"host": "evil.example:8900"}])
def test_no_web_page_gets_in(headers: dict[str, str]) -> None:
    (answer,), _ = run(None, {"body": message(), "headers": headers})

    assert answer.status == 403


def test_this_machine_gets_in_by_all_its_names() -> None:
    hosts = ["localhost:8900", "127.0.0.1:1", "[::1]:8900"]
    answers, _ = run(None, *[{"body": message(), "headers": {"host": host}} for host in hosts])

    assert [answer.status for answer in answers] == [200, 200, 200]


def test_models_are_listed_as_far_as_they_may_be_asked() -> None:
    get = {"method": "GET", "path": "/v1/models"}
    (openai, anthropic, none), _ = run(
        plans(plan(models=("off*",))),
        get,
        {**get, "headers": {"anthropic-version": "x"}},
        {**get, "headers": {"x-api-key": "?"}},
    )

    assert [model["id"] for model in openai.json["data"]] == ["offline"]
    assert anthropic.json["first_id"] == "offline"
    assert none.status == 401


def test_a_trial_is_what_was_asked_in_its_name() -> None:
    first = message(tools=[TOOL])
    call = {"type": "tool_use", "id": "", "name": "get_price", "input": {"symbol": "VTI"}}

    async def main() -> Any:
        app = gateway(plans())
        one = await asked(app, "/t/demo/v1/messages", first)
        call["id"] = one.json["content"][1]["id"]
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": "104.5"}
        turns = [*first["messages"], {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
        await asked(app, "/t/demo/v1/messages", {**first, "messages": turns})
        return await asked(app, "/t/demo", method="GET"), await asked(app, "/t/other", method="GET")

    found, other = asyncio.run(main())

    kinds = [kind for _, kind, _ in found.json["events"]]
    assert kinds == ["llm_call", "tool_call", "tool_result", "llm_call"]
    assert found.json["events"][2][2]["result"] == "104.5"
    assert other.status == 404


def test_an_entity_sees_its_own_trials_only() -> None:
    from harness.gateway.keys import digest

    file = plans(plan(), plan(entity="rival", keys=(digest("rival-key"),)))
    (_, mine, theirs), _ = run(
        file,
        {"path": "/t/secret/v1/messages", "body": message()},
        {"method": "GET", "path": "/t/secret"},
        {"method": "GET", "path": "/t/secret", "headers": {"x-api-key": "rival-key"}},
    )

    assert (mine.status, theirs.status) == (200, 404)


class Slow:
    """A model that says a word and then takes its time."""

    name = model_id = "slow"
    provider = "offline"
    price = None
    cancelled = False

    async def complete(self, request: Any, *, on_delta: Any = None) -> ModelReply:
        try:
            if on_delta is not None:
                await on_delta("text", "Well, ")
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            Slow.cancelled = True
            raise
        return ModelReply("never")

    async def close(self) -> None:
        """Nothing to release."""


@pytest.mark.parametrize("streaming", [True, False])
def test_a_client_that_hangs_up_cancels_what_it_asked_for_and_still_pays(streaming: bool) -> None:
    lines: list[Any] = []
    file = plans(plan(budget="b", limits=limits(output_tpm=100)), b=Budget(tokens=5000))
    Slow.cancelled = False

    async def main() -> tuple[int, Any]:
        app = gateway(file, on_entry=lines.append)
        app.office.directory._connected["offline/offline"] = Slow()
        body = message(max_tokens=60, stream=streaming)
        gone = None if not streaming else 1
        if streaming:
            await asked(app, body=body, gone_after=gone)
        else:
            await _hangs_up(app, body)
        spent = app.office.budgets.spent("b")[1]
        return spent, await asked(app, body=message(max_tokens=60))

    spent, after = asyncio.run(main())

    assert Slow.cancelled
    assert (lines[0]["outcome"], lines[0]["reason"]) == ("cancelled", "client_gone")
    assert "output_tokens" not in lines[0]
    assert spent == lines[0]["counted_tokens"] > 600
    assert after.status == 429


async def _hangs_up(app: Any, body: dict[str, Any]) -> None:
    queue = [{"type": "http.request", "body": json.dumps(body).encode()}]

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return queue.pop(0) if queue else {"type": "http.disconnect"}

    headers = [(b"x-api-key", KEY.encode())]
    await app({"type": "http", "method": "POST", "path": "/v1/messages", "headers": headers}, receive, _quiet)


async def _quiet(message: dict[str, Any]) -> None:
    """Nobody listens."""


def test_a_model_that_fails_is_said_to_in_the_clients_protocol() -> None:
    class Failing(Slow):
        async def complete(self, request: Any, *, on_delta: Any = None) -> ModelReply:
            raise ModelError("overloaded", "too busy", status=529, retry_after_s=7)

    async def main() -> Any:
        app = gateway(plans())
        app.office.directory._connected["offline/offline"] = Failing()
        return [await asked(app, body=message(stream=stream)) for stream in (False, True)]

    for answer in asyncio.run(main()):
        assert (answer.status, answer.headers["retry-after"]) == (529, "7")
        assert answer.json["error"]["type"] == "overloaded_error"


def test_without_plans_only_this_machine_is_served() -> None:
    from harness.errors import ConfigError

    with pytest.raises(ConfigError, match="let anybody in"):
        gateway(None, host="0.0.0.0")
    with pytest.raises(ConfigError, match="unknown model"):
        gateway(None, model="nope")


def test_websockets_are_refused_and_the_end_is_clean() -> None:
    sent: list[Any] = []

    async def main() -> None:
        app = gateway(None)
        messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

        async def receive() -> Any:
            return next(messages)

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await app({"type": "lifespan"}, receive, send)
        await app({"type": "websocket"}, receive, send)

    asyncio.run(main())

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete", "websocket.close"]
