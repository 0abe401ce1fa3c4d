import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.llm import Message, ModelError, ModelReply, ModelRequest, ToolCall
from harness.llm.offline import OfflineModel, tokens

ASK = ModelRequest((Message("user", "What is VTI worth?"),), system="Be brief.")


def policy(request, *, seed, noise):
    return ModelReply("VTI is worth 290 dollars.", tool_calls=(ToolCall("", "price", {"symbol": "VTI"}),))


def ask(model, request=ASK, on_delta=None):
    return asyncio.run(model.complete(request, on_delta=on_delta))


def test_a_reply_is_the_policys_with_estimated_tokens_and_virtual_seconds():
    reply = ask(OfflineModel(policy, seed=7))
    assert (reply.text, reply.stop_reason, reply.tool_calls[0].id) == (
        "VTI is worth 290 dollars.",
        "tool_use",
        "call_1",
    )
    assert reply.estimated
    assert reply.usage.input_tokens == tokens("Be brief.userWhat is VTI worth?") == 8
    assert 0 < reply.virtual_s < 30


@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_the_same_seed_gives_the_same_reply(seed, flake):
    assert ask(OfflineModel(policy, seed=seed, flake=flake)) == ask(OfflineModel(policy, seed=seed, flake=flake))


def test_flakes_happen_about_as_often_as_asked_and_in_every_way():
    replies = [ask(OfflineModel(policy, seed=seed, flake=0.3)) for seed in range(600)]
    odd = [reply for reply in replies if (reply.text, len(reply.tool_calls)) != ("VTI is worth 290 dollars.", 1)]
    assert 130 <= len(odd) <= 230
    assert {reply.stop_reason for reply in odd} == {"refusal", "max_tokens", "tool_use", "end"}
    assert all(ask(OfflineModel(policy, seed=seed)).text == "VTI is worth 290 dollars." for seed in range(20))


def test_a_structured_reply_is_written_and_read_as_a_provider_would():
    model = OfflineModel(lambda request, *, seed, noise: ModelReply("", structured={"a": [1, 2]}))
    assert ask(model).structured is None
    reply = ask(model, ModelRequest(ASK.messages, output_schema={"type": "object"}))
    assert (reply.structured, json.loads(reply.text)) == ({"a": [1, 2]}, {"a": [1, 2]})


def test_deltas_are_the_text():
    pieces = []

    async def on_delta(kind, piece):
        pieces.append((kind, piece))

    model = OfflineModel(lambda request, *, seed, noise: ModelReply(" one  two\nthree ", thinking="hm"))
    ask(model, on_delta=on_delta)
    assert pieces == [("thinking", "hm"), ("text", " "), ("text", "one  "), ("text", "two\n"), ("text", "three ")]


@pytest.mark.parametrize("broken", [lambda request, *, seed, noise: "text", lambda request, *, seed, noise: 1 / 0])
def test_a_broken_policy_is_a_fault_of_the_agent(broken):
    with pytest.raises(ModelError) as caught:
        ask(OfflineModel(broken))
    assert (caught.value.kind, caught.value.fault) == ("invalid_reply", "agent")


def test_a_policy_can_raise_what_a_provider_would():
    def busy(request, *, seed, noise):
        raise ModelError("overloaded", "busy")

    with pytest.raises(ModelError) as caught:
        ask(OfflineModel(busy))
    assert (caught.value.kind, caught.value.fault) == ("overloaded", "provider")


def test_noise_and_seed_reach_the_policy():
    seen = []
    model = OfflineModel(
        lambda request, *, seed, noise: seen.append((seed, noise)) or ModelReply("x"), seed=3, noise=0.5
    )
    ask(model)
    assert seen == [(3, 0.5)]
