import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from harness.llm import Message, ModelRequest
from harness.testing import FixedClock, ModelReply, QueuedModel, scripted_agent

ASK = ModelRequest((Message("user", "Hi"),), output_schema={"type": "object"})


def run(agent, question):
    return asyncio.run(agent(SimpleNamespace(input=question), None))


def test_a_scripted_agent_answers_by_input_in_order_or_by_function():
    assert run(scripted_agent({"Hi": "Hello."}), "Hi") == "Hello."
    assert run(scripted_agent(str.upper), "hi") == "HI"
    in_order = scripted_agent(["one", {"a": 2}])
    assert [run(in_order, "?"), run(in_order, "?")] == ["one", {"a": 2}]


@pytest.mark.parametrize(
    ("script", "error"), [({"Hi": "x"}, LookupError), ([], LookupError), ([ValueError("no")], ValueError)]
)
def test_a_scripted_agent_raises_what_it_should_and_when_the_script_ends(script, error):
    with pytest.raises(error):
        run(scripted_agent(script), "Bye")


def test_a_queued_model_parses_structured_replies_and_tells_deltas():
    told = []

    async def on_delta(kind, piece):
        told.append(piece)

    model = QueuedModel(['{"a": 1}', ModelReply("no JSON")])
    first = asyncio.run(model.complete(ASK, on_delta=on_delta))
    second = asyncio.run(model.complete(ASK))
    asyncio.run(model.close())
    assert (first.structured, second.structured, told, model.closed) == ({"a": 1}, None, ['{"a": 1}'], True)


def test_a_fixed_clock_moves_only_when_told():
    clock = FixedClock("2026-11-20")
    assert (clock.now(), clock.monotonic()) == (datetime(2026, 11, 20, tzinfo=UTC), 0.0)
    clock.advance(90)
    assert (clock.now().minute, clock.monotonic()) == (1, 90.0)
