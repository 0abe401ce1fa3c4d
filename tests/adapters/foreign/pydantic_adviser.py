"""The small agent, written with PydanticAI."""

from contextlib import asynccontextmanager

from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, DeferredToolRequests
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider


class Mix(BaseModel):
    """Shares in per cent."""

    VTI: int
    BND: int


@asynccontextmanager
async def adviser(context):
    """Made for each trial, so that its connection is closed with it."""
    async with AsyncOpenAI(max_retries=0) as client:
        model = OpenAIChatModel("test-model", provider=OpenAIProvider(openai_client=client))
        output = Mix if context.settings.get("data") else [str, DeferredToolRequests]
        agent = Agent(model, instructions="Advise.", output_type=output, retries=0)

        @agent.tool_plain
        def get_price(symbol: str) -> dict[str, float]:
            """Price of a fund."""
            return {"price": {"VTI": 250.10}[symbol]}

        @agent.tool_plain(requires_approval=True)
        def buy(symbol: str, usd: int) -> str:
            """Buy a fund."""
            return f"bought {symbol} for ${usd}"

        yield agent
