"""What harness.toml says about a LangGraph graph."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, Literal

from harness.adapters.native import NativeSettings
from harness.adapters.wire import check_template
from harness.bounds import Ge
from harness.jsonpath import PathError, parse
from harness.shape import Misfit, MisfitsError, value


def _messages() -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "{input}"}]}


@value
class Settings(NativeSettings):
    """`target` names a graph, compiled or not, or a function that makes one."""

    input: dict[str, Any] = field(default_factory=_messages)
    """What a turn adds to the state: `{question = "{input}"}`; by default a message of the user."""

    answer: str | None = None
    """JSON path of the answer in the final state; by default the last message."""

    structured: str | None = None
    """JSON path of the answer's data in the final state; by default `$.structured_response`."""

    artifacts: dict[str, str] = field(default_factory=dict)
    """Name to JSON path of end states in the final state: `{ledger = "$.orders"}`."""

    configurable: dict[str, Any] = field(default_factory=dict)
    """Further keys of the run's `configurable`."""

    recursion_limit: Annotated[int, Ge(1)] = 25
    """Most steps of the graph in a turn."""

    replays: Literal["once", "all"] = "once"
    """LangGraph runs an interrupted node again from its beginning: whether the tool calls that it repeats count once or each time."""

    def __post_init__(self) -> None:
        """Refuse templates and paths that cannot be used."""
        misfits = list(check_template(self.input, path=("input",)))
        named = {"answer": self.answer, "structured": self.structured}
        places = [((name,), path) for name, path in named.items() if path is not None]
        for place, path in [*places, *((("artifacts", name), path) for name, path in self.artifacts.items())]:
            try:
                parse(path)
            except PathError as error:
                misfits.append(Misfit(place, error.problem, error.remedy))
        if misfits:
            raise MisfitsError(misfits)
