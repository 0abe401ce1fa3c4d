"""Play again what tools gave in production: the fixtures of cases that `finharness import otel|langfuse` drafts."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from harness.model.value import canonical


class RecordedTools:
    """The tools of a recorded trace, by name and arguments.

        tools = RecordedTools(request.world["recorded"])
        price = tools.take("get_price", {"ticker": "VTI"})

    Args:
        recorded: What the case has under `world: {recorded: ...}`.
    """

    def __init__(self, recorded: Mapping[str, Any]) -> None:
        self._calls: dict[str, dict[str, deque[Mapping[str, Any]]]] = {}
        for call in recorded.get("tools") or ():
            of_tool = self._calls.setdefault(str(call["name"]), {})
            of_tool.setdefault(canonical(call.get("args") or {}), deque()).append(call)

    @property
    def names(self) -> tuple[str, ...]:
        """Tools that were called."""
        return tuple(self._calls)

    def take(self, name: str, args: Mapping[str, Any] | None = None) -> Any:
        """What the tool gave for these arguments; equal calls are answered in the order in which they were, the last one for ever.

        Raises:
            LookupError: for a call that was not recorded, with those that were.
            RuntimeError: for one that failed then, too, with what was said.
        """
        waiting = self._calls.get(name, {}).get(canonical(dict(args or {})))
        if not waiting:
            known = list(self._calls.get(name, {})) or sorted(self._calls)
            raise LookupError(
                f"{name}({canonical(dict(args or {}))}) was not recorded; there is {', '.join(known) or 'nothing'}"
            )
        call = waiting[0] if len(waiting) == 1 else waiting.popleft()
        if "error" in call:
            raise RuntimeError(str(call["error"]))
        return call.get("result")
