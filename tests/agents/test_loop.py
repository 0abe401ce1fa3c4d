"""The loop of the reference agents, driven by prepared replies."""

import asyncio
from dataclasses import replace
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from harness.llm import ModelReply, ToolCall
from harness.testing import QueuedModel


class Symbol(BaseModel):
    symbol: Annotated[str, Field(max_length=5)]


class Answer(BaseModel):
    value: int


def calls(*pairs):
    return ModelReply("", tool_calls=tuple(ToolCall(f"c{n}", name, args) for n, (name, args) in enumerate(pairs)))


@pytest.fixture
def price(load):
    def function(arguments):
        if arguments.symbol == "GONE":
            raise load("agents/_shared/tools.py:ToolError")("GONE is not traded")
        if arguments.symbol == "BOOM":
            raise KeyError("no such row")
        return {"symbol": arguments.symbol, "price": 10.5}

    return load("agents/_shared/tools.py:AgentTool")("price", "Get a price.", Symbol, function)


@pytest.fixture
def talk(load, context, trace_of):
    """Run the loop over prepared replies: its result, the model and the trace."""

    def run(replies, *, limit_s=None, **options):
        model = QueuedModel(replies)
        made = context(model, limit_s=limit_s)
        if "limits" in options:
            options["limits"] = load("agents/_shared/loop.py:Limits")(**options["limits"])
        loop, brief = load("agents/_shared/loop.py:run"), load("agents/_shared/loop.py:Brief")
        said = {name: options.pop(name) for name in ("history", "stream") if name in options}
        result = asyncio.run(loop(made, brief("test", "Be brief.", **options), "Go.", **said))
        return result, model, trace_of(made.recorder)

    return run


def test_text_without_tools_is_the_answer_and_is_streamed(talk):
    result, model, trace = talk(["All is well."])

    assert (result.stop, result.text, result.turns) == ("answer", "All is well.", 1)
    assert trace.answer == "All is well."
    assert model.requests[0].system == "Be brief."
    assert model.requests[0].seed == 1


def test_tools_of_one_turn_are_all_called_and_their_results_returned(talk, price):
    result, model, trace = talk([calls(("price", {"symbol": "A"}), ("price", {"symbol": "B"})), "Done."], tools=[price])

    assert (result.stop, result.turns, result.tool_calls) == ("answer", 2, 2)
    assert [step.args for step in trace.tools] == [{"symbol": "A"}, {"symbol": "B"}]
    said = [message.text for message in model.requests[1].messages if message.role == "tool"]
    assert said == ['{"symbol": "A", "price": 10.5}', '{"symbol": "B", "price": 10.5}']


@pytest.mark.parametrize(
    ("name", "args", "error"),
    [
        pytest.param("price", {"symbol": "GONE"}, "GONE is not traded", id="refused-by-the-tool"),
        pytest.param("price", {"symbol": "BOOM"}, "the tool failed: KeyError", id="crash"),
        pytest.param("price", {"symbol": "TOOLONG"}, "the arguments do not fit: symbol:", id="wrong-arguments"),
        pytest.param("price", {}, "symbol: Field required", id="missing-argument"),
        pytest.param("cost", {"symbol": "A"}, "there is no tool 'cost'; use one of: price", id="unknown-tool"),
    ],
)
def test_a_failing_tool_is_a_result_that_the_model_sees(talk, price, name, args, error):
    result, model, trace = talk([calls((name, args)), "I could not find out."], tools=[price])

    message = model.requests[1].messages[-1]
    assert message.is_error
    assert error in message.text
    assert trace.tools[0].status == "error"
    assert result.stop == "answer"


def test_a_valid_structured_answer_ends_the_loop(talk):
    result, model, trace = talk(['{"value": 3}'], output_model=Answer)

    assert (result.stop, result.output) == ("structured", Answer(value=3))
    assert model.requests[0].output_schema == Answer.model_json_schema()
    assert trace.answer == ""  # nothing is shown before it is valid


def test_an_invalid_answer_gets_one_repair_with_the_reason(talk):
    result, model, _ = talk(['{"value": "three"}', '{"value": 3}'], output_model=Answer)

    assert (result.stop, result.output.value, result.turns) == ("structured", 3, 2)
    assert "value: Input should be a valid integer" in model.requests[1].messages[-1].text


