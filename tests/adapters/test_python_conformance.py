"""A Python agent behind the adapter that all others are measured by."""

from __future__ import annotations

from pathlib import Path

import pytest
from conformance import Conformance, Foreign

from harness.workspace import AgentSettings

AGENT = """
import asyncio, re

async def agent(request, context):
    said = request.input
    context.recorder.llm_call(model="demo", input_tokens=120, output_tokens=18, cost_usd=0.0)
    if found := re.fullmatch("price (.*)", said):
        price = context.tool(get_price)(found[1])["price"]
        for piece in (f"{found[1]} costs ", f"${price:.2f}."):
            context.recorder.text(piece)
    elif said == "which?":
        return "You asked for " + request.history[0][0].split()[1] + "."
    elif said == "allocation":
        return {"VTI": 60, "BND": 40}
    elif said.startswith("echo "):
        return said[5:]
    elif said == "fail":
        raise ValueError("no such account")
    elif said == "hang":
        await asyncio.sleep(3600)

def get_price(symbol):
    return {"price": {"VTI": 250.10}[symbol]}
"""


@pytest.fixture
def foreign(tmp_path: Path) -> Foreign:
    (tmp_path / "mine.py").write_text(AGENT)
    return Foreign(AgentSettings(name="mine", target="mine.py:agent"), tmp_path)


class TestPython(Conformance):
    pass
