"""Checks on what a trial took: time, tokens and money. What is unknown leaves them undecided."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from harness.bounds import Ge, Gt
from harness.model import Step, Usage
from harness.registry import Check, Finding, Subject, check

from .wording import count, refuse

Limit: TypeAlias = Annotated[float, Gt(0)]


def _one_of(check_: Check, first: str, second: str) -> float:
    """The limit, which a suite may write under either of two names."""
    given = [vars(check_)[name] for name in (first, second) if vars(check_)[name] is not None]
    if len(given) != 1:
        problem = "the limit is missing" if not given else f"`{first}` and `{second}` are the same limit"
        raise refuse(first, problem, f"give `{first}` or `{second}`")
    return float(given[0])


def _models(subject: Subject) -> tuple[Step, ...]:
    models = subject.trace.models
    return models if subject.turn is None else tuple(step for step in models if step.turn == subject.turn)


def _labels(models: tuple[Step, ...]) -> dict[str, str]:
    """Say so where it was no language model that was so cheap."""
    return {"model": "offline"} if any(step.args.get("offline") for step in models) else {}


@check("latency")
class Latency(Check):
    """The trial (or the turn) took at most so many milliseconds of wall time."""

    threshold: Limit | None = None
    """Most milliseconds."""

    max_ms: Limit | None = None
    """The same, under the name that says the unit."""

    def __post_init__(self) -> None:
        _one_of(self, "threshold", "max_ms")

    def conclude(self, subject: Subject) -> Finding:
        """Compare the wall time."""
        limit, trace = _one_of(self, "threshold", "max_ms"), subject.trace
        if subject.turn is None:
            used = trace.duration_s * 1000
        else:
            turn = trace.turns[subject.turn]
            used = (turn.t1 - turn.t0) * 1000
        reason = f"took {used:,.0f} ms of {limit:,.0f} ms"
        return self.finding(used <= limit, reason, expected=limit, actual=round(used, 3))


@check("ttft")
class TimeToFirstText(Check):
    """The first visible text came within so many milliseconds. An agent that does not stream leaves it undecided."""

    max_ms: Limit | None = None
    """Most milliseconds from the start of the trial (or of the turn)."""

    threshold: Limit | None = None
    """The same, as promptfoo writes limits."""

    useful: bool = False
    """Whether only text counts that came after the last tool result: a greeting before the work is no answer."""

    def __post_init__(self) -> None:
        _one_of(self, "max_ms", "threshold")

    def conclude(self, subject: Subject) -> Finding:
        """Compare the time to the first text."""
        limit = _one_of(self, "max_ms", "threshold")
        seconds = self._seconds(subject)
        what = "useful text" if self.useful else "text"
        if seconds is None:
            return self.finding(None, f"no {what} was streamed, so there is no time to first {what}", expected=limit)
        used = seconds * 1000
        reason = f"the first {what} came after {used:,.0f} ms of {limit:,.0f} ms"
        return self.finding(used <= limit, reason, expected=limit, actual=round(used, 3))

    def _seconds(self, subject: Subject) -> float | None:
        trace = subject.trace
        if subject.turn is not None:
            turn = trace.turns[subject.turn]
            return turn.useful_ttft_s if self.useful else turn.ttft_s
        if not self.useful:
            return trace.ttft_s
        spoken = next((turn for turn in trace.turns if turn.ttft_s is not None), None)
        return None if spoken is None or spoken.useful_ttft_s is None else spoken.t0 + spoken.useful_ttft_s


@check("cost")
class Cost(Check):
    """The model calls cost at most so many US dollars.

    Undecided when the price of a call is unknown, and when the trace has no model call at all: an agent that reports none may
    still have made some.
    """

    threshold: Annotated[float, Ge(0)] | None = None
    """Most US dollars."""

    max_usd: Annotated[float, Ge(0)] | None = None
    """The same, under the name that says the unit."""

    def __post_init__(self) -> None:
        _one_of(self, "threshold", "max_usd")

    def conclude(self, subject: Subject) -> Finding:
        """Compare the sum of all known prices."""
        limit, models = _one_of(self, "threshold", "max_usd"), _models(subject)
        unknown = [step for step in models if step.cost_usd is None]
        if unknown or not models:
            what = f"the price of {count(len(unknown), 'model call')} is unknown" if unknown else _NO_CALL
            return self.finding(None, what, expected=limit)
        used = sum(step.cost_usd or 0.0 for step in models)
        reason = f"cost ${used:.6f} of ${limit:.6f} in {count(len(models), 'model call')}"
        labels = _labels(models)
        return self.finding(used <= limit, reason, expected=limit, actual=round(used, 9), labels=labels)


@check("tokens")
class Tokens(Check):
    """The model calls used at most so many tokens, input and output together.

    Undecided when a provider did not say, and when the trace has no model call at all.
    """

    max: Annotated[int, Gt(0)]
    """Most tokens."""

    def conclude(self, subject: Subject) -> Finding:
        """Compare the sum of all calls."""
        models = _models(subject)
        usage = sum((step.usage or Usage() for step in models), Usage(0, 0, 0))
        used = usage.total
        if used is None or not models:
            what = "the provider did not say how many tokens were used" if models else _NO_CALL
            return self.finding(None, what, expected=self.max)
        reason = f"used {used:,} of {self.max:,} tokens in {count(len(models), 'model call')}"
        return self.finding(used <= self.max, reason, expected=self.max, actual=used, labels=_labels(models))


_NO_CALL = "no model call was recorded, so its use is unknown; record calls with `llm_call` events"
