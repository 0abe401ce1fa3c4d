"""OpenAI's responses as they are served: the provider's own library reads them, whole and streamed."""

from __future__ import annotations

import openai
import pytest

from harness.testing import Fault, Message, ModelReply, ModelServer, ToolCall, Usage

CALL = ModelReply("Let me see.", tool_calls=(ToolCall("c7", "get_price", {"symbol": "VTI"}),), usage=Usage(9, 4, 2))


def client(server: ModelServer) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="sk-test", max_retries=0)


@pytest.mark.parametrize("streaming", [False, True])
def test_text_calls_and_tokens_arrive(streaming: bool) -> None:
    with ModelServer([CALL]) as server, client(server) as asking:
        if streaming:
            with asking.responses.stream(model="m", input="VTI?") as stream:
                deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
                reply = stream.get_final_response()
            assert "".join(deltas) == "Let me see."
        else:
            reply = asking.responses.create(model="m", input="VTI?")

    (message, call) = reply.output
    assert message.content[0].text == "Let me see."
    assert (call.name, call.call_id, call.arguments) == ("get_price", "c7", '{"symbol": "VTI"}')
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (9, 4)
    assert reply.usage.input_tokens_details.cached_tokens == 2


def test_a_conversation_is_read_as_the_model_sees_it() -> None:
    items = [
        {"role": "user", "content": [{"type": "input_text", "text": "VTI?"}]},
        {"type": "function_call", "call_id": "c7", "name": "get_price", "arguments": '{"symbol": "VTI"}'},
        {"type": "function_call_output", "call_id": "c7", "output": "250.1"},
    ]
    tool = {"type": "function", "name": "get_price", "parameters": {"type": "object"}, "strict": False}
    with ModelServer([ModelReply("ok")]) as server, client(server) as asking:
        asking.responses.create(model="m", instructions="Be brief.", input=items, tools=[tool])  # type: ignore[arg-type]
        (seen,) = server.requests

    assert seen.request is not None
    assert seen.request.system == "Be brief."
    assert seen.request.messages == (
        Message("user", "VTI?"),
        Message("assistant", "", tool_calls=(ToolCall("c7", "get_price", {"symbol": "VTI"}),)),
        Message("tool", "250.1", tool_call_id="c7"),
    )
    assert [item.name for item in seen.request.tools] == ["get_price"]


def test_errors_are_openais_own() -> None:
    fault = Fault("status", status=429, message="slow down")
    with (
        ModelServer([fault]) as server,
        client(server) as asking,
        pytest.raises(openai.RateLimitError, match="slow down"),
    ):
        asking.responses.create(model="m", input="x")


def test_a_reply_cut_short_says_so() -> None:
    with ModelServer([ModelReply("half", stop_reason="max_tokens")]) as server, client(server) as asking:
        reply = asking.responses.create(model="m", input="x")

    assert (reply.status, reply.incomplete_details.reason) == ("incomplete", "max_output_tokens")
