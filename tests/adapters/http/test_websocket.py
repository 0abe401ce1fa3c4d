"""Agents behind a WebSocket: one connection for a conversation, questions included."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from canned import canned, reply
from conformance import Conformance, Foreign, run

from harness.errors import MissingExtra
from harness.workspace import AgentSettings

websockets = pytest.importorskip("websockets.asyncio.server")


@contextmanager
def served(talk: Any) -> Iterator[str]:
    """Serve a conversation on a free port of this machine."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    found: dict[str, Any] = {}

    async def main() -> None:
        found["stop"] = asyncio.Event()
        async with websockets.serve(talk, "127.0.0.1", 0, close_timeout=0.1) as server:
            found["port"] = server.sockets[0].getsockname()[1]
            ready.set()
            await found["stop"].wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()), daemon=True)
    thread.start()
    ready.wait(5)
    try:
        yield f"ws://127.0.0.1:{found['port']}/chat"
    finally:
        loop.call_soon_threadsafe(found["stop"].set)
        thread.join(5)
        loop.close()


async def adviser(socket: Any) -> None:
    """The small agent of the conformance suite."""
    asked = ""

    async def say(**event: Any) -> None:
        await socket.send(json.dumps(event))

    async for message in socket:
        said = json.loads(message)["input"]
        if said == "price VTI":
            asked = "VTI"
            await say(type="tool_call", tool_call={"id": "1", "name": "get_price", "arguments": {"symbol": "VTI"}})
            await say(type="tool_result", tool_result={"id": "1", "content": {"price": 250.1}})
            for part in ("VTI costs ", "$250.10."):
                await say(type="text_delta", text=part)
        elif said == "which?":
            await say(type="text_done", text=f"You asked for {asked}.")
        elif said == "allocation":
            await say(type="text_done", text="60/40", structured={"VTI": 60, "BND": 40})
        elif said.startswith("echo "):
            await say(type="text_done", text=said[5:])
        elif said == "fail":
            raise ValueError
        elif said == "hang":
            continue
        await say(type="done", usage={"input_tokens": 120, "output_tokens": 18})


def agent(url: str, **options: Any) -> AgentSettings:
    return AgentSettings(name="mine", adapter="http", options={"url": url, "stream": "websocket", **options})


class TestWebSocket(Conformance):
    @pytest.fixture
    def foreign(self, tmp_path: Path) -> Iterator[Foreign]:
        with served(adviser) as url:
            yield Foreign(agent(url), tmp_path)


def test_a_question_in_the_middle_is_answered(tmp_path: Path) -> None:
    async def talk(socket: Any) -> None:
        await socket.recv()
        await socket.send(json.dumps({"type": "interrupt", "question": "Sell all?"}))
        answer = json.loads(await socket.recv())["answer"]
        await socket.send(json.dumps({"type": "text_done", "text": f"you said {answer}"}))
        await socket.send(json.dumps({"type": "done"}))

    with served(talk) as url:
        ended = run(Foreign(agent(url, resume={"answer": "{answer}"}), tmp_path), "sell", approvals=["no"])

    assert ended.trace.answer == "you said no"


@pytest.mark.parametrize(
    ("messages", "options", "status", "kind"),
    [
        pytest.param([], {}, "agent_failed", "invalid_output", id="hangs up"),
        pytest.param(['{"type": "text_delta", "text": "a"}'], {}, "agent_failed", "cut_short", id="cut short"),
        pytest.param(["x" * 40_000], {"max_answer_kb": 16}, "agent_failed", "broken_off", id="message too long"),
        pytest.param(["x" * 4_000] * 9, {"max_answer_kb": 16}, "agent_failed", "output", id="too much"),
        pytest.param([None], {"idle_s": 0.1}, "agent_failed", "silent", id="silent"),
    ],
)
def test_what_is_no_answer_is_said(
    messages: list[Any], options: dict[str, Any], status: str, kind: str, tmp_path: Path
) -> None:
    async def talk(socket: Any) -> None:
        await socket.recv()
        for message in messages:
            await (socket.wait_closed() if message is None else socket.send(message))

    with served(talk) as url:
        ended = run(Foreign(agent(url, **options), tmp_path), "hi")

    assert (ended.status, ended.kind) == (status, kind), ended.message


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply("no", status=404), "http_404"),
        (reply("", status=307, Location="ws://169.254.169.254/"), "http_307"),
        (reply("<html>", kind="text/html"), "http_200"),
        (b"", "unreachable"),
    ],
)
def test_what_is_no_websocket_is_no_failure_of_the_agent(answer: bytes, kind: str, tmp_path: Path) -> None:
    with canned(answer) as server:
        ended = run(Foreign(agent(server.url.replace("http", "ws")), tmp_path), "hi")

    assert (ended.status, ended.kind) == ("infrastructure_failed", kind), ended.message


def test_a_missing_library_is_said_with_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "websockets.asyncio", None)

    with pytest.raises(MissingExtra, match="ws://127.0.0.1:1") as caught:
        run(Foreign(agent("ws://127.0.0.1:1"), tmp_path), "hi")
    assert "finharness[http]" in str(caught.value)
