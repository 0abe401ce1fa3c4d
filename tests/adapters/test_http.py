"""Agents behind HTTP: what they answer is read as it comes, bounded, and what is no answer is said with its place."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from canned import Answer, canned, events, reply
from conformance import ABILITIES, Conformance, Ended, Foreign, evaluate, run

from harness.errors import AgentError, MissingExtra, Problems
from harness.workspace import AgentSettings, config_of, effects_of

NODE = Path(__file__).parent / "foreign" / "adviser.mjs"
DONE = {"type": "done"}
SIMPLE = json.dumps(
    {"agent": "mine", "cases": [{"id": "a", "input": "hi", "assert": [{"type": "contains", "value": "x"}]}]}
)


def agent(url: str, **options: Any) -> AgentSettings:
    return AgentSettings(name="mine", adapter="http", options={"url": url, **options})


def asked(answer: Answer, tmp_path: Path, /, *inputs: Any, about: Any = None, **options: Any) -> Ended:
    """Ask an agent that always answers the same."""
    with canned(answer) as server:
        return run(Foreign(agent(server.url + "/chat", **options), tmp_path), *(inputs or ("hello",)), **(about or {}))


def node() -> str:
    found = shutil.which("node")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Node must be installed in CI")
        pytest.skip("node is not installed: apt-get install nodejs")
    return found


@pytest.fixture(scope="module")
def in_node() -> Iterator[str]:
    """The address of the small agent, which runs in Node."""
    with subprocess.Popen([node(), str(NODE)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/chat"
        process.kill()


class TestNode(Conformance):
    """An agent in Node that answers with server-sent events."""

    @pytest.fixture
    def foreign(self, in_node: str, tmp_path: Path) -> Foreign:
        return Foreign(agent(in_node, stream="sse"), tmp_path)


def document(head: str, body: bytes) -> Any:
    """The small agent as one that answers with one JSON document."""
    given = json.loads(body)
    said, answer = given["messages"][-1]["content"], {"usage": {"prompt_tokens": 120, "completion_tokens": 18}}
    if said == "price VTI":
        call = {"function": {"name": "get_price", "arguments": '{"symbol": "VTI"}'}, "output": {"price": 250.1}}
        answer |= {"reply": {"text": "VTI costs $250.10."}, "steps": [call]}
    elif said == "which?":
        answer |= {"reply": {"text": f"You asked for {given['messages'][0]['content'].split()[1]}."}}
    elif said == "allocation":
        answer |= {"data": {"VTI": 60, "BND": 40}}
    elif said.startswith("echo "):
        answer |= {"reply": {"text": said[5:]}}
    elif said == "fail":
        return reply("no such account", status=500)
    elif said == "hang":
        return [None]
    return reply(json.dumps(answer))


class TestDocument(Conformance):
    """An agent that answers with one JSON document, whose keys harness.toml names."""

    test_the_small_suite_passes_through_the_command = None  # it does, with events

    @pytest.fixture
    def foreign(self, tmp_path: Path) -> Iterator[Foreign]:
        with canned(document) as server:
            settings = agent(
                server.url,
                body={"messages": "{messages}"},
                structured="$.data",
                tool_calls="$.steps[*]",
                answer="$.reply.text",
            )
            yield Foreign(settings, tmp_path, can=ABILITIES - {"ttft"})


def test_what_is_sent_is_what_the_template_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISER_KEY", "k-123")
    with canned(reply('{"answer": "ok"}')) as server:
        options = {
            "headers": {"Authorization": "Bearer {env.ADVISER_KEY}", "X-Turn": "{turn}"},
            "body": {"q": "{input}", "who": {"p": "{world.portfolio}"}, "list": ["{seed}", "{{x}}"], "n": 1},
        }
        run(
            Foreign(agent(server.url + "/a/{world.portfolio}?q={input}", **options), tmp_path),
            "a/b&c {env.ADVISER_KEY}",
            world={"portfolio": "P 1"},
        )

    assert json.loads(server.bodies[0]) == {
        "q": "a/b&c {env.ADVISER_KEY}",
        "who": {"p": "P 1"},
        "list": [7, "{x}"],
        "n": 1,
    }
    assert server.heads[0].startswith("POST /a/P%201?q=a%2Fb%26c%20%7Benv.ADVISER_KEY%7D HTTP/1.1\r\n")
    assert "Authorization: Bearer k-123\r\n" in server.heads[0]
    assert "X-Turn: 0\r\n" in server.heads[0]


def test_the_conversation_has_the_id_that_the_agent_gives(tmp_path: Path) -> None:
    def answer(head: str, body: bytes) -> bytes:
        if head.startswith("POST /threads HTTP"):
            return reply('{"thread": {"id": "T-9"}}')
        return reply(json.dumps({"answer": head.split(" ")[1]}))

    with canned(answer) as server:
        settings = agent(
            server.url + "/threads/{session}/runs", open_url=server.url + "/threads", session="$.thread.id"
        )
        ended = run(Foreign(settings, tmp_path), "a", "b")

    assert [turn.answer for turn in ended.trace.turns] == ["/threads/T-9/runs"] * 2
    assert len(server.bodies) == 3


def test_a_cut_character_and_a_cut_line_are_put_together(tmp_path: Path) -> None:
    whole = events({"type": "text_delta", "text": "日本 "}, {"type": "text_done", "text": "日本 €"}, DONE)

    ended = asked([part for byte in whole for part in (bytes([byte]),)], tmp_path, stream="sse")

    assert ended.trace.answer == "日本 €"


@pytest.mark.parametrize(
    ("answer", "options", "status", "kind", "words"),
    [
        pytest.param(reply("<!doctype html><h1>Log in</h1>", kind="text/html"), {}, "agent_failed", "invalid_output", "a web page", id="page"),
        pytest.param(reply("<html>x", kind="text/html"), {"stream": "sse"}, "agent_failed", "invalid_output", "a web page where events", id="page for events"),
        pytest.param(reply("not json"), {}, "agent_failed", "invalid_output", "begins 'not json'", id="no json"),
        pytest.param(reply('{"a": 1} {"a": 2}'), {}, "agent_failed", "invalid_output", "Extra data", id="two documents"),
        pytest.param(reply(""), {}, "agent_failed", "invalid_output", "it is empty", id="empty"),
        pytest.param(reply("", status=204), {}, "agent_failed", "invalid_output", "it is empty", id="no content"),
        pytest.param(reply('{"other": 1}'), {"answer": "$.text"}, "agent_failed", "invalid_output", "found 'other'", id="wrong path"),
        pytest.param(reply('{"error": {"message": "no data"}}'), {}, "agent_failed", "agent_error", "no data", id="error key"),
        pytest.param(reply("boom", status=500), {}, "agent_failed", "http_500", "answers 500 and says: boom", id="500"),
        pytest.param(reply("nope", status=404), {}, "infrastructure_failed", "http_404", "correct `url`", id="404"),
        pytest.param(reply("", status=401), {}, "infrastructure_failed", "http_401", "give it a key", id="401"),
        pytest.param(reply("", status=429, Retry_After="86400"), {}, "infrastructure_failed", "http_429", "smaller -j", id="429"),
        pytest.param(reply("<h1>down</h1>", status=503, kind="text/html"), {}, "infrastructure_failed", "http_503", "503", id="503"),
        pytest.param(b"", {}, "infrastructure_failed", "no_answer", "without an answer", id="hangs up"),
        pytest.param(b"GARBAGE\r\n\r\n", {}, "infrastructure_failed", "no_answer", "without an answer", id="garbage"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", {}, "agent_failed", "broken_off", "broke off", id="breaks off"),
        pytest.param(events({"type": "text_delta", "text": "a"}), {"stream": "sse"}, "agent_failed", "cut_short", "without the event", id="cut short"),
        pytest.param(events({"type": "error", "error": "overloaded"}, DONE), {"stream": "sse"}, "agent_failed", "agent_error", "overloaded", id="error event"),
        pytest.param(events({"type": "tick"}, DONE), {"stream": "sse"}, "agent_failed", "invalid_output", "without saying", id="says nothing"),
        pytest.param(events({"kind": "x"}, {"kind": "y"}), {"stream": "sse", "map": [{"event": "z", "kind": "text_delta"}]}, "agent_failed", "invalid_output", "none of the 2 events", id="no rule"),
        pytest.param(reply("x" * 40_000, kind="text/plain"), {"stream": "text", "max_answer_kb": 16}, "agent_failed", "output", "longer than 16 KiB", id="too long"),
        pytest.param(reply(gzip.compress(b" " * 30_000_000), Content_Encoding="gzip"), {"max_answer_kb": 64}, "agent_failed", "output", "longer than 64 KiB", id="bomb"),
        pytest.param(reply(b"x", Content_Encoding="br"), {}, "agent_failed", "invalid_output", "packed with br", id="other packing"),
        pytest.param([reply('{"answer": 1')[:-6], None], {"idle_s": 0.2}, "agent_failed", "silent", "said nothing for 0.2 s", id="silent"),
        pytest.param(reply("", status=302, Location="/other"), {}, "infrastructure_failed", "redirect", "answers 302 and redirects", id="redirected post"),
        pytest.param(reply("", status=307, Location="/chat"), {}, "infrastructure_failed", "redirect", "more than 5 times", id="loop"),
        pytest.param(reply("", status=307, Location="ftp://x/y"), {}, "infrastructure_failed", "redirect", "ftp://x/y, which is refused", id="other scheme"),
        pytest.param(reply("", status=307, Location="file:///etc/passwd"), {}, "infrastructure_failed", "redirect", "refused", id="file"),
        pytest.param(reply("", status=307, Location="http://169.254.169.254/latest"), {}, "infrastructure_failed", "refused_address", "link-local", id="metadata"),
        pytest.param(reply("", status=307, Location="http://[::ffff:169.254.169.254]/"), {}, "infrastructure_failed", "refused_address", "link-local", id="mapped"),
        pytest.param(reply("", status=307, Location="http://10.0.0.8/"), {}, "infrastructure_failed", "refused_address", "private network", id="private"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_said_with_its_place(
    answer: Answer, options: dict[str, Any], status: str, kind: str, words: str, tmp_path: Path
) -> None:
    ended = asked(answer, tmp_path, **options)

    assert (ended.status, ended.kind) == (status, kind), ended.message
    assert words in ended.message
    assert "agents.mine (http://127.0.0.1:" in ended.message or kind == "invalid_output"


def test_packed_answers_are_unpacked(tmp_path: Path) -> None:
    packed = reply(gzip.compress(b'{"answer": "small"}'), Content_Encoding="gzip")

    assert asked(packed, tmp_path).trace.answer == "small"


def test_a_stream_that_never_ends_is_bounded_by_its_length(tmp_path: Path) -> None:
    piece = events({"type": "text_delta", "text": "x" * 500})
    ended = asked([piece, *([piece.partition(b"\r\n\r\n")[2]] * 200), None], tmp_path, stream="sse", max_answer_kb=32)

    assert (ended.status, ended.kind) == ("agent_failed", "output")


def test_a_stream_that_never_ends_is_ended_with_its_trial(tmp_path: Path) -> None:
    with canned([events({"type": "text_delta", "text": "x"}), None]) as server:
        foreign = Foreign(agent(server.url, stream="sse"), tmp_path)
        ended = run(foreign, "x", cancel_after_s=0.2)

    assert ended.status == "cancelled"
    assert ended.trace.ttft_s is not None


def test_a_redirect_is_followed_and_keys_stay_with_their_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "secret")
    with (
        canned(reply('{"answer": "moved"}')) as other,
        canned(reply("", status=308, Location=f"{other.url}/new")) as first,
    ):
        settings = agent(first.url, headers={"Authorization": "Bearer {env.KEY}", "X-Api-Key": "{env.KEY}"})
        ended = run(Foreign(settings, tmp_path), "x")

    assert ended.trace.answer == "moved"
    assert "secret" in first.heads[0]
    assert "secret" not in other.heads[0]
    assert other.bodies == first.bodies


def test_an_agent_that_is_not_there_is_no_failure_of_it(tmp_path: Path) -> None:
    with canned(b"") as server:
        url = server.url
    ended = run(Foreign(agent(url), tmp_path), "x")

    assert (ended.status, ended.kind) == ("infrastructure_failed", "unreachable")
    assert "start the agent" in ended.message


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/x", "http://0.0.0.0:80/", "http://10.1.2.3/", "http://[fe80::1]/"]
)
def test_addresses_that_nobody_should_ask_are_refused(url: str, tmp_path: Path) -> None:
    ended = run(Foreign(agent(url), tmp_path), "x")

    assert (ended.status, ended.kind) == ("infrastructure_failed", "refused_address")


def test_nothing_is_asked_twice(tmp_path: Path) -> None:
    with canned(reply("busy", status=503)) as server:
        run(Foreign(agent(server.url), tmp_path), "buy 100 VTI")

    assert len(server.bodies) == 1


def test_a_missing_world_or_variable_names_what_is_missing(tmp_path: Path) -> None:
    ended = asked(reply("{}"), tmp_path, body={"p": "{world.portfolio}"})
    assert (ended.status, ended.kind) == ("infrastructure_failed", "template")
    assert "{world.portfolio}" in ended.message

    with pytest.raises(AgentError, match="NO_SUCH_VARIABLE is not set"):
        asked(reply("{}"), tmp_path, headers={"Authorization": "{env.NO_SUCH_VARIABLE}"})


def test_a_missing_library_is_said_with_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)

    with pytest.raises(MissingExtra, match=r"the agent at http://127.0.0.1:1 needs") as caught:
        run(Foreign(agent("http://127.0.0.1:1"), tmp_path), "x")
    assert "finharness[http]" in str(caught.value)


def test_a_header_cannot_be_split(tmp_path: Path) -> None:
    ended = asked(reply("{}"), tmp_path, "a\r\nX-Evil: 1", headers={"X-Input": "{input}"})

    assert (ended.status, ended.kind) == ("infrastructure_failed", "template")


def test_a_question_is_answered_by_the_script_and_sent_back(tmp_path: Path) -> None:
    def answer(head: str, body: bytes) -> bytes:
        if b"resume" in body:
            return events({"type": "text_done", "text": f"you said {json.loads(body)['resume']}"}, DONE)
        return events({"type": "interrupt", "question": "Buy 10 VTI?", "details": {"n": 10}})

    options = {"stream": "sse", "resume": {"resume": "{answer}"}}
    ended = asked(answer, tmp_path, about={"approvals": ["yes"]}, **options)

    assert ended.trace.answer == "you said yes"
    assert [(item["question"], item["answer"]) for item in ended.trace.interrupts] == [("Buy 10 VTI?", "yes")]


def test_a_question_without_a_way_to_answer_is_the_answer(tmp_path: Path) -> None:
    ended = asked(events({"type": "interrupt", "question": "Buy?"}), tmp_path, stream="sse")

    assert ended.trace.answer == "Buy?"


def test_nonsense_in_the_table_is_said_all_at_once() -> None:
    table = {
        "adapter": "http", "url": "ftp://user:pw@{input}.example.com/x", "headers": {"Authorization": "Bearer sk-1", "a b": "x"},
        "body": {"a": ["{inputt}"]}, "session": "$..a", "open_url": "nowhere", "resume": "{anser}", "target": "a.py:b",
    }  # fmt: skip

    with pytest.raises(Problems) as caught:
        config_of({"agents": {"mine": table}})

    said = str(caught.value)
    for words in ("no use for 'target'", "http:// or https://", "a placeholder in the host", "a user or password",
                  "headers.Authorization: a secret", "headers.a b", "body.a[0]: unknown placeholder {inputt}", "session",
                  "open_url: 'nowhere'", "did you mean 'answer'"):  # fmt: skip
        assert words in said, said
    assert "sk-1" not in said


def test_only_an_agent_on_this_machine_may_have_effects_unasked() -> None:
    assert effects_of(agent("http://127.0.0.1:8000/")) == "none"
    assert effects_of(agent("http://localhost/")) == "none"
    assert effects_of(agent("https://agents.example.com/")) == "forbid"
    assert effects_of(agent("http://127.0.0.1.example.com/")) == "forbid"


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (reply("<html>", kind="text/html"), 1, "a web page"),
        (reply("", status=307, Location="http://169.254.169.254/"), 3, "link-local"),
    ],
)
def test_the_command_says_what_is_wrong_and_ends_as_it_should(
    answer: bytes, code: int, words: str, tmp_path: Path
) -> None:
    with canned(answer) as server:
        done = evaluate(Foreign(agent(server.url), tmp_path), tmp_path, SIMPLE)

    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stdout
