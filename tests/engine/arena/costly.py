"""An agent that spends money, and one that ends the process that both are in."""

import asyncio
import os


async def agent(request, context):
    if request.input == "leave":
        await asyncio.sleep(0.7)
        os._exit(3)
    context.recorder.llm_call(model="m", input_tokens=10, output_tokens=5, cost_usd=0.01)
    await asyncio.sleep(1.0)
    return "done"
