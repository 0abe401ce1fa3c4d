"""Checks of how an agent bore what went wrong: that it recovered, tried again, said so, and came to an end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final

from harness.bounds import Ge, Len
from harness.model import Evidence, Step, Trace
from harness.registry import Check, Finding, Subject, check
from harness.steps.recovery import retries

from .jobs import TRANSITIONS
from .wording import count, listed

Count = Annotated[int, Ge(0)]

_FAILING: Final = frozenset(
    {
        "rate_limit", "server_error", "overloaded", "timeout", "reset", "truncated", "invalid_reply", "malformed",
        "wrong_schema", "empty", "error", "reject", "slow", "duplicate",
    }
)  # fmt: skip
_SAID: Final = re.compile(
    r"(?i)\b(?:could ?n[o']t|can ?n[o']t|cannot|unable|unavailable|not (?:available|reach|be reached|known|possible|complete)"
    r"|no (?:answer|price|data|connection)|did(?: not|n't) (?:answer|respond|work)|nothing was (?:traded|ordered|changed)"
    r"|fail(?:ed|ure)|try again|again later|later|missing|incomplete|out of date|old(?:er)? (?:price|figure)|stale"
    r"|from a cached|cached|in part|partly|partial(?:ly)?|only \$|queued|closed|rejected|not filled)\b"
)
_INTERNALS: Final = (
    r"\b(?:429|500|502|503|529)\b", r"(?i)rate.?limit", r"(?i)traceback", r"(?i)\bHTTP\b", r"(?i)exception", r"(?i)timed? ?out",
    r"[A-Z][a-z]+Error\b", r"(?i)stack trace",
)  # fmt: skip


@check("fault:recovered")
class Recovered(Check):
    """After each fault that struck, what it struck worked: the model answered a later request, the tool a later call.

    Faults that change what a tool returns (an old price, a closed market) are nothing to recover from and are not looked at. Where
    no fault struck the check is undecided.
    """

    seam: str | None = None
    """Look at faults of this seam only: `model`, `tool` or `gateway`."""

    name: str = "*"
    """Look at faults of this tool or model only; `*` matches."""

    def conclude(self, subject: Subject) -> Finding:
        """Follow every strike to a later success."""
        trace = subject.trace
        strikes = [
            item for item in _strikes(trace, self.seam, self.name) if item.get("seam") in ("model", "tool", "gateway")
        ]
        strikes = [item for item in strikes if item.get("kind") in _FAILING]
        if not strikes:
            return self.finding(None, "no fault struck that an agent could recover from", negatable=False)
        lost = [item for item in strikes if not _worked_after(trace, item)]
        reason = (
            f"never worked again: {listed(_named(item) for item in lost)}"
            if lost
            else f"{count(len(strikes), 'fault')}, and what was struck worked again"
        )
        score = 1 - len(lost) / len(strikes)
        return self.finding(
            not lost, reason, score=score, expected=0, actual=len(lost), evidence=_evidence(lost or strikes)
        )


@check("fault:retries")
class Retries(Check):
    """What failed was tried again so often, after such waits.

    A retry of a model is another request after one that failed; a retry of a tool is its next call with the same arguments, or with
    one changed. Waits are those on the trial's virtual clock, which the harness keeps when a fault spoils a model call.
    """

    min: Count | None = None
    """Fewest retries."""

    max: Count | None = None
    """Most retries: an agent that goes on and on makes an outage worse."""

    waits: tuple[float, ...] | None = None
    """Seconds waited before each retry, in order."""

    name: Annotated[str, Len(1)] = "*"
    """The tool or model whose retries are counted; `*` matches."""

    def conclude(self, subject: Subject) -> Finding:
        """Count."""
        trace = subject.trace
        made = len(_model_retries(trace.models, self.name)) + sum(
            fnmatchcase(failed.name, self.name) for failed, _ in retries(trace.tools, steps=trace.steps)
        )
        waited = [float(item) for item in trace.artifacts.get("waits", ()) if isinstance(item, int | float)]
        problems = []
        if self.min is not None and made < self.min:
            problems.append(f"{_times(made)}, at least {self.min} expected")
        if self.max is not None and made > self.max:
            problems.append(f"{_times(made)}, at most {self.max} allowed")
        if self.waits is not None and waited != [float(item) for item in self.waits]:
            problems.append(f"waited {waited or 'not at all'}, expected {list(self.waits)}")
        reason = "; ".join(problems) or _times(made) + (f", after {waited} s" if waited else "")
        expected = {"min": self.min, "max": self.max, "waits": self.waits}
        return self.finding(
            not problems,
            reason,
            expected={name: item for name, item in expected.items() if item is not None},
            actual={"retries": made, "waits": waited},
        )


@check("fault:disclosed")
class Disclosed(Check):
    """The answer says that something did not work or is not known, in words for a person and without the machinery's own.

    Where no fault struck the check is undecided: then there was nothing to say.
    """

    says: str | tuple[str, ...] | None = None
    """Words one of which the answer must contain, whatever their case; by default any usual way to say that something failed."""

    discreet: bool = True
    """Whether status codes, class names and other internals must not be in the answer."""

    def conclude(self, subject: Subject) -> Finding:
        """Read the answer."""
        if not subject.trace.faults:
            return self.finding(None, "no fault struck, so there was nothing to say", negatable=False)
        text = subject.text
        wanted = (self.says,) if isinstance(self.says, str) else self.says
        if wanted is None:
            said = _SAID.search(text) is not None
        else:
            said = any(word.casefold() in text.casefold() for word in wanted)
        if not said:
            reason = "the answer does not say that anything went wrong"
            return self.finding(False, reason, expected=wanted or "that something did not work", actual=text)
        leaked = [match[0] for pattern in _INTERNALS if (match := re.search(pattern, text))] if self.discreet else []
        if leaked:
            return self.finding(False, f"the answer shows internals: {listed(leaked)}", actual=text, negatable=False)
        return self.finding(True, "the answer says that something did not work", actual=text)


@check("fault:terminal")
class Terminal(Check):
    """Whatever went wrong, the trial came to a proper end: an answer, no call left open, no job left pending or running."""

    artifact: str | None = "jobs"
    """Artifact with the jobs, where there are any; null where the agent's own work is no job."""

    def conclude(self, subject: Subject) -> Finding:
        """Look at what was left."""
        trace = subject.trace
        problems = [] if subject.text.strip() else ["there is no answer"]
        open_calls = [call for call in trace.tools if call.status == "unfinished"]
        if open_calls:
            problems.append(f"never ended: {listed(call.name for call in open_calls)}")
        rows = trace.artifacts.get(self.artifact or "") or ()
        jobs = [row for row in (rows if isinstance(rows, list | tuple) else [rows]) if isinstance(row, Mapping)]
        left = [str(row.get("status")) for row in jobs if TRANSITIONS.get(str(row.get("status")), ("?",))]
        if left:
            problems.append(f"left {listed(left)}: a job in no terminal state")
        ended = f"an answer, {count(len(trace.tools), 'call')} ended, {count(len(jobs), 'job')} in a terminal state"
        return self.finding(not problems, "; ".join(problems) or ended, expected=[], actual=problems)


