"""What is sent, where the shared contract does not look: blocks of reasoning, schemas, parameters of one provider."""

import asyncio

import pytest

from harness.llm import Message, ModelError, ModelReply, ModelRequest, ToolCall, anthropic_, bedrock_wire, litellm_wire
from harness.llm.assembly import Assembly

ASK = ModelRequest((Message("user", "Hi"),))


def test_hidden_reasoning_is_kept_and_sent_back_first():
    assembly = Assembly(ASK)
    blocks = [{"type": "redacted_thinking", "data": "xyz"}, {"type": "text", "text": "Hello."}]
    for index, block in enumerate(blocks):
        asyncio.run(anthropic_._block(assembly, index, block))
    reply = assembly.reply("end", anthropic_.usage_of(1, 1), "m")
    (_, sent) = anthropic_.to_wire(ModelRequest((*ASK.messages, reply.message())), "m")["messages"]
    assert sent["content"] == blocks


@pytest.mark.parametrize("block", [{"type": "text"}, {"type": "tool_use", "id": 3}, {}, {"type": None}])
def test_a_block_that_cannot_be_read_is_no_reply(block):
    with pytest.raises(ModelError, match="content block"):
        asyncio.run(anthropic_._block(Assembly(ASK), 0, block))


def test_a_schema_that_cannot_be_sent_is_the_agents_mistake():
    with pytest.raises(ModelError, match="output schema") as caught:
        anthropic_.to_wire(ModelRequest(ASK.messages, output_schema={"properties": {}}), "m")
    assert (caught.value.kind, caught.value.fault) == ("bad_request", "agent")


@pytest.mark.parametrize(
    ("tokens", "wanted"), [(None, None), (0, {"type": "adaptive"}), (9, {"type": "enabled", "budget_tokens": 9})]
)
def test_reasoning_is_asked_for_alike_everywhere_and_never_with_a_temperature(tokens, wanted):
    asked = ModelRequest(ASK.messages, thinking_tokens=tokens, temperature=0.5)
    claude, bedrock = anthropic_.to_wire(asked, "m"), bedrock_wire.to_wire(asked, "m")
    assert claude.get("thinking") == litellm_wire.to_wire(asked).get("thinking") == wanted
    assert bedrock.get("additionalModelRequestFields", {}).get("thinking") == wanted
    assert ("extra_body" in claude) == ("temperature" in bedrock["inferenceConfig"]) == (tokens is None)


def test_litellm_is_given_the_seed_its_own_reasoning_blocks_and_no_retries():
    said = Message("assistant", "", tool_calls=(ToolCall("1", "price", {}),), replay=({"signature": "s"},))
    body = litellm_wire.to_wire(ModelRequest((*ASK.messages, said), seed=7))
    assert (body["seed"], body["num_retries"], body["max_retries"]) == (7, 0, 0)
    assert body["messages"][1]["thinking_blocks"] == [{"signature": "s"}]
    assert body["messages"][1]["content"] is None


def test_a_reply_continues_the_conversation_as_its_message():
    reply = ModelReply("x", tool_calls=(ToolCall("1", "price", {}),), replay=({"a": 1},))
    assert reply.message() == Message("assistant", "x", tool_calls=reply.tool_calls, replay=({"a": 1},))
