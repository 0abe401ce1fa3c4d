"""A graph on a LangGraph server: answers that a real one gave, and the same protocol for everything else."""

from __future__ import annotations

import gzip
import json
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conformance import Conformance, Foreign, run

from harness.errors import Problems
from harness.workspace import AgentSettings, config_of, own_settings

RECORDED = Path(__file__).parents[1] / "data" / "langgraph_server"


def recorded(name: str) -> bytes:
    return gzip.decompress((RECORDED / f"{name}.sse.gz").read_bytes())


def sse(event: str, data: Any) -> bytes:
    return f"event: {event}\r\ndata: {json.dumps(data, ensure_ascii=False)}\r\n\r\n".encode()


def message(text: str, **state: Any) -> bytes:
    used = {"input_tokens": 120, "output_tokens": 18, "total_tokens": 138}
    whole = {"type": "ai", "id": "m1", "content": text, "tool_calls": [], "usage_metadata": used}
    piece = {"type": "AIMessageChunk", "id": "m1", "content": text}
    return sse("messages", [piece, {"langgraph_node": "advise"}]) + sse(
        "updates", {"advise": {"messages": [whole], **state}}
    )


class GraphServer(ThreadingHTTPServer):
    """As much of the protocol as an agent needs."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.threads: dict[str, list[str]] = {}
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[str | None] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: GraphServer

    def log_message(self, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.headers.append(self.headers.get("x-api-key"))
        parts = self.path.strip("/").split("/")
        if parts == ["threads"]:
            thread = str(uuid.uuid4())
            self.server.threads[thread] = []
            self._send("application/json", json.dumps({"thread_id": thread, "status": "idle"}).encode())
            return
        self.server.bodies.append(body)
        self._send("text/event-stream", self._stream(self.server.threads[parts[1]], body))

    def _stream(self, said: list[str], body: dict[str, Any]) -> bytes:
        if "command" in body:
            return recorded("yes") if body["command"]["resume"] == "yes" else message("Done: not bought.")
        text = body["input"]["messages"][-1]["content"]
        said.append(text)
        if text in {"price VTI", "buy VTI"}:
            return recorded(text.split()[0])
        if text == "which?":
            return message(f"You asked for {said[0].split()[1]}.")
        if text == "allocation":
            return message("Here it is.", structured_response={"VTI": 60, "BND": 40})
        if text == "hang":
            self.server.closing.wait(20)
        if text == "fail":
            return sse("error", {"error": "ValueError", "message": "no such account"})
        return b": nothing\r\n\r\n" if text == "silent" else message(text.removeprefix("echo "))

    def _send(self, kind: str, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def server() -> Iterator[GraphServer]:
    with GraphServer() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield made
        made.closing.set()
        made.shutdown()
        thread.join()


@pytest.fixture
def foreign(server: GraphServer, tmp_path: Path) -> Foreign:
    settings = AgentSettings(
        name="mine", adapter="langgraph-server", options={"url": server.url, "assistant": "adviser"}
    )
    return Foreign(settings, tmp_path)


class TestLangGraphServer(Conformance):
    pass


def test_an_interrupt_is_answered_by_the_cases_script(foreign: Foreign, server: GraphServer) -> None:
    trace = run(foreign, "buy VTI", approvals=["yes"]).trace

    assert trace.answer == "Done: bought VTI for $500."
    assert [item["question"] for item in trace.interrupts] == ["Buy VTI for $500 at 250.1?"]
    assert [(call.name, dict(call.args)) for call in trace.tools] == [("buy", {"symbol": "VTI", "usd": 500})]
    assert (trace.usage.input_tokens, trace.usage.output_tokens) == (240, 36)
    assert [body.get("command") for body in server.bodies] == [None, {"resume": "yes"}]
    assert {body["on_disconnect"] for body in server.bodies} == {"cancel"}


def test_every_trial_has_a_thread_of_its_own(foreign: Foreign, server: GraphServer) -> None:
    run(foreign, "echo one", "echo two")
    run(foreign, "echo three")

    assert sorted(server.threads.values()) == [["echo one", "echo two"], ["echo three"]]


def test_a_key_comes_from_the_environment(server: GraphServer, tmp_path: Path) -> None:
    options = {"url": server.url, "assistant": "a", "headers": {"x-api-key": "{env.LANGGRAPH_API_KEY}"}}
    settings = AgentSettings(name="mine", adapter="langgraph-server", options=options)
    run(Foreign(settings, tmp_path, environ={"LANGGRAPH_API_KEY": "lsv2_x"}), "echo 1")

    assert set(server.headers) == {"lsv2_x"}


def test_a_server_elsewhere_may_change_nothing_unless_somebody_says_so() -> None:
    agent = AgentSettings(
        name="m", adapter="langgraph-server", options={"url": "https://g.example.com", "assistant": "a"}
    )

    assert own_settings(agent).effects == "forbid"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"url": "ftp://x"}, "no address that begins with http"),
        ({"headers": {"x-api-key": "lsv2_x"}}, "a secret does not belong in this file"),
        ({"input": {"q": "{imput}"}}, "imput"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_runs(more: dict[str, Any], problem: str) -> None:
    table = {"adapter": "langgraph-server", "url": "http://127.0.0.1:1", "assistant": "a", **more}
    with pytest.raises(Problems, match=problem):
        config_of({"agents": {"mine": table}})
