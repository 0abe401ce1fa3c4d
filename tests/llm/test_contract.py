"""One contract for every provider: the real libraries against a local server that speaks their protocol."""

import asyncio
from dataclasses import replace

import pytest

from harness.llm import Message, ModelError, ModelReply, ModelRequest, Tool, ToolCall, connect
from harness.llm.offline import OfflineModel
from harness.model import Usage
from harness.testing import Fault, ModelServer, QueuedModel, rate_limit, served
from harness.workspace import ModelSettings

WIRES = ["anthropic", "bedrock", "litellm"]
PRICE = Tool("price", "Get a price.", {"type": "object", "properties": {"symbol": {"type": "string"}}})
ASK = ModelRequest(
    (Message("user", "What is VTI worth?"),), system="Be brief.", tools=(PRICE,), max_tokens=500, temperature=0.5
)
SCHEMA = {
    "type": "object",
    "properties": {"weights": {"type": "array", "items": {"type": "number"}}, "note": {"type": "string"}},
    "required": ["weights", "note"],
    "additionalProperties": False,
}
REPLY = ModelReply("About 290 dollars, ünïcode 📈.", stop_reason="end", usage=Usage(100, 20, 0))

FAULT_KINDS = {
    "overloaded_in_stream": {"overloaded"},
    "reset": {"connection"},
    "reset_after_first_byte": {"connection"},
    "truncated": {"truncated", "connection", "invalid_reply"},
    "truncated_done": {"truncated", "connection", "invalid_reply"},
    "malformed_json": {"invalid_reply", "truncated"},
    "html": {"invalid_reply", "truncated"},
    "empty_body": {"invalid_reply", "truncated"},
    "wrong_schema": {"invalid_reply", "truncated"},
    "error_body": {"invalid_reply", "truncated", "overloaded", "bad_request"},
    "empty_choices": {"invalid_reply"},
    "null_content": {"invalid_reply"},
    "content_filter": {"refusal"},
    "context_length": {"context_length"},
}
STATUSES = {
    400: "bad_request",
    401: "authentication",
    403: "authentication",
    404: "not_found",
    429: "rate_limit",
    500: "overloaded",
    502: "overloaded",
    503: "overloaded",
    529: "overloaded",
}


def ask(server, provider, *requests, stream=False):
    """Ask once per request over one connected model; the replies, what was streamed, and what the server saw."""

    async def run():
        model = connect(server.settings(provider), environ=server.environ)
        deltas = []

        async def on_delta(kind, piece):
            deltas.append((kind, piece))

        try:
            replies = [await model.complete(one, on_delta=on_delta if stream else None) for one in requests]
        finally:
            await model.close()
        return replies, deltas

    return asyncio.run(run())


def fails(provider, fault, *, stream=False, timeout_s=20.0):
    with ModelServer([fault, REPLY]) as server:
        with pytest.raises(ModelError) as caught:
            ask(server, provider, replace(ASK, timeout_s=timeout_s), stream=stream)
        assert len(server.requests) == 1
    return caught.value


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("provider", WIRES)
def test_text_and_usage_arrive_as_sent(provider, stream):
    with ModelServer([REPLY]) as server:
        (reply,), deltas = ask(server, provider, ASK, stream=stream)
        assert server.requests[0].request == ASK
    assert (reply.text, reply.stop_reason, reply.usage) == (REPLY.text, "end", REPLY.usage)
    assert "".join(piece for _, piece in deltas) == (REPLY.text if stream else "")
    assert reply.tool_calls == ()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("provider", WIRES)
def test_a_tool_round_trip_keeps_ids_arguments_errors_and_order(provider, stream):
    calls = (ToolCall("c1", "price", {"symbol": "VTI"}), ToolCall("c2", "price", {}))
    with ModelServer([ModelReply("Let me see.", tool_calls=calls, stop_reason="tool_use"), REPLY]) as server:
        (reply,), _ = ask(server, provider, ASK, stream=stream)
        assert (reply.tool_calls, reply.stop_reason) == (calls, "tool_use")
        results = (
            Message("tool", '{"price": 290}', tool_call_id="c1"),
            Message("tool", "no such symbol", tool_call_id="c2", is_error=True),
            Message("user", "Please go on."),
        )
        second = replace(ASK, messages=(*ASK.messages, reply.message(), *results))
        ask(server, provider, second, stream=stream)
        assert server.requests[1].request == second


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("provider", WIRES)
def test_a_structured_answer_is_parsed_and_its_schema_is_sent(provider, stream):
    with ModelServer([ModelReply('{"weights": [0.6, 0.4], "note": "ok"}'), ModelReply("not JSON")]) as server:
        request = replace(ASK, output_schema=SCHEMA)
        (good, bad), _ = ask(server, provider, request, request, stream=stream)
        assert server.requests[0].request.output_schema == SCHEMA
    assert good.structured == {"weights": [0.6, 0.4], "note": "ok"}
    assert bad.structured is None
    assert bad.text == "not JSON"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("provider", WIRES)
