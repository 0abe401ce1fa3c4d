"""Checks on the tools that an agent called, read from its trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias

from harness.bounds import Ge, Len
from harness.model import Step
from harness.registry import Check, Finding, Subject, check
from harness.shape import Path, value
from harness.steps.calls import named
from harness.steps.matching import pairs

from .calls import calls_of, evidence_of, in_range, ranged
from .matchers import Matcher, matcher
from .wording import count, listed, refuse

Name: TypeAlias = Annotated[str, Len(1)]
Count: TypeAlias = Annotated[int, Ge(0)]


@check("trajectory:tool-used")
class ToolUsed(Check):
    """A tool was called, at least once or as often as `min` and `max` say. Failed calls count too, unless `successful`."""

    name: Name | None = None
    """Tool name; `*` and `?` stand for any characters."""

    value: Name | Annotated[tuple[Name, ...], Len(1)] | None = None
    """The same, as promptfoo writes it; of several tools, each must have been called so often."""

    min: Count | None = None
    """Fewest calls; 1 unless `max` is 0."""

    max: Count | None = None
    """Most calls."""

    successful: bool = False
    """Whether only calls that succeeded count."""

    def __post_init__(self) -> None:
        if (self.name is None) == (self.value is None):
            raise refuse(
                "name", "the tool is missing" if self.name is None else "`name` and `value` are the same", "give one"
            )
        if self.max is not None and self._least > self.max:
            raise refuse("min", f"{self._least} is more than {self.max}", "write the smaller number under `min`")

    @property
    def _least(self) -> int:
        return (0 if self.max == 0 else 1) if self.min is None else self.min

    def conclude(self, subject: Subject) -> Finding:
        """Count the calls of each tool."""
        tools = (self.name or self.value) if isinstance(self.name or self.value, tuple) else (self.name or self.value,)
        calls = [call for call in calls_of(subject) if call.status == "ok" or not self.successful]
        wanted, sentences, failed = ranged(self._least, self.max), [], []
        for tool in tools or ():
            used = [call for call in calls if named(call.name, (str(tool),))]
            sentences.append(f"{tool} was {_times(len(used))}, expected {wanted}")
            if not in_range(len(used), self._least, self.max):
                failed.append(sentences[-1])
        relevant = [call for call in calls if named(call.name, [str(tool) for tool in tools or ()])]
        reason = (failed or sentences)[0]
        if failed and not relevant:
            reason = f"{reason} (called: {listed(dict.fromkeys(call.name for call in calls))})"
        return self.finding(
            not failed, reason, expected=wanted, actual=len(relevant), evidence=evidence_of(relevant)
        )  # fmt: skip


@check("trajectory:tool-args-match")
class ToolArgsMatch(Check):
    """Some call of a tool had these arguments.

    An argument is a value to be equal to, or a matcher: `{regex: '^US'}`, `{number: 1200, tolerance: 0.5}`, `{one_of: [a, b]}`,
    `{contains: bond}`, `{any: true}`, `{literal: ...}`. A tool that was never called fails.
    """

    name: Name
    """Tool name; `*` and `?` stand for any characters."""

    args: dict[str, Any]
    """Expected arguments."""

    mode: Literal["partial", "exact"] = "partial"
    """`partial` leaves other arguments free; `exact` allows none."""

    defaults: dict[str, Any] | None = None
    """Arguments that the tool fills in when a call leaves them out."""

    ignore: tuple[Name, ...] = ()
    """Arguments that never count, such as a request id."""

    def __post_init__(self) -> None:
        if not self.args and self.mode == "partial":
            raise refuse("args", "there is nothing to compare", "name an argument, or use trajectory:tool-used")
        if clash := [name for name in self.args if name in self.ignore]:
            raise refuse("ignore", f"{clash[0]!r} is expected and ignored", "leave it out of one of them")
        _ = self._matchers

    @cached_property
    def _matchers(self) -> Mapping[str, Matcher]:
        return compiled(self.args, ("args",))

    def conclude(self, subject: Subject) -> Finding:
        """Look for one call that fits, and tell the nearest miss."""
        calls = [call for call in calls_of(subject) if named(call.name, (self.name,))]
        if not calls:
            called = listed(dict.fromkeys(call.name for call in calls_of(subject)))
            return self.finding(False, f"{self.name} was never called (called: {called})", expected=self.args)
        misses = []
        for call in calls:
            given = {**(self.defaults or {}), **call.args}
            problems = misfits(self._matchers, given, exact=self.mode == "exact", ignore=self.ignore)
            if not problems:
                reason = f"{call.name} was called with the expected arguments ({call.id})"
                return self.finding(True, reason, expected=self.args, actual=call.args, evidence=evidence_of([call]))
            misses.append((len(problems), problems[0], call))
        _, problem, call = min(misses, key=lambda miss: miss[0])
        reason = f"no call of {self.name} fits ({count(len(calls), 'call')}): in {call.id}, {problem}"
        return self.finding(False, reason, expected=self.args, actual=call.args, evidence=evidence_of([call]))


@value
class Expected:
    """A call in a sequence: a tool's name and the arguments that matter."""

    name: Name
    """Tool name."""

    args: dict[str, Any] | None = None
    """Arguments, as in trajectory:tool-args-match; others are free."""


