"""Calls that could have been left out: the same call with the same result and nothing changed in between."""

from __future__ import annotations

from collections.abc import Sequence

from harness.model import Step

from .calls import canonical_result
from .facts import Tools


def repeated(calls: Sequence[Step], tools: Tools | None = None) -> list[tuple[Step, Step]]:
    """Pairs of a redundant call and the earlier successful one that it repeats.

    A call is redundant when an earlier successful call was the same and gave the same result, and no other call in between
    changed what the two depend on. Looking at the portfolio, trading and looking again is no repeat, even if the answer is the
    same, and neither is asking a tool that is meant to be polled.

    Args:
        calls: Tool calls in order.
        tools: What is known of them; by default what their names say.
    """
    tools = tools or Tools()
    seen: dict[str, tuple[int, Step]] = {}
    changes = _Changes(tools)
    found = []
    for place, call in enumerate(calls):
        key = tools.key(call)
        earlier = seen.get(key)
        if call.status == "ok" and earlier is not None and not tools.polls(call.name):
            stood, first = earlier
            if changes.last(call.name) <= stood and canonical_result(first) == canonical_result(call):
                found.append((call, first))
                continue
        if tools.changes(call.name) and not (tools[call.name].idempotent and earlier is not None):
            changes.note(call.name, place)
        if call.status == "ok":
            seen[key] = (place, call)
    return found


class _Changes:
    """When each resource was last changed, by the place of the call."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._everything = self._anything = -1
        self._of: dict[str, int] = {}

    def note(self, name: str, place: int) -> None:
        """A call of a tool changed what it changes."""
        self._anything = place
        resources = self._tools.changed(name)
        if resources is None:
            self._everything = place
        else:
            self._of.update(dict.fromkeys(resources, place))

    def last(self, name: str) -> int:
        """When something that a tool's result depends on was last changed; -1 for never."""
        reads = self._tools[name].reads
        if reads is None:
            return self._anything
        return max([self._everything, *(self._of.get(resource, -1) for resource in reads)])
