"""Failed calls: which were tried again, what that cost, and which never succeeded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from harness.frozen import frozen
from harness.model import Step, Usage

from .calls import canonical_call
from .facts import Tools
from .turns import tool_turns

_AHEAD = 20
"""Calls of the same tool that are looked at for one with a changed argument."""


@frozen
class Recovery:
    """A call that failed, its retries, and the call that succeeded in the end."""

    attempts: tuple[Step, ...]
    """The failed calls: the first one and the retries that failed too."""

    by: Step | None
    """The call that succeeded; None when none did."""

    usage: Usage = Usage(0, 0, 0)
    """Tokens of the model calls from the first failure to the call that succeeded."""

    cost_usd: float | None = 0.0
    """Their price; None when unknown."""

    @property
    def seconds(self) -> float | None:
        """From the start of the first failed call to the start of the one that succeeded; None when none did."""
        return None if self.by is None else max(0.0, self.by.t0 - self.attempts[0].t0)


def retries(calls: Sequence[Step], tools: Tools | None = None, steps: Sequence[Step] = ()) -> list[tuple[Step, Step]]:
    """Pairs of a failed call and its retry.

    The retry is the next call of the same tool by the same agent with equal arguments; where there is none, the next one
    whose arguments differ in one key. Calls that one model reply asked for together are no retries of each other; `steps`
    tells which those are.
    """
    again = _retried(calls, tools or Tools(), tool_turns(steps or calls))
    return [(calls[failed], calls[later]) for failed, later in again.items()]


def recoveries(calls: Sequence[Step], tools: Tools | None = None, steps: Sequence[Step] = ()) -> list[Recovery]:
    """One for each call that failed and was no retry itself; `steps` has the model calls whose cost is counted."""
    again = _retried(calls, tools or Tools(), tool_turns(steps or calls))
    continued = set(again.values())
    order = {id(step): place for place, step in enumerate(steps)}
    found = []
    for place, call in enumerate(calls):
        if call.status == "ok" or place in continued:
            continue
        attempts, now = [call], again.get(place)
        while now is not None and calls[now].status != "ok":
            attempts.append(calls[now])
            now = again.get(now)
        by = None if now is None else calls[now]
        found.append(_priced(tuple(attempts), by, steps, order))
    return found


def never_succeeded(calls: Sequence[Step]) -> list[Step]:
    """Failed or unfinished calls after which no call of the same tool succeeded, however its arguments were changed."""
    last_good = {call.name: place for place, call in enumerate(calls) if call.status == "ok"}
    return [call for place, call in enumerate(calls) if call.status != "ok" and last_good.get(call.name, -1) < place]


def _retried(calls: Sequence[Step], tools: Tools, turns: Mapping[int, int]) -> dict[int, int]:
    """Place of a failed call to the place of its retry."""
    failed = [place for place, call in enumerate(calls) if call.status != "ok"]
    if not failed:
        return {}
    of_tool: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, call in enumerate(calls):
        of_tool[call.name, call.agent].append(place)
    rank = {place: number for places in of_tool.values() for number, place in enumerate(places)}
    keys = [tools.key(call) for call in calls]
    following = _next_equal(calls, keys, turns)
    found = {}
    for place in failed:
        call = calls[place]
        equal = following.get(place)
        if equal is None:
            later = islice(of_tool[call.name, call.agent], rank[place] + 1, rank[place] + 1 + _AHEAD)
            fitting = (other for other in later if _follows(call, calls[other], turns))
            equal = next((other for other in fitting if _near(call, calls[other], tools)), None)
        if equal is not None:
            found[place] = equal
    return found


def _next_equal(calls: Sequence[Step], keys: Sequence[str], turns: Mapping[int, int]) -> dict[int, int]:
    """Place of each failed call to that of the next equal one that starts after it ended."""
    waiting: dict[tuple[str, str], list[int]] = defaultdict(list)
    found = {}
    for place, call in enumerate(calls):
        key = (keys[place], call.agent)
        for earlier in waiting.pop(key, ()):
            if _follows(calls[earlier], call, turns):
                found[earlier] = place
            else:
                waiting[key].append(earlier)
        if call.status != "ok":
            waiting[key] = [*waiting[key][-_AHEAD:], place]
    return found


def _follows(failed: Step, call: Step, turns: Mapping[int, int]) -> bool:
    """Whether a call was made when the failure of another was known."""
    return call.t0 >= failed.t1 and turns.get(id(call), 1) != turns.get(id(failed), 0)


def _near(failed: Step, call: Step, tools: Tools) -> bool:
    """Whether the arguments of two calls of a tool differ in one key at most."""
    volatile = tools[failed.name].volatile_args
    names = {*failed.args, *call.args} - set(volatile)
    return sum(not _equal(failed.args, call.args, name) for name in names) <= 1


def _equal(left: Mapping[str, Any], right: Mapping[str, Any], name: str) -> bool:
    both = name in left and name in right
    return both and canonical_call("", {"": left[name]}) == canonical_call("", {"": right[name]})


def _priced(attempts: tuple[Step, ...], by: Step | None, steps: Sequence[Step], order: Mapping[int, int]) -> Recovery:
    start = order.get(id(attempts[0]))
    end = None if by is None else order.get(id(by))
    models = [] if start is None or end is None else [step for step in steps[start:end] if step.kind == "llm"]
    usage, cost = Usage(0, 0, 0), 0.0
    known = True
    for model in models:
        usage += model.usage or Usage()
        known &= model.cost_usd is not None
        cost += model.cost_usd or 0.0
    return Recovery(attempts, by, usage, cost if known else None)
