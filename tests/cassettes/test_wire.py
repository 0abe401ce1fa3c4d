"""Requests and replies as plain data, and back."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cassettes.wire import Nonces, error_data, reply_data, reply_of, request_data
from harness.llm.errors import ModelError
from harness.llm.request import Message, ModelReply, ModelRequest, Tool, ToolCall
from harness.model import Usage

texts = st.text(max_size=20)
amounts = st.floats() | st.integers(-5, 5) | texts | st.none()
calls = st.builds(ToolCall, texts, texts, st.dictionaries(texts, amounts, max_size=3))
replies = st.builds(
    ModelReply,
    texts,
    tool_calls=st.lists(calls, max_size=2).map(tuple),
    stop_reason=st.sampled_from(["end", "tool_use", "refusal"]),
    usage=st.builds(Usage, st.none() | st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
    model=texts,
    thinking=texts,
)


@given(replies)
def test_a_reply_comes_back_as_it_was(reply: ModelReply) -> None:
    data = json.loads(json.dumps(reply_data(reply), allow_nan=False))

    assert repr(reply_of(data)) == repr(reply)  # by its text, because NaN is not equal to itself


def test_numbers_that_json_has_not_are_kept() -> None:
    reply = ModelReply("", tool_calls=(ToolCall("1", "order", {"amount": math.nan, "limit": -math.inf}),))

    args = reply_of(json.loads(json.dumps(reply_data(reply), allow_nan=False))).tool_calls[0].args

    assert math.isnan(args["amount"])
    assert args["limit"] == -math.inf


def test_what_changes_between_runs_is_no_part_of_a_request() -> None:
    one = ModelRequest((Message("user", "hi"),), system="s", seed=1, timeout_s=3.0)
    two = ModelRequest((Message("user", "hi"),), system="s", seed=2, timeout_s=59.2)

    assert request_data(one, "m") == request_data(two, "m")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(ModelRequest((Message("user", "ho"),)), id="message"),
        pytest.param(ModelRequest((Message("user", "hi"),), system="x"), id="prompt"),
        pytest.param(ModelRequest((Message("user", "hi"),), tools=(Tool("t", "d", {}),)), id="tools"),
        pytest.param(ModelRequest((Message("user", "hi"),), temperature=0.5), id="temperature"),
        pytest.param(ModelRequest((Message("user", "hi"),), output_schema={"type": "object"}), id="schema"),
    ],
)
def test_what_is_asked_is(other: ModelRequest) -> None:
    assert request_data(other, "m") != request_data(ModelRequest((Message("user", "hi"),)), "m")


def test_a_request_with_odd_numbers_can_be_written() -> None:
    asked = Message("assistant", tool_calls=(ToolCall("1", "order", {"amount": math.inf}),))

    assert json.dumps(request_data(ModelRequest((asked,)), "m"), allow_nan=False)


def test_failures_that_come_every_time_are_recorded_and_raised_again() -> None:
    data = error_data(ModelError("refusal", "not that", status=400))
    assert data is not None

    with pytest.raises(ModelError, match="not that") as caught:
        reply_of(data)

    assert (caught.value.kind, caught.value.fault, caught.value.status) == ("refusal", "agent", 400)
    assert error_data(ModelError("rate_limit", "slow down")) is None


@pytest.mark.parametrize("data", [{"text": 3}, {"error": "?"}, {"nonsense": 1}])
def test_a_recording_that_holds_no_reply_is_an_error_of_the_model(data: dict[str, object]) -> None:
    with pytest.raises(ModelError):
        reply_of(data)


def test_random_words_of_a_judge_are_put_back() -> None:
    one = Nonces(ModelRequest((), system="tags end in 0123456789abcdef; ticket fedcba9876543210"))
    two = Nonces(ModelRequest((), system="tags end in aaaaaaaaaaaaaaaa; ticket bbbbbbbbbbbbbbbb"))

    kept = one.without({"text": "fedcba9876543210 <answer-0123456789abcdef>"})

    assert kept == {"text": "‹nonce 2› <answer-‹nonce 1›>"}
    assert two.back(kept) == {"text": "bbbbbbbbbbbbbbbb <answer-aaaaaaaaaaaaaaaa>"}
