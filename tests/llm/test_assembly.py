import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.llm import Message, ModelError, ModelRequest, ToolCall
from harness.llm.assembly import Assembly, count, json_of, usage_of
from harness.model import Usage

ASK = ModelRequest((Message("user", "Hi"),))


def called(arguments, stop="tool_use"):
    assembly = Assembly(ASK)
    assembly.tool(0, "c1", "price")
    for piece in arguments:
        assembly.tool_json(0, piece)
    return assembly.reply(stop, Usage(), "m")


@pytest.mark.parametrize(("pieces", "args"), [(['{"a"', ": 1}"], {"a": 1}), ([""], {}), ([], {}), ([None, "{}"], {})])
def test_arguments_are_put_together(pieces, args):
    assert called(pieces).tool_calls == (ToolCall("c1", "price", args),)


@pytest.mark.parametrize("text", ['{"a": ', "[1]", "null", '"x"', '{"a": NaN}', "{'a': 1}", "[" * 5000])
def test_malformed_arguments_are_the_models_own_fault(text):
    with pytest.raises(ModelError, match="malformed JSON") as caught:
        called([text])
    assert (caught.value.kind, caught.value.fault) == ("invalid_reply", "agent")


def test_a_call_that_the_limit_cut_short_is_left_out_and_the_stop_reason_says_so():
    reply = called(['{"a": '], stop="max_tokens")
    assert (reply.tool_calls, reply.stop_reason) == ((), "max_tokens")


@pytest.mark.parametrize("stop", ["end", "unknown", "tool_use", "stop_sequence"])
def test_nothing_is_no_reply(stop):
    with pytest.raises(ModelError, match="empty"):
        Assembly(ASK).reply(stop, Usage(), "m")
    assert Assembly(ASK).reply("refusal", Usage(), "m").text == ""


@pytest.mark.parametrize("piece", [None, 3, ["x"], b"x"])
def test_what_is_no_text_is_no_reply(piece):
    with pytest.raises(ModelError, match="where text belongs"):
        asyncio.run(Assembly(ASK).text(piece))
    with pytest.raises(ModelError, match="never began"):
        Assembly(ASK).tool_json(0, "{}")


@pytest.mark.parametrize("number", [-1, True, 1.5, "3", None, 10**12])
def test_an_absurd_count_is_unknown(number):
    assert count(number) is None


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_input_includes_cache_reads_and_writes(fresh, output, read, written):
    assert usage_of(fresh, output, read, written) == Usage(fresh + read + written, output, read)


def test_unknown_input_stays_unknown_whatever_the_cache_says():
    assert usage_of(None, 5, 10, 10) == Usage(None, 5, None)


@given(st.text(max_size=40))
def test_reading_json_never_raises(text):
    json_of(text)
