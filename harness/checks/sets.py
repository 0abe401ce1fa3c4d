"""A check made of checks."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, Literal

from harness.bounds import Gt, Le, Len
from harness.errors import SuiteError
from harness.model import CheckSpec, Evidence
from harness.model.verdict import HEURISTIC
from harness.registry import Check, Finding, MisfitsError, Subject, build, check
from harness.shape import Misfit
from harness.suites.assertions import normal, spec_of

from .wording import count, refuse

_DEPTH = 5


@check("assert-set")
class AssertSet(Check):
    """Several checks that count as one.

    `all` fails when one of them fails, `any` passes when one passes, `weighted` compares the weighted share of those that held
    with `threshold`. What could not be decided stays open: the set is decided only when the open ones cannot change it. Minor
    checks count in `weighted` and in `any`, but fail `all` only where there are no others.
    """

    spelled = {"assert": "checks"}

    checks: Annotated[tuple[Any, ...], Len(1)]
    """The checks, as under a case's `assert`."""

    mode: Literal["all", "any", "weighted"] | None = None
    """How they are joined: `all`, unless a threshold is given."""

    threshold: Annotated[float, Gt(0), Le(1)] | None = None
    """Least weighted share, 0..1."""

    def __post_init__(self) -> None:
        if self.threshold is not None and self._mode != "weighted":
            raise refuse("threshold", f"mode `{self.mode}` has no threshold", "leave it out, or use mode: weighted")
        if self._mode == "weighted" and self.threshold is None:
            raise refuse("mode", "`weighted` needs a threshold", "add `threshold:`, such as 0.8")
        members = self._members
        if self._mode == "weighted" and sum(spec.weight for spec, _ in members) <= 0:
            raise refuse("assert", "no check has a weight", "give one of them a weight above 0")

    @property
    def _mode(self) -> str:
        return self.mode or ("all" if self.threshold is None else "weighted")

    @cached_property
    def _members(self) -> tuple[tuple[CheckSpec, Check], ...]:
        members: list[tuple[CheckSpec, Check]] = []
        misfits: list[Misfit] = []
        for place, entry in enumerate(self.checks):
            try:
                spec = entry if isinstance(entry, CheckSpec) else spec_of(normal(entry))
                members.append((spec, build(spec)))
            except MisfitsError as error:
                misfits.extend(replace(item, path=("assert", place, *item.path)) for item in error.misfits)
            except SuiteError as error:
                misfits.append(Misfit(("assert", place), error.problem, error.remedy))
        if misfits:
            raise MisfitsError(misfits)
        if max((member.depth for _, member in members if isinstance(member, AssertSet)), default=0) >= _DEPTH:
            raise refuse("assert", f"sets are nested deeper than {_DEPTH}", "write fewer levels")
        return tuple(members)

    @property
    def depth(self) -> int:
        """How many levels of sets it has, itself included."""
        return 1 + max((inner.depth for _, inner in self._members if isinstance(inner, AssertSet)), default=0)

    def conclude(self, subject: Subject) -> Finding | Awaitable[Finding]:
        """Conclude every member, then join; a member that breaks is undecided."""
        begun = [_begun(spec, member, subject) for spec, member in self._members]
        if any(inspect.isawaitable(item) for item in begun):
            return self._wait(begun)
        return self._join([item for item in begun if isinstance(item, Finding)])

    async def _wait(self, begun: Sequence[Finding | Awaitable[Finding]]) -> Finding:
        concluded = []
        for (spec, _), item in zip(self._members, begun, strict=True):
            concluded.append(item if isinstance(item, Finding) else await _ended(spec, item))
        return self._join(concluded)

    def _join(self, concluded: Sequence[Finding]) -> Finding:
        pairs = [(spec, _known(applied(spec, item))) for (spec, _), item in zip(self._members, concluded, strict=True)]
        passed, score = self._decide(pairs)
        costs = [item.cost_usd for _, item in pairs]
        return self.finding(
            passed,
            self._sentence(pairs, passed, score),
            score=score if self._mode == "weighted" else None,
            expected=self._mode if self.threshold is None else self.threshold,
            actual=[{"check": spec.name, "passed": item.passed, "reason": item.reason} for spec, item in pairs],
            evidence=_evidence(pairs, passed),
            labels=_labels([item for _, item in pairs]),
            cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
            error=passed is None and any(item.error for _, item in pairs),
        )

    def _decide(self, pairs: Sequence[tuple[CheckSpec, Finding]]) -> tuple[bool | None, float]:
        if self._mode == "weighted":
            return self._weigh(pairs)
        required = [item.passed for spec, item in pairs if self._mode == "any" or spec.severity != "minor"]
        states = required or [item.passed for _, item in pairs]
        deciding = self._mode == "any"
        if deciding in states:
            return deciding, float(deciding)
        return (None, 0.0) if None in states else (not deciding, float(not deciding))

    def _weigh(self, pairs: Sequence[tuple[CheckSpec, Finding]]) -> tuple[bool | None, float]:
        total = sum(spec.weight for spec, _ in pairs)
        least = sum(spec.weight * earned(item) for spec, item in pairs if item.passed is not None) / total
        most = least + sum(spec.weight for spec, item in pairs if item.passed is None) / total
        limit = (self.threshold or 0.0) - 1e-9
        blocked = any(spec.severity == "blocker" and item.passed is False for spec, item in pairs)
        if blocked or most < limit:
            return False, least
        open_blocker = any(spec.severity == "blocker" and item.passed is None for spec, item in pairs)
        return (True if least >= limit and not open_blocker else None), least

    def _sentence(self, pairs: Sequence[tuple[CheckSpec, Finding]], passed: bool | None, score: float) -> str:
        held = sum(item.passed is True for _, item in pairs)
        shares = f", share {score:.2f} of {self.threshold:g}" if self.threshold is not None else ""
        text = f"{held} of {count(len(pairs), 'check')} held ({self._mode}{shares})"
        reasons = [f"{spec.name}: {item.reason}" for spec, item in pairs if item.passed is not True]
        return f"{text}: {'; '.join(reasons)[:600]}" if reasons and passed is not True else text


