"""Clera as a LangGraph graph: messages in, messages out, and an interrupt where a client must confirm an order.

    graph = clera_graph(context_of, checkpointer=InMemorySaver())
    graph.invoke({"messages": [{"role": "user", "content": "Buy $500 of VTI"}]}, {"configurable": {"thread_id": "1"}})
    graph.invoke(Command(resume="yes"), ...)

LangGraph runs an interrupted node again from its beginning. What the node did before its question is therefore undone first: the
client's world goes back to where the turn began, so that nothing is previewed, remembered or counted twice.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import add
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from typing_extensions import TypedDict

from harness.adapters import Request
from harness.errors import MissingExtra

from ..clera.supervisor import clera

if TYPE_CHECKING:
    from harness.adapters import AgentReply, Context

ContextOf: TypeAlias = Callable[[str], "Context"]
"""Opens the context of a conversation by its thread id: model, world, recorder; the same one for the same id."""


class Conversation(TypedDict):
    """State of the graph."""

    messages: Annotated[list[dict[str, str]], add]
    """`{role, content}`, as LangGraph's server takes and gives them."""


class _Asked(BaseException):  # no tool may take it for a failure of its own
    """The client must be asked, and has not answered yet."""

    def __init__(self, question: str, details: Any) -> None:
        super().__init__(question)
        self.value = {"question": question, "details": details}


def clera_graph(context_of: ContextOf, *, checkpointer: Any = None) -> Any:
    """Compile the graph.

    Raises:
        MissingExtra: without LangGraph.
    """
    try:
        from langgraph.config import get_config  # noqa: PLC0415 - an extra
        from langgraph.graph import END, START, StateGraph  # noqa: PLC0415
        from langgraph.types import interrupt  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra("the LangGraph form of Clera", extra="langgraph") from error

    async def advise(state: Conversation) -> Conversation:
        context = context_of(str(get_config()["configurable"]["thread_id"]))
        answers: list[Any] = []
        before = context.world.saved()
        while True:
            try:
                reply = await _turn(state["messages"], context, answers)
            except _Asked as asked:
                context.world.restore(before)
                answers.append(interrupt(asked.value))
                continue
            return {"messages": [{"role": "assistant", "content": reply.text}]}

    graph = StateGraph(Conversation)
    graph.add_node("clera", advise)
    graph.add_edge(START, "clera")
    graph.add_edge("clera", END)
    return graph.compile(checkpointer=checkpointer)


async def _turn(messages: list[dict[str, str]], context: Context, answers: list[Any]) -> AgentReply:
    """Answer the last message with the client's answers so far."""
    left = list(answers)
    asked_before = context.ask

    def ask(question: str, *, details: Any = None) -> Any:
        if not left:
            raise _Asked(question, details)
        return left.pop(0)

    said = [(one["content"], two["content"]) for one, two in zip(messages[:-1:2], messages[1:-1:2], strict=False)]
    context.ask = ask  # type: ignore[method-assign]  # the questions go to the graph's caller instead of the script
    try:
        return await clera(Request(messages[-1]["content"], len(said), history=tuple(said)), context)
    finally:
        context.ask = asked_before  # type: ignore[method-assign]
