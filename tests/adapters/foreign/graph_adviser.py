"""The small agent as a LangGraph graph: a model with tools, and an interrupt before an order is placed."""

import os
from typing import Annotated, Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import tool
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import interrupt
from openai import AsyncOpenAI
from typing_extensions import TypedDict

ROLES = {"human": "user", "ai": "assistant", "tool": "tool", "system": "system"}


class State(TypedDict):
    """What the graph carries."""

    messages: Annotated[list, add_messages]
    structured_response: Any
    orders: list


@tool
def get_price(symbol: str) -> dict:
    """Price of a fund."""
    return {"price": {"VTI": 250.10}[symbol]}


@tool
def buy(symbol: str, usd: int) -> str:
    """Buy a fund, once its owner agrees."""
    price = get_price.invoke({"symbol": symbol})["price"]
    answer = interrupt({"question": f"Buy {symbol} for ${usd} at {price}?"})
    return f"bought {symbol} for ${usd}" if answer == "yes" else "not bought"


class Wire(BaseChatModel):
    """A LangChain model over OpenAI's own client, as small as it can be."""

    @property
    def _llm_type(self) -> str:
        return "wire"

    def _generate(self, *args, **known):
        raise AssertionError("it is asynchronous")

    async def _agenerate(self, messages, stop=None, run_manager=None, **known):
        pieces = [piece.message async for piece in self._astream(messages, stop, run_manager, **known)]
        return ChatResult(generations=[ChatGeneration(message=sum(pieces[1:], pieces[0]))])

    async def _astream(self, messages, stop=None, run_manager=None, **known):
        async with AsyncOpenAI(max_retries=0) as client:
            stream = await client.chat.completions.create(
                model="test-model", messages=[_written(item) for item in messages], tools=TOOLS, stream=True,
                stream_options={"include_usage": True},
            )  # fmt: skip
            async for chunk in stream:
                yield ChatGenerationChunk(message=_piece(chunk))


def _written(message):
    calls = getattr(message, "tool_calls", None) or []
    made = {"role": ROLES[message.type], "content": message.content}
    if calls:
        import json

        made["tool_calls"] = [
            {
                "id": item["id"],
                "type": "function",
                "function": {"name": item["name"], "arguments": json.dumps(item["args"])},
            }
            for item in calls
        ]
    return {**made, "tool_call_id": message.tool_call_id} if message.type == "tool" else made


def _piece(chunk):
    delta = chunk.choices[0].delta if chunk.choices else None
    calls = [
        {"index": item.index, "id": item.id, "name": item.function.name, "args": item.function.arguments}
        for item in (delta.tool_calls or [] if delta else [])
    ]
    used = chunk.usage and {
        "input_tokens": chunk.usage.prompt_tokens,
        "output_tokens": chunk.usage.completion_tokens,
        "total_tokens": chunk.usage.total_tokens,
    }
    return AIMessageChunk(content=(delta.content or "") if delta else "", tool_call_chunks=calls, usage_metadata=used)


TOOLS = [
    {"type": "function", "function": {"name": name, "description": name, "parameters": {"type": "object"}}}
    for name in ("get_price", "buy")
]


async def advise(state):
    """Ask the model."""
    said = state["messages"][-1].content
    if said == "allocation":
        return {"messages": [AIMessage('{"VTI": 60, "BND": 40}')], "structured_response": {"VTI": 60, "BND": 40}}
    if said == "fail":
        raise ValueError("no such account")
    return {"messages": [await Wire().ainvoke(state["messages"])]}


builder = StateGraph(State)
builder.add_node("advise", advise)
builder.add_node("tools", ToolNode([get_price, buy]))
builder.add_edge(START, "advise")
builder.add_conditional_edges("advise", tools_condition)
builder.add_edge("tools", "advise")
graph = builder.compile()
KEY = os.environ.get("OPENAI_API_KEY", "")