def test_input_tokens_include_the_cached_ones(provider, stream):
    with ModelServer([replace(REPLY, usage=Usage(1000, 20, 700), cache_write_tokens=200)]) as server:
        (reply,), _ = ask(server, provider, ASK, stream=stream)
    assert reply.usage == Usage(1000, 20, 700)
    assert reply.cache_write_tokens == (None if provider == "litellm" else 200)  # that wire has no field for it


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("provider", WIRES)
def test_missing_usage_is_unknown_and_not_zero(provider, stream):
    with ModelServer([Fault("missing_usage")]) as server:
        (reply,), _ = ask(server, provider, ASK, stream=stream)
    assert reply.usage == Usage(None, None, None)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("provider", WIRES)
def test_thinking_is_kept_apart_and_sent_back_where_it_is_signed(provider, stream):
    with ModelServer([replace(REPLY, thinking="290 is the close.")] * 2) as server:
        thoughtful = replace(ASK, thinking_tokens=0 if stream else 1024, temperature=None)
        if provider == "litellm":
            thoughtful = ASK  # no such parameter for an OpenAI model
        (reply,), deltas = ask(server, provider, thoughtful, stream=stream)
        assert (reply.text, reply.thinking) == (REPLY.text, "290 is the close.")
        assert not stream or "".join(piece for kind, piece in deltas if kind == "thinking") == reply.thinking
        again = replace(thoughtful, messages=(*ASK.messages, reply.message(), Message("user", "Sure?")))
        ask(server, provider, again)
        seen = server.requests[1].request
    assert (seen.messages, seen.thinking_tokens) == (again.messages, again.thinking_tokens)
    assert bool(seen.messages[1].replay) == (provider != "litellm")