@pytest.mark.parametrize("bad", ['```json\n{"value": 3}\n```', "Sure!", '{"value": NaN}', '{"value": 3', "[]", ""])
def test_an_answer_that_stays_invalid_ends_honestly(talk, bad):
    result, _, _ = talk([bad, bad], output_model=Answer)

    assert (result.stop, result.output, result.turns) == ("invalid_output", None, 2)
    assert result.error


def test_accept_may_refuse_a_valid_answer(talk):
    result, model, _ = talk(
        ['{"value": 3}', '{"value": 4}'],
        output_model=Answer,
        accept=lambda found: None if found.value == 4 else "value must be 4",
    )

    assert result.output.value == 4
    assert "value must be 4" in model.requests[1].messages[-1].text


def test_with_tools_the_schema_is_sent_only_for_a_repair(talk, price):
    _, model, _ = talk(["no", '{"value": 1}'], output_model=Answer, tools=[price])

    assert [request.output_schema is None for request in model.requests] == [True, False]


@pytest.mark.parametrize(
    ("replies", "limits", "stop"),
    [
        pytest.param([calls(("price", {"symbol": "A"}))] * 3, {"max_turns": 3}, "max_turns", id="turns"),
        pytest.param([calls(*[("price", {"symbol": "A"})] * 4)], {"max_tool_calls": 3}, "max_tool_calls", id="calls"),
        pytest.param([ModelReply("I", stop_reason="max_tokens")], {}, "cut", id="cut"),
        pytest.param([ModelReply("No.", stop_reason="refusal")], {}, "refused", id="refused"),
        pytest.param([ModelReply(" ", stop_reason="end")], {}, "empty", id="empty"),
    ],
)
def test_every_stop_has_a_reason(talk, price, replies, limits, stop):
    result, _, _ = talk(replies, tools=[price], limits=limits)

    assert result.stop == stop
    assert result.error


def test_the_deadline_stops_before_the_model_is_asked(talk):
    result, model, _ = talk(["too late"], limit_s=0.0)

    assert result.stop == "deadline"
    assert model.requests == []


@pytest.mark.parametrize("text", ["<html>", '{"price": 1', '{"price": NaN}', "", "[" * 5000])
def test_a_result_that_is_not_json_is_an_error_without_any_of_its_text(load, text):
    outcome = load("agents/_shared/tools.py:read")(text)

    assert outcome.result is None
    assert outcome.error == "the tool's result is not JSON, so nothing can be read from it"


def test_a_result_that_is_json_text_is_read(load):
    assert load("agents/_shared/tools.py:read")('{"price": 1.5}').result == {"price": 1.5}


@pytest.mark.parametrize(
    ("most", "turns", "stop"), [(None, 3, "answer"), (1.0, 3, "answer"), (0.004, 2, "max_cost"), (0, 0, "max_cost")]
)
def test_a_loop_ends_when_its_money_is_spent(load, context, price, most, turns, stop):
    from harness.llm.prices import Price
    from harness.model import Usage

    replies = [calls(("price", {"symbol": "A"})), calls(("price", {"symbol": "B"})), ModelReply("Done.")]
    model = QueuedModel([replace(reply, usage=Usage(1000, 0, 0)) for reply in replies])
    model.price = Price(input=2e-6, output=1e-5)  # each request costs 0.002
    limits = load("agents/_shared/loop.py:Limits")(max_usd=most)
    brief = load("agents/_shared/loop.py:Brief")("test", "Be brief.", tools=[price], limits=limits)
    result = asyncio.run(load("agents/_shared/loop.py:run")(context(model), brief, "Go."))

    assert (result.stop, result.turns) == (stop, turns)


def test_the_agents_own_setting_limits_its_money(load, context):
    brief = load("agents/_shared/loop.py:Brief")("test", "Be brief.")
    made = context(QueuedModel(["Hello."]), settings={"max_usd": 0})
    result = asyncio.run(load("agents/_shared/loop.py:run")(made, brief, "Go."))

    assert (result.stop, result.error) == ("max_cost", "no answer for $0")
