"""Replies with random bytes changed, pieces lost and out of order: a model error or a reply, and never a second request."""

import asyncio
import random

import pytest

from harness.llm import Message, ModelError, ModelReply, ModelRequest, ToolCall, connect
from harness.model import Usage
from harness.testing import ModelServer, responses

REPLY = ModelReply(
    "Hello world.", tool_calls=(ToolCall("a", "t", {"x": 1}),), stop_reason="tool_use", usage=Usage(10, 5, 0)
)
JUNK = (b"\x00", b"null", b"{}", b"\n\n", b'"', b"1e999", b"\xff\xfe")


def spoiled(chance, data):
    place = chance.randrange(len(data) + 1)
    match chance.choice(["flip", "cut", "repeat", "insert"]):
        case "flip":
            return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
        case "cut":
            return data[:place]
        case "repeat":
            return data[:place] + data[place : place + 30] + data[place:]
    return data[:place] + chance.choice(JUNK) + data[place:]


def shuffled(chance, pieces):
    pieces = list(pieces)
    place = chance.randrange(len(pieces))
    match chance.choice(["spoil", "lose", "shuffle"]):
        case "spoil":
            pieces[place] = spoiled(chance, pieces[place])
        case "lose":
            del pieces[place]
        case _:
            chance.shuffle(pieces)
    return pieces


@pytest.mark.parametrize("provider", ["anthropic", "bedrock", "litellm"])
def test_nothing_but_a_model_error_comes_of_a_spoiled_reply(monkeypatch, provider):
    chance = random.Random(20261121)
    whole, stream = responses.Exchange._bytes, responses.Exchange._stream
    monkeypatch.setattr(
        responses.Exchange,
        "_bytes",
        lambda self, status, body, headers: whole(self, status, spoiled(chance, body), headers),
    )
    monkeypatch.setattr(
        responses.Exchange, "_stream", lambda self, pieces, **how: stream(self, shuffled(chance, pieces), **how)
    )

    async def ignored(kind, piece):
        return None

    async def run(server):
        model = connect(server.settings(provider), environ=server.environ)
        kinds = []
        for number in range(40):
            asked = ModelRequest((Message("user", "Hi"),), timeout_s=20)
            try:
                reply = await model.complete(asked, on_delta=ignored if number % 2 else None)
                kinds.append("reply")
                assert reply.text or reply.tool_calls
            except ModelError as error:
                kinds.append(error.kind)
        await model.close()
        return kinds

    with ModelServer(lambda request: REPLY) as server:
        kinds = asyncio.run(run(server))
        assert len(server.requests) == 40
    assert {"reply", "invalid_reply"} < set(kinds) | {"truncated"}
    assert kinds.count("invalid_reply") >= 10
