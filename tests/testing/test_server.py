import asyncio
import http.client
import json
import socket
import threading

import pytest
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from harness.gateway.wire import eventstream
from harness.testing import (
    FAULTS,
    Fault,
    Message,
    ModelReply,
    ModelRequest,
    ModelServer,
    Tool,
    ToolCall,
    Usage,
)
from harness.testing.faults import HELLO
from harness.testing.wire_anthropic import AnthropicWire
from harness.testing.wire_bedrock import BedrockWire
from harness.testing.wire_openai import OpenAIWire

ASKED = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}
BODIES = {
    "/v1/messages": ASKED,
    "/v1/chat/completions": ASKED,
    "/model/m/converse": {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]},
}


def post(server, path, body, *, raw=None):
    connection = http.client.HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]), timeout=5)
    try:
        connection.request("POST", path, raw if raw is not None else json.dumps(body), {"X-Api-Key": "k"})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", sorted(BODIES))
def test_it_says_what_it_was_asked(path):
    with ModelServer([ModelReply("Hello.", usage=Usage(3, 2, 0))]) as server:
        status, headers, body = post(server, path, BODIES[path])
        (seen,) = server.requests
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert b"Hello." in body
    assert seen.request.messages == (Message("user", "Hi"),)
    assert (seen.path, seen.headers["x-api-key"], seen.body) == (path, "k", BODIES[path])


def test_an_empty_script_a_failing_function_and_an_odd_request_are_told_to_the_client():
    def fails(request):
        raise LookupError("no such case")

    with ModelServer() as server:
        assert b"no reply left" in post(server, "/v1/messages", ASKED)[2]
        assert post(server, "/v1/elsewhere", ASKED)[0] == 404
    with ModelServer(fails) as server:
        status, _, body = post(server, "/v1/messages", ASKED)
        assert (status, b"LookupError: no such case" in body) == (500, True)
        assert post(server, "/v1/messages", {"nothing": "here"})[0] == 500
        assert server.requests[1].request is None


def test_a_body_that_is_not_json_is_refused_as_a_bad_request():
    with ModelServer([HELLO]) as server:
        assert post(server, "/v1/messages", None, raw="{")[0] == 400
        assert post(server, "/v1/messages", ASKED)[0] == 200


@pytest.mark.parametrize(
    "kind", sorted(set(FAULTS) - {"hang", "reset", "reset_after_first_byte", "truncated", "truncated_done"})
)
@pytest.mark.parametrize("path", sorted(BODIES))
def test_every_fault_can_be_served_on_every_wire(path, kind):
    with ModelServer([Fault(kind), HELLO]) as server:
        status, _, body = post(server, path, BODIES[path])
        assert status in {200, 400, 500, 529}
        assert (body == b"") == (kind == "empty_body")
        assert b"Hello" in post(server, path, BODIES[path])[2]  # the server goes on


@pytest.mark.parametrize("kind", ["reset", "reset_after_first_byte", "truncated"])
def test_a_broken_connection_is_broken_for_the_client(kind):
    with ModelServer([Fault(kind)]) as server, pytest.raises((ConnectionError, http.client.HTTPException)):
        post(server, "/v1/messages", ASKED)


def test_closing_ends_hanging_requests_and_leaves_no_thread_or_port():
    before = threading.active_count()
    with ModelServer([Fault("hang")]) as server:
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as idle:
            idle.sendall(b"POST /v1/messages HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
            while not server.requests:
                pass
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_many_clients_are_served_at_once():
    with ModelServer(lambda request: ModelReply(request.messages[0].text)) as server:

        async def ask(number):
            body = {**ASKED, "messages": [{"role": "user", "content": f"answer {number}"}]}
            return (await asyncio.to_thread(post, server, "/v1/messages", body))[2]

        async def run():
            return await asyncio.gather(*(ask(number) for number in range(40)))

        bodies = asyncio.run(run())
    assert [f"answer {number}".encode() in body for number, body in enumerate(bodies)] == [True] * 40


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
JSON = st.dictionaries(TEXT, st.integers() | TEXT | st.booleans() | st.none(), max_size=3)
CALLS = st.lists(st.builds(ToolCall, st.uuids().map(str), TEXT, JSON), max_size=3).map(tuple)


@given(TEXT, CALLS, TEXT)
@pytest.mark.parametrize("provider", ["anthropic", "bedrock", "litellm"])
def test_what_a_client_library_writes_is_read_as_what_was_asked(provider, text, calls, system):
    from harness.llm import anthropic_, bedrock_wire, litellm_wire

    results = tuple(Message("tool", text, tool_call_id=call.id, is_error=i % 2 == 1) for i, call in enumerate(calls))
    asked = ModelRequest(
        (Message("user", text), Message("assistant", text, tool_calls=calls), *results, Message("user", "Go on.")),
        system=system,
        tools=(Tool("price", "Get it.", {"type": "object"}),),
        max_tokens=7,
        temperature=0.25,
    )
    if provider == "anthropic":
        body = anthropic_.to_wire(asked, "m")
        read = AnthropicWire().decode("", {**body, **body.pop("extra_body")})
    elif provider == "bedrock":
        read = BedrockWire().decode("", bedrock_wire.to_wire(asked, "m"))
    else:
        read = OpenAIWire().decode("", litellm_wire.to_wire(asked))
    assert read == asked


@given(TEXT, JSON)
def test_frames_are_read_by_the_aws_library(name, payload):
    buffer = EventStreamBuffer()
    buffer.add_data(eventstream.frame({":event-type": name}, payload) + eventstream.exception("x", "busy"))
    first, second = list(buffer)
    assert (first.headers, json.loads(first.payload)) == ({":event-type": name}, payload)
    assert second.to_response_dict()["status_code"] == 400


def test_a_spoiled_frame_is_noticed_by_the_aws_library():
    frame = bytearray(eventstream.event("messageStop", {"stopReason": "end_turn"}))
    frame[-6] ^= 1
    buffer = EventStreamBuffer()
    buffer.add_data(bytes(frame))
    with pytest.raises(ChecksumMismatch):
        list(buffer)


def test_a_chunked_request_and_a_second_one_on_the_same_connection_are_read():
    body = json.dumps(ASKED).encode()
    with ModelServer([HELLO, HELLO]) as server:
        connection = http.client.HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]), timeout=5)
        for _ in range(2):
            connection.request("POST", "/v1/messages", iter([body[:7], body[7:]]), encode_chunked=True)
            assert b"Hello" in connection.getresponse().read()
        connection.close()
        assert [seen.body for seen in server.requests] == [ASKED, ASKED]