@check("trajectory:tool-sequence")
class ToolSequence(Check):
    """Tools were called in this order.

    `in_order` allows other calls before, between and after; `exact` allows none; `any_order` asks only that each was called,
    one call for each.
    """

    steps: Annotated[tuple[Name | Expected, ...], Len(1)]
    """Tool names, or mappings of `name` and `args`."""

    mode: Literal["in_order", "exact", "any_order"] = "in_order"
    """How strictly the order counts."""

    def __post_init__(self) -> None:
        _ = self._wanted

    @cached_property
    def _wanted(self) -> tuple[tuple[str, Mapping[str, Matcher]], ...]:
        return tuple(
            (step, {}) if isinstance(step, str) else (step.name, compiled(step.args or {}, ("steps", place, "args")))
            for place, step in enumerate(self.steps)
        )

    def conclude(self, subject: Subject) -> Finding:
        """Compare the calls with the steps."""
        calls = calls_of(subject)
        names = [name for name, _ in self._wanted]
        met = self._met(calls)
        passed = len(met) == len(names) and (self.mode != "exact" or len(calls) == len(names))
        actual = [call.name for call in calls]
        if passed:
            reason = f"{listed(names, 8)} were called {_MODES[self.mode]}"
        else:
            place = next(place for place in range(len(names) + 1) if place not in met)
            lacking = f"step {place + 1} ({names[place]}) is missing" if place < len(names) else "there are more calls"
            reason = f"expected {listed(names, 8)} {_MODES[self.mode]}, called {listed(actual, 8)}: {lacking}"
        evidence = evidence_of([calls[call] for call in met.values()])
        return self.finding(passed, reason, expected=names, actual=actual, evidence=evidence)

    def _met(self, calls: Sequence[Step]) -> dict[int, int]:
        """Steps that were met, with the call that met each."""
        if self.mode == "any_order":
            return pairs(len(self._wanted), len(calls), lambda step, call: self._fits(step, calls[call]))
        met: dict[int, int] = {}
        for place, call in enumerate(calls):
            if len(met) < len(self._wanted) and self._fits(len(met), call):
                met[len(met)] = place
            elif self.mode == "exact":
                break
        return met

    def _fits(self, step: int, call: Step) -> bool:
        name, matchers = self._wanted[step]
        return named(call.name, (name,)) and not misfits(matchers, call.args)


def compiled(args: Mapping[str, Any], path: Path) -> Mapping[str, Matcher]:
    """The matchers of expected arguments."""
    return {name: matcher(item, (*path, name)) for name, item in args.items()}


def misfits(
    matchers: Mapping[str, Matcher], given: Mapping[str, Any], *, exact: bool = False, ignore: Sequence[str] = ()
) -> list[str]:
    """Everything in which a call's arguments do not fit."""
    found = []
    for name, fits in matchers.items():
        problem = fits(given[name]) if name in given else "is missing"
        if problem:
            found.append(f"{name}{problem}" if problem.startswith((".", "[")) else f"{name} {problem}")
    if exact:
        found.extend(f"{name} is not expected" for name in given if name not in matchers and name not in ignore)
    return found


def _times(number: int) -> str:
    return {0: "never called", 1: "called once", 2: "called twice"}.get(number, f"called {number} times")


_MODES = {"in_order": "in this order", "exact": "in exactly this order", "any_order": "in any order"}
