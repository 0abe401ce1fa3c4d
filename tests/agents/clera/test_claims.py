"""The claims beside an answer: found where a tool said so, absent where none did."""

import asyncio
from pathlib import Path

import pytest
from pydantic import BaseModel

from harness.workspace import load_target

ROOT = Path(__file__).parents[3]
Evidence = load_target(ROOT, "agents/_shared/claims.py:Evidence")
AgentTool = load_target(ROOT, "agents/_shared/tools.py:AgentTool")


class Nothing(BaseModel):
    pass


@pytest.fixture
def heard():
    """Evidence after one call of a tool that returned this."""

    def call(result):
        evidence = Evidence()
        tool = evidence.listening(AgentTool("look", "Looks.", Nothing, lambda _: result))
        asyncio.run(tool.call({}))
        return evidence

    return call


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [("$1,234.50", "look:$.rows[1].cash", 1234.5), ("12.5%", "look:$.weight_percent", 12.5), ("12.5 %", "look:$.weight_percent", 12.5),
     ("-$7.00", "look:$.gain", -7.0), ("$1,235", "look:$.rows[1].cash", 1234.5), ("$12.50", "look:$.fee", 12.5)],
)  # fmt: skip
def test_a_figure_is_traced_to_the_place_it_was_read_from(heard, text, path, value):
    evidence = heard({"weight_percent": 12.5, "fee": 12.5, "gain": -7.0, "rows": [{"cash": 0}, {"cash": 1234.5}]})

    (claim,) = evidence.sidecar(f"It is {text}.")["claims"]

    assert (claim["text"], claim["source_path"], claim["value"]) == (text, path, value)


@pytest.mark.parametrize("text", ["$99.00", "13%", "$7.00", "no figure", "", "$", "%", "1.2.3%"])
def test_a_figure_that_no_tool_returned_has_no_claim(heard, text):
    assert heard({"weight_percent": 12.4, "gain": -7.0, "yes": True}).sidecar(text)["claims"] == []


def test_only_notes_that_were_read_are_citations(heard):
    evidence = heard({"notes": [{"id": "S001"}]})

    assert evidence.sidecar("Good (S001, 2026-01-02) or bad (S002, 2026-01-03).")["citations"] == ["S001"]
