"""Turn a worker's report, or its end, into an outcome."""

from __future__ import annotations

import math
import signal
from collections.abc import Sequence
from typing import Any

from harness.model import KINDS, Budget, Event, Failure, Outcome, OutcomeStatus, Trace, fold
from harness.text import one_line

_CALL_S = 0.02
"""Seconds below which no call of a model ends."""

_LONGEST_S = 1e9
"""Seconds that no trial takes."""

_STATUSES: frozenset[str] = frozenset({"completed", "agent_failed", "over_budget", "infrastructure_failed"})


def outcome_of(
    status: str, error: Sequence[str] | None, events: Sequence[Any], *, budget: Budget, seconds: float, **about: Any
) -> Outcome:
    """Build the outcome of a trial from what its worker reported; a report that cannot be read is our failure.

    An agent can find its worker's socket and write to it: nothing is believed to be of its kind before it was looked at.
    """
    try:
        trace = fold([_event(item) for item in events], duration_s=_seconds(seconds))
        _seconds(trace.cost_usd or 0.0, math.inf)
        failed = None if error is None else Failure(*map(_text, error))
        _text(about.get("stdout", ""))
    except (TypeError, ValueError, AttributeError, IndexError, KeyError, OverflowError) as broken:
        garbage = Failure("protocol", f"the worker's report cannot be read ({one_line(str(broken))})")
        return Outcome("infrastructure_failed", Trace(), garbage, **(about | {"stdout": ""}))
    if status == "completed":
        exceeded = over(budget, trace)
        if exceeded is not None:
            return Outcome("over_budget", trace, exceeded, **about)
    elif status not in _STATUSES and status != "timed_out":
        failed = Failure("protocol", f"the worker reported the unknown status {status!r}")
        status = "infrastructure_failed"
    return Outcome(_status(status), trace, failed, **about)


def is_quick(outcome: Outcome) -> bool:
    """Whether a trial was too short to have asked anybody on a network: losing it unstored wastes nothing."""
    return outcome.trace.duration_s < _CALL_S


def over(budget: Budget, trace: Trace) -> Failure | None:
    """Check a whole trace against the budget: the worker does so as it goes, but the agent lives there too."""
    used: tuple[tuple[str, float | None, float | None], ...] = (
        ("steps", len(trace.steps), budget.steps),
        ("tool_calls", len(trace.tools), budget.tool_calls),
        ("tokens", trace.usage.total, budget.tokens),
        ("usd", trace.cost_usd, budget.usd),
    )
    for name, amount, limit in used:
        if limit is not None and amount is not None and amount > limit + 1e-9:
            return Failure(name, f"used {amount:g} {name.replace('_', ' ')}, more than its budget of {limit:g}")
    return None


def death(code: int | None, peak_kb: int, agent: str, fault: str) -> Failure:
    """Describe how a worker's process ended while it ran one trial."""
    if code is None:
        return Failure("signal", f"the agent's process and its parent were both ended while running {agent!r}")
    doing = f"while running {agent!r}"
    if code >= 0:
        return Failure("exit", f"the agent's process ended with exit code {code} {doing}", fault)
    memory = f"; its memory had grown to {peak_kb // 1024} MiB" if code == -signal.SIGKILL else ""
    return Failure("signal", f"the agent's process was ended by signal {_signal_name(-code)} {doing}{memory}", fault)


def _signal_name(number: int) -> str:
    try:
        return f"{number} ({signal.Signals(number).name})"
    except ValueError:
        return str(number)


def _event(item: Any) -> Event:
    offset, kind, data = item
    if kind not in KINDS or not isinstance(data, dict):
        raise ValueError(f"no event: {str(kind)[:40]!r}")
    return Event(_seconds(offset), kind, data)


def _seconds(item: Any, most: float = _LONGEST_S) -> float:
    if not isinstance(item, float | int) or not 0 <= item < most:
        raise ValueError(f"no amount: {str(item)[:40]!r}")
    return float(item)


def _text(item: Any) -> str:
    if not isinstance(item, str):
        raise TypeError(f"no text: {str(item)[:40]!r}")
    return item


def _status(status: str) -> OutcomeStatus:
    return status  # type: ignore[return-value]  # checked against the known ones above
