"""Agents of every form become events; those that cannot be driven are refused with their place."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from harness.adapters import AgentReply, Clock, Context, InvalidOutputError, Request
from harness.adapters.python import drive_of
from harness.errors import AgentError
from harness.model import Trace, fold
from harness.recorder import Recorder


def drive(agent: Any, *inputs: Any, approvals: Sequence[Any] = ()) -> Trace:
    recorder = Recorder(time.monotonic, approvals=approvals)
    context = Context(recorder, clock=Clock("2026-03-31"), seed=7, settings={"depth": 2}, limit_s=60)
    given = inputs or ("hello",)
    asyncio.run(drive_of(agent, name="agent", where="mine.py:agent")(given, Request(given[0], seed=7), context))
    return fold(recorder.events)


async def later(request: Request, context: Context) -> str:
    await asyncio.sleep(0)
    return f"{request.input} {context.seed} {context.settings['depth']}"


def at_once(request: Request) -> dict[str, Any]:
    return {"said": request.input}


def gives_coroutine(request: Request, context: Context) -> Any:
    return later(request, context)


def generates(request: Request) -> Any:
    yield "text_delta", {"text": "a"}
    yield "text_delta", {"text": "b"}


async def emits_only(request: Request, context: Context) -> None:
    context.recorder.text("streamed")


class CallableObject:
    async def __call__(self, request: Request) -> AgentReply:
        return AgentReply("called", {"n": 1})


class Session:
    def __init__(self) -> None:
        self.count = 0

    def step(self, request: Request) -> str:
        self.count += 1
        return f"{request.input}: {self.count}"


class Starts:
    def start(self, request: Request, context: Context) -> Session:
        return Session()

    def step(self, request: Request) -> str:
        raise AssertionError("the session that start returned is used instead")


@pytest.mark.parametrize(
    ("agent", "answer"),
    [
        pytest.param(later, "hello 7 2", id="coroutine function"),
        pytest.param(at_once, '{"said": "hello"}', id="plain function of one parameter"),
        pytest.param(gives_coroutine, "hello 7 2", id="plain function that returns a coroutine"),
        pytest.param(generates, "ab", id="generator"),
        pytest.param(emits_only, "streamed", id="recorder only"),
        pytest.param(CallableObject(), "called", id="callable object"),
        pytest.param(Session, "hello: 1", id="session class"),
        pytest.param(Starts(), "hello: 1", id="object whose start gives a session"),
        pytest.param(lambda request: "short", "short", id="lambda"),
    ],
)
def test_every_form_answers(agent: Any, answer: str) -> None:
    assert drive(agent).answer == answer


def test_session_keeps_its_state_over_turns() -> None:
    trace = drive(Session, "a", "b", "c")

    assert [turn.answer for turn in trace.turns] == ["a: 1", "b: 2", "c: 3"]


def test_history_grows_with_the_turns() -> None:
    seen: list[Any] = []

    async def agent(request: Request) -> str:
        seen.append((request.turn, request.history))
        return f"re {request.input}"

    drive(agent, "a", "b")

    assert seen == [(0, ()), (1, (("a", "re a"),))]


def test_session_is_closed_even_after_a_failure() -> None:
    closed: list[bool] = []

    class Fails:
        async def step(self, request: Request) -> str:
            raise ValueError("no")

        async def close(self) -> None:
            closed.append(True)

    with pytest.raises(ValueError, match="no"):
        drive(Fails)
    assert closed == [True]


@pytest.mark.parametrize("raised", [SystemExit(3), StopIteration(1), KeyboardInterrupt()])
def test_what_a_thread_raises_reaches_the_trial(raised: BaseException) -> None:
    def agent(request: Request) -> str:
        raise raised

    with pytest.raises(BaseException) as caught:
        drive(agent)
    assert type(caught.value) is type(raised) or caught.value.__cause__ is raised


@pytest.mark.parametrize(
    "reply", [AgentReply(text=5), AgentReply(artifacts=[1]), AgentReply(structured={"a": {1}}), 7, [("text", "x")]]
)
def test_replies_that_are_none_are_refused(reply: Any) -> None:
    with pytest.raises(InvalidOutputError):
        drive(lambda request: reply)


def test_tools_are_recorded_with_their_arguments_and_errors() -> None:
    def price(symbol: str, day: str = "today") -> int:
        if symbol == "?":
            raise KeyError(symbol)
        return 250

    async def agent(request: Request, context: Context) -> str:
        tool = context.tool(price)
        with pytest.raises(KeyError):
            tool("?")
        return str(tool("VTI", day="monday"))

    steps = drive(agent).tools

    assert [(step.name, step.args, step.status) for step in steps] == [
        ("price", {"symbol": "?"}, "error"),
        ("price", {"symbol": "VTI", "day": "monday"}, "ok"),
    ]
    assert steps[0].error == "KeyError: '?'"


def test_asynchronous_tools_stay_asynchronous() -> None:
    async def look(place: str) -> str:
        await asyncio.sleep(0)
        return place

    async def agent(request: Request, context: Context) -> str:
        return await context.tool(look)(place="here")

    assert drive(agent).tools[0].result == "here"


def test_agent_without_a_model_is_told_what_to_do() -> None:
    async def agent(request: Request, context: Context) -> str:
        return str(context.model)

    with pytest.raises(AgentError, match="asks for a model and has none"):
        drive(agent)


def test_time_left_shrinks() -> None:
    async def agent(request: Request, context: Context) -> dict[str, Any]:
        return {"left": context.remaining(), "now": context.clock.now().isoformat()}

    trace = drive(agent)

    assert 59 < trace.structured["left"] <= 60
    assert trace.structured["now"] == "2026-03-31T00:00:00+00:00"


def no_parameter() -> None: ...
def three(a: int, b: int, c: int) -> None: ...
def keyword_only(a: int, *, needed: int) -> None: ...


@pytest.mark.parametrize("agent", [no_parameter, three, keyword_only, 5, "text", object])
def test_what_cannot_be_driven_is_refused(agent: Any) -> None:
    with pytest.raises(AgentError) as caught:
        drive_of(agent, name="agent", where="mine.py:agent")

    assert caught.value.remedy
    assert caught.value.where is not None


@pytest.mark.parametrize("agent", [lambda *args: "x", lambda request, extra=1: "x", at_once, later])
def test_what_can_be_driven_is_accepted(agent: Callable[..., Any]) -> None:
    drive_of(agent, name="agent", where="mine.py:agent")
