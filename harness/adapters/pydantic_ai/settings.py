"""What harness.toml says about a PydanticAI agent."""

from __future__ import annotations

from typing import Annotated

from harness.adapters.native import NativeSettings
from harness.bounds import Ge
from harness.shape import value


@value
class Settings(NativeSettings):
    """`target` names a `pydantic_ai.Agent`, or a function that makes one."""

    deps: str | None = None
    """Function that makes the run's dependencies of our context: `agents/advisor.py:deps`; by default there are none."""

    request_limit: Annotated[int, Ge(1)] = 50
    """Most model requests in a turn."""
