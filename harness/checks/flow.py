"""Checks on where arguments come from, what could have run together, what the time went into, and who was reached."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from harness.bounds import Ge, Le, Len
from harness.model import Evidence
from harness.registry import Check, Finding, Subject, check
from harness.steps.calls import named
from harness.steps.timing import Timing

from .calls import course_of, evidence_of
from .wording import count, listed, quoted, refuse

Name: TypeAlias = Annotated[str, Len(1)]
Count: TypeAlias = Annotated[int, Ge(0)]
Share: TypeAlias = Annotated[float, Ge(0), Le(1)]
Part: TypeAlias = Literal["critical_path", "serialisation", "redundant", "failed", "model_idle"]


@check("trajectory:parallelism")
class Parallelism(Check):
    """Calls that did not need each other ran together: at most `max_missed` of the useful tool time was spent waiting in line.

    A call needs another when a distinctive value of its arguments (a text of three characters or more that is no word of a
    fixed set, a number of three digits or more) was first seen in the other's result. With a value seen nowhere before, it
    needs everything that the turn before gave back. Calls that change something wait for all before them. What is missed is
    1 - critical path / time of the useful calls. Without times only `max_turns` can be decided.
    """

    max_missed: Share | None = None
    """Most of the useful tool time that could have been saved; 0.25 unless `max_turns` is given."""

    max_turns: Count | None = None
    """Most tool turns that could have been one with the turn before."""

    def conclude(self, subject: Subject) -> Finding:
        """Compare the longest chain of calls with the time they took."""
        course = course_of(subject)
        found = course.timing
        most = 0.25 if self.max_missed is None and self.max_turns is None else self.max_missed
        timed = any(call.t1 > call.t0 for call in course.calls)
        if not course.calls:
            return self.finding(None, "no tool was called", expected=most)
        if most is not None and not timed:
            return self.finding(None, "the trial's steps have no times; give `max_turns`", expected=most)
        missed = round(found.missed_parallelism, 6)
        late = self.max_turns is not None and found.turns_saveable > self.max_turns
        passed = not late and (most is None or missed <= most)
        reason = (
            f"{missed:.0%} of the useful tool time could have been saved, "
            f"{found.turns_saveable} of {count(found.turns, 'tool turn')} joined with the one before"
        )
        actual = {"missed": missed, "turns": found.turns_saveable}
        return self.finding(
            passed, reason, score=1 - missed, expected=most if most is not None else self.max_turns, actual=actual,
            evidence=() if passed else evidence_of(course.calls),
        )  # fmt: skip


@check("trajectory:unsourced-arguments")
class UnsourcedArguments(Check):
    """No tool was called with a value that nobody had given: an invented ticker, account or order number.

    Looked for in the conversation, the case's world and date, answers to the agent's questions and the results of earlier
    calls. Words of fixed sets, texts that the agent composes and values shorter than three characters do not count.
    """

    max: Count = 0
    """Most such arguments."""

    kinds: Annotated[tuple[Literal["identifier", "number", "name", "date"], ...], Len(1)] = ("identifier",)
    """What is looked for: identifiers have digits, are in capitals, or stand in an argument such as `account_id`."""

    allow: tuple[Name, ...] = ()
    """Values that the agent may know by itself, such as an index; `*` and `?` stand for any characters."""

    ignore: tuple[Name, ...] = ()
    """Arguments that never count, such as `request_id`; `*` and `?` stand for any characters."""

    tools: tuple[Name, ...] = ("*",)
    """Tools whose arguments are looked at."""

    def conclude(self, subject: Subject) -> Finding:
        """Look for values from nowhere."""
        course = course_of(subject)
        found = [
            item
            for item in course.sources.unsourced
            if item.value.kind in self.kinds
            and named(item.call.name, self.tools)
            and not named(item.value.text, self.allow)
            and not named(item.value.argument.rpartition(".")[2].partition("[")[0], self.ignore)
        ]
        first = f": {found[0].call.name}.{found[0].value.argument} = {quoted(found[0].value.text)}" if found else ""
        reason = f"{count(len(found), 'argument')} of {count(len(course.calls), 'tool call')} from nowhere{first}"
        evidence = tuple(
            Evidence(
                step=item.call.id, path=item.value.argument, note=f"{quoted(item.value.text)} was seen nowhere before"
            )
            for item in found[:5]
        )
        actual = [item.value.text[:80] for item in found[:20]]
        return self.finding(len(found) <= self.max, reason, expected=self.max, actual=actual, evidence=evidence)


@check("trajectory:routing")
class Routing(Check):
    """The request reached the right agent first, no wrong one, and did not go back and forth.

    Handoffs count, and calls of tools that hand over: those whose facts in the reference name an agent, and those named under
    `delegates`. Back and forth is A, B, A without a new result in between.
    """

    expected: Name | tuple[Name, ...] | None = None
    """Agents that may be reached, the one to reach first in front; by default the reference's `route`."""

    delegates: tuple[Name, ...] = ()
    """Tools that hand over, such as `invoke_*`, where `*` is the agent's name."""

    max_wrong: Count = 0
    """Most handovers to other agents."""

    max_ping_pong: Count = 0
    """Most times that it may go back and forth."""

    def conclude(self, subject: Subject) -> Finding:
        """Follow the request."""
        from harness.steps.routing import routing

        reference = subject.case.reference
        told = (self.expected,) if isinstance(self.expected, str) else self.expected
        wanted = told or (reference.route if reference else ())
        if not wanted:
            return self.finding(None, "no route is expected; give `expected`, or add `reference: {route: [...]}`")
        found = routing(course_of(subject), self.delegates)
        wrong = [agent for agent in found.path if agent not in wanted]
        problems = (
            [f"it reached {found.first or 'nobody'} first, expected {wanted[0]}"] if found.first != wanted[0] else []
        )
        problems += [f"wrong handovers: {listed(wrong)}"] if len(wrong) > self.max_wrong else []
        if len(found.ping_pong) > self.max_ping_pong:
            problems.append(f"back and forth without a new result: {', '.join(found.ping_pong[0])}")
        return self.finding(
            not problems,
            "; ".join(problems) or f"reached {listed(found.path)}",
            score=float(found.first == wanted[0]),
            expected=list(wanted),
            actual=list(found.path[:20]),
            evidence=evidence_of(found.steps),
        )


