"""Checks on detours: repeated calls, loops, failures and their retries."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from harness.bounds import Ge, Le, Len
from harness.model import Evidence
from harness.registry import Check, Finding, Subject, check

from .calls import course_of, evidence_of
from .wording import count, listed, shown

Name: TypeAlias = Annotated[str, Len(1)]
Count: TypeAlias = Annotated[int, Ge(0)]
Amount: TypeAlias = Annotated[float, Ge(0)]


@check("trajectory:redundancy")
class Redundancy(Check):
    """At most `max` tool calls, or a share of them, could have been left out because an earlier one had told the same.

    A call is redundant when an earlier successful call was the same (volatile arguments aside) and gave the same result, no
    call in between changed what the two depend on, and its tool is not meant to be polled. The reference's `tools` say which
    tools change what, which are polled and which arguments are volatile; otherwise their names do.
    """

    max: Count = 0
    """Most redundant calls."""

    max_share: Annotated[float, Ge(0), Le(1)] | None = None
    """Most redundant calls as a share of all calls; the stricter of both holds."""

    mutates: tuple[Name, ...] = ()
    """Tools that change something; by default as the reference or their names say."""

    ignore: tuple[Name, ...] = ()
    """Tools that may be asked again and again; `*` and `?` stand for any characters."""

    def conclude(self, subject: Subject) -> Finding:
        """Count redundant calls."""
        course = course_of(subject, writes=self.mutates, polls=self.ignore)
        found, total = course.repeats, len(course.calls)
        share = len(found) / total if total else 0.0
        passed = len(found) <= self.max if self.max_share is None else share <= self.max_share
        if self.max_share is not None and self.max:
            passed = passed and len(found) <= self.max
        reason = f"{len(found)} of {count(total, 'tool call')} redundant"
        if found:
            again, first = found[0]
            reason = (
                f"{reason}: {again.name}{shown(dict(again.args))} in {again.id} repeats {first.id} with the same result"
            )
        return self.finding(
            passed,
            reason,
            score=1 - share,
            expected=self.max if self.max_share is None else self.max_share,
            actual=len(found) if self.max_share is None else round(share, 6),
            evidence=evidence_of([call for call, _ in found]),
        )


@check("trajectory:loops")
class Loops(Check):
    """The agent did not go in circles: no block of up to six calls was run three times or more without a new result.

    Failed calls bring nothing new. A block of nothing but polled tools is waiting, not looping.
    """

    max_rounds: Annotated[int, Ge(2)] = 2
    """Most times that a block may be run; a loop begins with the third."""

    ignore: tuple[Name, ...] = ()
    """Tools that may be asked again and again; `*` and `?` stand for any characters."""

    def conclude(self, subject: Subject) -> Finding:
        """Look for repeated blocks."""
        course = course_of(subject, polls=self.ignore)
        found = [loop for loop in course.loops if loop.rounds > self.max_rounds]
        if not found:
            return self.finding(True, f"{count(len(course.calls), 'tool call')}, no loop", expected=0, actual=0)
        worst = max(found, key=lambda loop: len(loop.wasted))
        names = listed(call.name for call in worst.calls[: worst.period])
        more = f" ({count(len(found), 'loop')} in all)" if len(found) > 1 else ""
        reason = f"{names} was run {worst.rounds} times from {worst.calls[0].id} on without a new result{more}"
        evidence = tuple(
            Evidence(
                step=loop.calls[0].id,
                note=f"{loop.rounds} rounds of {listed(call.name for call in loop.calls[: loop.period])}",
            )
            for loop in found[:5]
        )
        return self.finding(False, reason, expected=0, actual=len(found), evidence=evidence)


@check("trajectory:recovery")
class Recovery(Check):
    """Failed tool calls were recovered from: a retry succeeded, soon enough and at little cost.

    A retry is the next call of the same tool with equal arguments or, where there is none, with one argument changed. Time,
    tokens and cost are counted from the start of the first failed call to the start of the call that succeeded.
    """

    max_unrecovered: Count = 0
    """Most failed calls after which no retry succeeded."""

    max_attempts: Annotated[int, Ge(1)] | None = None
    """Most failed attempts in a row."""

    max_seconds: Amount | None = None
    """Most time that one recovery may take."""

    max_tokens: Count | None = None
    """Most tokens of the model calls in one recovery."""

    max_usd: Amount | None = None
    """Most money that the model calls in one recovery may cost."""

    def conclude(self, subject: Subject) -> Finding:
        """Follow every failure to its end."""
        found = course_of(subject).recoveries
        lost = [item for item in found if item.by is None]
        problems, unknown = [], []
        if len(lost) > self.max_unrecovered:
            problems.append(
                f"{count(len(lost), 'failure')} never recovered: {listed(item.attempts[0].name for item in lost)}"
            )
        limits = {
            "attempts": self.max_attempts,
            "seconds": self.max_seconds,
            "tokens": self.max_tokens,
            "usd": self.max_usd,
        }
        for name, limit in limits.items():
            if limit is None:
                continue
            for item in found:
                value = _value(item, name)
                if value is None and item.by is not None:
                    unknown.append(f"the {name} of {item.attempts[0].id}")
                elif value is not None and value > limit:
                    problems.append(
                        f"{item.attempts[0].name} in {item.attempts[0].id} took {value:g} {name}, at most {limit:g}"
                    )
        evidence = evidence_of([item.attempts[-1] for item in found])
        reason = (
            "; ".join(problems[:3]) or f"{count(len(found), 'failure')}, all recovered"
            if found
            else "no tool call failed"
        )
        if unknown and not problems:
            return self.finding(None, f"not known: {listed(unknown)}", evidence=evidence)
        score = 1 - len(lost) / len(found) if found else 1.0
        return self.finding(
            not problems, reason, score=score, expected=self.max_unrecovered, actual=len(lost), evidence=evidence
        )


def _value(item: object, name: str) -> float | None:
    from harness.steps.recovery import Recovery as Found

    assert isinstance(item, Found)
    values = {"attempts": len(item.attempts), "seconds": item.seconds, "tokens": item.usage.total, "usd": item.cost_usd}
    return values[name]
