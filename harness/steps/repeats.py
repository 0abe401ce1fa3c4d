"""Calls that could have been left out: the same call with the same result and nothing changed in between."""

from __future__ import annotations

from collections.abc import Sequence

from harness.model import Step

from .calls import canonical_call, changes_state, named, same_result


def repeated(
    calls: Sequence[Step], *, writes: Sequence[str] = (), polls: Sequence[str] = ()
) -> list[tuple[Step, Step]]:
    """Pairs of a redundant call and the earlier successful one that it repeats.

    A call is redundant when an earlier successful call was the same and gave the same result, and no other call in between
    changed anything. Looking at the portfolio, trading and looking again is no repeat, even if the answer is the same.

    Args:
        calls: Tool calls in order.
        writes: Tools that change something; by default decided by the verbs in their names.
        polls: Tools that are meant to be called again and again, such as a job's status.
    """
    seen: dict[str, Step] = {}
    found = []
    for call in calls:
        key = canonical_call(call.name, call.args)
        earlier = seen.get(key)
        if earlier is not None and call.status == "ok" and same_result(earlier, call) and not named(call.name, polls):
            found.append((call, earlier))
        elif changes_state(call.name, writes):
            seen = {key: call} if call.status == "ok" else {}
        elif call.status == "ok":
            seen[key] = call
    return found


def retries(calls: Sequence[Step]) -> list[tuple[Step, Step]]:
    """Pairs of a failed call and the next call of the same tool by the same agent, however its arguments were changed."""
    found = []
    for place, call in enumerate(calls):
        if call.status == "error":
            following = (later for later in calls[place + 1 :] if (later.name, later.agent) == (call.name, call.agent))
            found.extend([(call, later)] if (later := next(following, None)) is not None else [])
    return found


def unrecovered(calls: Sequence[Step]) -> list[Step]:
    """Failed or unfinished calls after which no call of the same tool succeeded."""
    last_good = {call.name: place for place, call in enumerate(calls) if call.status == "ok"}
    return [call for place, call in enumerate(calls) if call.status != "ok" and last_good.get(call.name, -1) < place]
