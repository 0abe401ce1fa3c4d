"""What harness.toml says about an agent of the OpenAI Agents SDK."""

from __future__ import annotations

from typing import Annotated

from harness.adapters.native import NativeSettings
from harness.bounds import Ge
from harness.shape import value


@value
class Settings(NativeSettings):
    """`target` names an `agents.Agent`, or a function that makes one."""

    run_context: str | None = None
    """Function that makes the run's context of ours: `agents/advisor.py:context`; by default there is none."""

    max_turns: Annotated[int, Ge(1)] = 10
    """Most turns of the SDK's own loop."""