@pytest.mark.parametrize("stop", ["refusal", "max_tokens"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("provider", WIRES)
def test_a_refusal_and_a_limit_are_said_in_the_stop_reason(provider, stream, stop):
    with ModelServer([Fault(stop)]) as server:
        (reply,), _ = ask(server, provider, ASK, stream=stream)
    assert reply.stop_reason == stop


@pytest.mark.parametrize("kind", sorted(FAULT_KINDS))
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("provider", WIRES)
def test_no_fault_is_taken_for_a_reply_and_none_is_retried(provider, stream, kind):
    error = fails(provider, Fault(kind), stream=stream)
    assert error.kind in FAULT_KINDS[kind]
    assert error.fault == ("agent" if kind in {"content_filter", "context_length"} else "provider")
    assert error.problem
    assert error.remedy


@pytest.mark.parametrize("status", sorted(STATUSES))
@pytest.mark.parametrize("provider", WIRES)
def test_each_status_has_its_kind(provider, status):
    error = fails(provider, Fault("status", status=status, message="told by the provider"), stream=status % 2 == 1)
    assert error.kind == STATUSES[status]
    assert "told by the provider" in error.problem
    assert error.status == status


@pytest.mark.parametrize("provider", WIRES)
def test_retry_after_is_read_and_capped(provider):
    assert fails(provider, rate_limit("3")).retry_after_s == 3.0
    assert fails(provider, rate_limit("86400"), stream=True).retry_after_s == 300.0
    assert fails(provider, rate_limit("soon")).retry_after_s is None


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("provider", WIRES)
def test_a_hanging_provider_ends_at_the_deadline(provider, stream):
    assert fails(provider, Fault("hang"), stream=stream, timeout_s=0.3).kind == "timeout"


@pytest.mark.parametrize("provider", WIRES)
def test_a_provider_that_drips_ends_at_the_deadline_too(provider):
    slow = Fault("slow", seconds=0.1, reply=replace(REPLY, text="x" * 600))
    assert fails(provider, slow, stream=True, timeout_s=0.5).kind == "timeout"


@pytest.mark.parametrize("provider", WIRES)
def test_an_error_of_the_callers_own_callback_stays_what_it_is(provider):
    async def run(server):
        model = connect(server.settings(provider), environ=server.environ)

        async def broken(kind, piece):
            raise LookupError("mine")

        try:
            await model.complete(ASK, on_delta=broken)
        finally:
            await model.close()

    with ModelServer([REPLY]) as server, pytest.raises(LookupError, match="mine"):
        asyncio.run(run(server))


@pytest.mark.parametrize("provider", WIRES)
def test_nobody_listening_is_a_connection_error(provider):
    with ModelServer() as server:
        pass
    with pytest.raises(ModelError) as caught:
        ask(server, provider, ASK)
    assert caught.value.kind == "connection"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("family", "base"), [("mistral", "/v1"), ("deepseek", "/v1"), ("anthropic", ""), ("hosted_vllm", "/v1")]
)
def test_the_other_providers_of_litellm_ask_once_too(family, base, stream):
    async def run(server, request):
        settings = ModelSettings(
            provider="litellm", id=f"{family}/test-model", base_url=server.url + base, api_key_env="OPENAI_API_KEY"
        )
        model = connect(settings, environ=server.environ)
        try:
            return await model.complete(request, on_delta=ignored if stream else None)
        finally:
            await model.close()

    async def ignored(kind, piece):
        return None

    faults = {"reset": "connection", "status": "rate_limit", "empty_choices": "invalid_reply"}
    with ModelServer([REPLY, *(Fault(kind, status=429) for kind in faults)]) as server:
        reply = asyncio.run(run(server, ASK))
        assert (reply.text, reply.usage, reply.stop_reason) == (REPLY.text, REPLY.usage, "end")
        for kind in faults.values():
            with pytest.raises(ModelError) as caught:
                asyncio.run(run(server, ASK))
            assert caught.value.kind == kind
        assert len(server.requests) == 1 + len(faults)


@pytest.mark.parametrize("provider", ["anthropic", "litellm"])
def test_a_key_never_appears_in_a_message(provider):
    key = ModelServer.environ["ANTHROPIC_API_KEY" if provider == "anthropic" else "OPENAI_API_KEY"]
    error = fails(provider, Fault("status", status=400, message=f"bad header {key} given"))
    assert key not in str(error)
    assert "bad header *** given" in error.problem


@pytest.mark.parametrize("provider", WIRES)
def test_an_offline_policy_is_served_unchanged_over_every_wire(provider):
    def policy(request, *, seed, noise):
        if request.messages[-1].role == "tool":
            return ModelReply(f"It is worth {request.messages[-1].text}.")
        return ModelReply("", tool_calls=(ToolCall("c1", "price", {"symbol": request.messages[0].text[8:11]}),))

    async def loop(model):
        first = await model.complete(ASK)
        result = Message("tool", f"290 ({first.tool_calls[0].args['symbol']})", tool_call_id=first.tool_calls[0].id)
        second = await model.complete(replace(ASK, messages=(*ASK.messages, first.message(), result)))
        await model.close()
        return first.tool_calls, second.text

    with ModelServer(served(policy)) as server:
        over_the_wire = asyncio.run(loop(connect(server.settings(provider), environ=server.environ)))
    assert over_the_wire == asyncio.run(loop(OfflineModel(policy)))
    assert over_the_wire[1] == "It is worth 290 (VTI)."


def test_the_queue_of_the_fakes_keeps_the_same_contract():
    model = QueuedModel(["one", ModelError("overloaded", "busy")])
    assert asyncio.run(model.complete(ASK)).text == "one"
    for kind in ("overloaded", "invalid_reply"):
        with pytest.raises(ModelError) as caught:
            asyncio.run(model.complete(ASK))
        assert caught.value.kind == kind
    assert model.requests == [ASK] * 3


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("provider", ["anthropic", "litellm"])
def test_a_reply_has_the_provider_s_id(provider, stream):
    with ModelServer([REPLY]) as server:
        (reply,), _ = ask(server, provider, ASK, stream=stream)
    assert reply.reply_id
    assert not reply.cache_hit