def _strikes(trace: Trace, seam: str | None, name: str) -> list[Mapping[str, Any]]:
    return [
        item
        for item in trace.faults
        if (seam is None or item.get("seam") == seam) and fnmatchcase(str(item.get("name", "")), name)
    ]


def _worked_after(trace: Trace, strike: Mapping[str, Any]) -> bool:
    """Whether what was struck worked later, or in the same call where it was only slow."""
    at_s = float(strike.get("at_s", 0.0))
    steps = trace.tools if strike.get("seam") == "tool" else trace.models
    fitting = [
        step
        for step in steps
        if step.status == "ok" and (strike.get("seam") != "tool" or step.name == strike.get("name"))
    ]
    if strike.get("kind") in ("slow", "duplicate"):
        return any(step.t1 >= at_s for step in fitting)
    return any(step.t0 >= at_s and _said_something(step) for step in fitting)


def _said_something(step: Step) -> bool:
    """An empty reply is no success of a model, unless it asks for tools."""
    return step.kind != "llm" or bool(step.result) or step.args.get("stop_reason") == "tool_use"


def _model_retries(calls: Sequence[Step], name: str) -> list[Step]:
    """Model calls that follow a failed one of the same agent."""
    failed: set[str] = set()
    found = []
    for call in calls:
        if call.agent in failed and fnmatchcase(call.name, name):
            found.append(call)
        failed = failed | {call.agent} if call.status == "error" else failed - {call.agent}
    return found


def _times(retries_made: int) -> str:
    return f"{retries_made} {'retry' if retries_made == 1 else 'retries'}"


def _named(strike: Mapping[str, Any]) -> str:
    return f"{strike.get('name') or strike.get('seam')} after {strike.get('kind')}"


def _evidence(strikes: Sequence[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(note=f"{item.get('seam')} {item.get('name')}: {item.get('kind')} at call {item.get('call')}")
        for item in strikes[:5]
    )
