"""The small agent, written with the OpenAI Agents SDK."""

from contextlib import asynccontextmanager

from openai import AsyncOpenAI
from pydantic import BaseModel

from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, function_tool


class Mix(BaseModel):
    """Shares in per cent."""

    VTI: int
    BND: int


@function_tool
def get_price(symbol: str) -> dict[str, float]:
    """Price of a fund."""
    return {"price": {"VTI": 250.10}[symbol]}


@function_tool(needs_approval=True)
def buy(symbol: str, usd: int) -> str:
    """Buy a fund."""
    return f"bought {symbol} for ${usd}"


@asynccontextmanager
async def adviser(context):
    """Made for each trial, so that its connection is closed with it."""
    async with AsyncOpenAI(max_retries=0) as client:
        kind = OpenAIChatCompletionsModel if context.settings.get("api") == "chat" else OpenAIResponsesModel
        yield Agent(
            name="adviser", instructions="Advise.", model=kind("test-model", client), tools=[get_price, buy],
            output_type=Mix if context.settings.get("data") else None,
        )  # fmt: skip