def _known(finding: Finding) -> Finding:
    """A finding as a set counts it: the guess of the offline heuristic decides no part of it."""
    if finding.labels.get("judge") != HEURISTIC:
        return finding
    labels = {key: text for key, text in finding.labels.items() if key != "judge"}
    return replace(finding, passed=None, score=None, labels={**labels, "guess": HEURISTIC})


def _labels(findings: Sequence[Finding]) -> dict[str, str]:
    """Everything a reader must know of the members; where they differ, all of it."""
    found: dict[str, list[str]] = {}
    for finding in findings:
        for key, text in finding.labels.items():
            if text not in found.setdefault(key, []):
                found[key].append(text)
    return {key: "; ".join(texts) for key, texts in found.items()}


def _begun(spec: CheckSpec, member: Check, subject: Subject) -> Finding | Awaitable[Finding]:
    try:
        return member.conclude(subject)
    except Exception as error:  # noqa: BLE001 - one broken member must not hide what the others found
        return _broken(spec, error)


async def _ended(spec: CheckSpec, begun: Awaitable[Finding]) -> Finding:
    try:
        return await begun
    except Exception as error:  # noqa: BLE001 - as above
        return _broken(spec, error)


def _broken(spec: CheckSpec, error: Exception) -> Finding:
    return Finding(None, f"the check broke: {type(error).__name__}: {error}", labels={"broken": spec.name})


def applied(spec: CheckSpec, finding: Finding) -> Finding:
    """A finding with the suite's `not-` applied: the opposite, unless it is open or holds under `not-` too."""
    if not spec.negate or finding.passed is None or not finding.negatable:
        return finding
    score = None if finding.score is None else 1 - finding.score
    return replace(finding, passed=not finding.passed, score=score)


def earned(finding: Finding) -> float:
    """The share of its weight that a decided finding earns."""
    return float(finding.passed or 0) if finding.score is None else finding.score


def _evidence(pairs: Sequence[tuple[CheckSpec, Finding]], passed: bool | None) -> tuple[Evidence, ...]:
    return tuple(place for _, item in pairs if item.passed is passed for place in item.evidence)[:5]