@check("trajectory:wall-split")
class WallSplit(Check):
    """The time of the trial went where it should: no part takes more than its share or its seconds.

    Wall time = critical path + serialisation + redundant + failed + model and idle time. The critical path is the longest
    chain of useful calls of which each needed the one before; serialisation is useful tool time beyond it. A trial without
    times is undecided.
    """

    max_share: dict[Part, Share] | None = None
    """Most of the wall time, by part, such as `{failed: 0.1, model_idle: 0.8}`."""

    max_seconds: dict[Part, Annotated[float, Ge(0)]] | None = None
    """Most seconds, by part."""

    def __post_init__(self) -> None:
        if not self.max_share and not self.max_seconds:
            raise refuse("max_share", "there is no limit", "give `max_share`, `max_seconds` or both")

    def conclude(self, subject: Subject) -> Finding:
        """Split the wall time."""
        course = course_of(subject)
        found = course.timing
        if found.total <= 0:
            return self.finding(None, "the trial has no times")
        parts = {name: round(seconds, 6) for name, seconds in split(found).items()}
        problems = [
            f"{name.replace('_', ' ')} took {parts[name] / found.total:.0%}, at most {share:.0%}"
            for name, share in (self.max_share or {}).items()
            if parts[name] > share * found.total + 1e-9
        ]
        problems += [
            f"{name.replace('_', ' ')} took {parts[name]:.2f} s, at most {most:g} s"
            for name, most in (self.max_seconds or {}).items()
            if parts[name] > most + 1e-9
        ]
        shares = ", ".join(f"{name.replace('_', ' ')} {seconds:.2f}" for name, seconds in parts.items())
        reason = "; ".join(problems) or f"{found.total:.2f} s = {shares}"
        expected = {**(self.max_share or {}), **(self.max_seconds or {})}
        evidence = evidence_of([course.calls[place] for place in course.useless]) if problems else ()
        return self.finding(not problems, reason, expected=expected, actual=parts, evidence=evidence)


def split(found: Timing) -> dict[str, float]:
    """The parts of the wall time, in the order in which they are told; they add up to it."""
    return {
        "critical_path": found.critical_path,
        "serialisation": found.serialisation,
        "redundant": found.redundant,
        "failed": found.failed,
        "model_idle": found.model_idle,
    }
