"""Tools of the reference agents: a function, a pydantic model of its arguments, and results that say where they come from."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from harness.adapters import passed
from harness.faults import here
from harness.faults.errors import InjectedToolError
from harness.faults.tools import through
from harness.llm.request import Tool

A = TypeVar("A", bound=BaseModel)


NOT_JSON: Final = "the tool's result is not JSON, so nothing can be read from it"
_OF_THE_BROKER: Final = ("reject", "partial_fill", "market_closed")
"""Faults of tools that the broker applies itself, so that its books say the same."""


class ToolError(Exception):
    """A tool's refusal that the model should read, such as a missing price."""


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What came of one call."""

    result: Any = None
    """JSON-plain data; unused when there is an error."""

    error: str | None = None
    """One sentence for the model."""

    @property
    def text(self) -> str:
        """The outcome as the model reads it."""
        return json.dumps({"error": self.error} if self.error is not None else self.result, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class AgentTool(Generic[A]):
    """One tool of an agent."""

    name: str
    """Name to call it by."""

    description: str
    """What it does, for the model."""

    arguments: type[A]
    """Model of its arguments; its JSON Schema is what the model sees."""

    function: Callable[[A], Any]
    """Takes the validated arguments; may be asynchronous."""

    is_outer: bool = False
    """Whether its function runs another tool, which has done all that is done around one."""

    @property
    def spec(self) -> Tool:
        """The tool as a model sees it."""
        return Tool(self.name, self.description, schema_of(self.arguments))

    async def call(self, raw: Mapping[str, Any]) -> ToolOutcome:
        """Call it with what a model sent. Nothing a model or a tool does wrong escapes: it becomes the outcome's error."""
        try:
            arguments = self.arguments.model_validate(raw)
        except ValidationError as error:
            return ToolOutcome(error=f"the arguments do not fit: {said(error)}")
        try:
            return read(await self.run(arguments))
        except (ToolError, InjectedToolError) as error:
            return ToolOutcome(error=str(error))
        except Exception as error:  # noqa: BLE001 - a tool's failure is a result that the model must see
            return ToolOutcome(error=f"the tool failed: {type(error).__name__}: {error}")

    async def run(self, arguments: A) -> Any:
        """Run it with arguments that fit."""
        if self.is_outer:
            result = self.function(arguments)
            return await result if inspect.isawaitable(result) else result
        result = await through(here(), self.name, lambda: self.function(arguments), besides=_OF_THE_BROKER)
        return await passed(self.name, arguments.model_dump(), result)


def read(result: Any) -> ToolOutcome:
    """What a tool returned; text is read as JSON, and text that is not JSON is a failure: nobody may guess figures out of it."""
    if not isinstance(result, str):
        return ToolOutcome(result)
    try:
        return ToolOutcome(json.loads(result, parse_constant=_refuse))
    except (ValueError, RecursionError):
        return ToolOutcome(error=NOT_JSON)


def failing(tool: AgentTool[A], error: str) -> AgentTool[A]:
    """The same tool, out of order."""

    def fail(_: A) -> Any:
        raise ToolError(error)

    return replace(tool, function=fail)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


@cache
def schema_of(shape: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema of a model, made once: making it costs more than all the rest of a turn."""
    return shape.model_json_schema()


def sourced(data: Mapping[str, Any], *, as_of: str, source: str, currency: str = "USD") -> dict[str, Any]:
    """Add to a result when, where and in which currency it holds."""
    return {**data, "as_of": as_of, "source": source, "currency": currency}


def said(error: ValidationError, limit: int = 5) -> str:
    """Write a validation error as a short list, the place first: models repair that best."""
    problems = error.errors(include_url=False, include_input=False)
    lines = [f"{'.'.join(map(str, item['loc'])) or '(top)'}: {item['msg']}" for item in problems[:limit]]
    if len(problems) > limit:
        lines.append(f"and {len(problems) - limit} more")
    return "; ".join(lines)
