"""Turn an outcome into a result: conclude every check, then decide the trial."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .model import AGENT_FAULTS, Case, CheckSpec, Evidence, Failure, Job, Outcome, Result, Trace, TrialStatus, Verdict
from .registry import Finding, Services, Subject, build
from .shape import plain
from .steps import analyse
from .text import one_line, shorten

TIMEOUT_S = 300.0
"""Longest that one check may wait, for a judge for example."""

_TEXT_LIMIT = 2000
_STRIKES = 20
_FAULTS = {
    "agent_failed": "the agent failed",
    "timed_out": "the agent did not finish in time",
    "over_budget": "the agent went over its budget",
}


async def score(
    job: Job, outcome: Outcome, services: Services, *, started_at: str = "", timeout_s: float = TIMEOUT_S
) -> Result:
    """Conclude every check of a trial, those of its turns first, and decide the trial.

    Never raises: a check that breaks gives a verdict that is undecided and says so. A trial that the harness, a provider or
    the machine broke is `errored` and not checked at all; one whose agent failed is failed, whatever else holds.
    """
    case = job.case
    if outcome.status in AGENT_FAULTS:
        asked = [ask for ask in _asked(case) if _speaks_of_failures(ask[0])]
        verdicts = [_agent_verdict(outcome, sum(1 for _ in _asked(case)) - len(asked))]
    elif outcome.status == "completed":
        asked, verdicts = list(_asked(case)), []
    else:
        asked, verdicts = [], []
    trial = Subject(case, outcome, services, trial=f"{job.key}@{started_at}" if started_at else "")
    concluded = await _conclude_all(asked, trial, timeout_s)
    verdicts += [item.verdict for item in concluded]
    if case.faults and outcome.status in (*AGENT_FAULTS, "completed"):
        verdicts += proof(case, outcome.trace)
    costs = [item.cost_usd for item in concluded]
    status = status_of(outcome, verdicts)
    return Result(
        job=job,
        outcome=outcome,
        verdicts=tuple(verdicts),
        status=status,
        score=share_of(verdicts) if outcome.status == "completed" else 0.0 if verdicts else None,
        steps=_steps(outcome.trace, case, status),
        judge_cost_usd=None if None in costs else float(sum(cost or 0.0 for cost in costs)),
        started_at=started_at,
    )


async def regrade(result: Result, services: Services, *, case: Case | None = None) -> Result:
    """Score a stored trial again without calling its agent, by its own checks or by those of the case as it is now."""
    job = result.job if case is None else replace(result.job, case=case)
    return await score(job, result.outcome, services, started_at=result.started_at)


def status_of(outcome: Outcome, verdicts: Sequence[Verdict]) -> TrialStatus:
    """Decide a trial.

    The harness's own faults make it `errored`. A failing blocker or major check fails it; a required check without a decision
    leaves it `undecided`, and so does having nothing that was decided. Minor checks only lower its score.
    """
    if outcome.status not in AGENT_FAULTS and outcome.status != "completed":
        return "errored"
    required = [verdict.decided for verdict in verdicts if verdict.severity != "minor"]
    if False in required:
        return "failed"
    if None in required or all(verdict.decided is None for verdict in verdicts):
        return "undecided"
    return "passed"


def proof(case: Case, trace: Trace) -> list[Verdict]:
    """Whether every fault that the case wants did strike; one that did not leaves the trial undecided.

    Faults at random that never struck are nothing to speak of.
    """
    if not trace.faults and all(fault.optional for fault in case.faults):
        return []
    struck = {strike.get("fault") for strike in trace.faults}
    missed = [fault for place, fault in enumerate(case.faults) if place not in struck and not fault.optional]
    told = ", ".join(f"{fault.kind} at {fault.seam}{'' if fault.name == '*' else f' {fault.name}'}" for fault in missed)
    times = len(trace.faults)
    landed = f"{times} fault{'' if times == 1 else 's'} struck, as the trace shows"
    verdict = Verdict(
        check="faults",
        passed=None if missed else True,
        severity="blocker",
        weight=0.0,
        reason=f"never struck, so nothing is proven: {told}" if missed else landed,
        expected=len(case.faults),
        actual=len(struck),
        evidence=tuple(Evidence(note=_strike(item)) for item in trace.faults[:_STRIKES]),
    )
    return [verdict]


def _strike(item: Mapping[str, Any]) -> str:
    """One strike in words: `tool quote: timeout at call 2`."""
    told = f"{item.get('seam')} {item.get('name', '')}".strip()
    return one_line(f"{told}: {item.get('kind')} at call {item.get('call', '?')}", 200)


def share_of(verdicts: Sequence[Verdict]) -> float | None:
    """Weighted share of the decided checks that held; None when none with a weight was decided."""
    decided = [verdict for verdict in verdicts if verdict.decided is not None]
    total = sum(verdict.weight for verdict in decided)
    if not total:
        return None
    earned = sum(verdict.weight * _earned(verdict) for verdict in decided)
    return min(1.0, earned / total)


@dataclass(slots=True)
class _Concluded:
    verdict: Verdict
    cost_usd: float | None = 0.0


def _asked(case: Case) -> Iterator[tuple[CheckSpec, int | None]]:
    for place, turn in enumerate(case.turns):
        for spec in turn.checks:
            yield spec, place
    for spec in case.checks:
        yield spec, None


async def _conclude_all(
    asked: Sequence[tuple[CheckSpec, int | None]], trial: Subject, timeout_s: float
) -> list[_Concluded]:
    """Conclude checks, those that ask whether the trial passed the others last; give them in the order of the suite."""
    late = {place for place, (spec, _) in enumerate(asked) if _comes_last(spec)}
    early = [ask for place, ask in enumerate(asked) if place not in late]
    done = await _conclude_some(early, trial, timeout_s)
    if not late:
        return done
    status = status_of(trial.outcome, [item.verdict for item in done]) if done else "undecided"
    informed = replace(trial, passed={"passed": True, "failed": False}.get(status))
    last = iter(await _conclude_some([asked[place] for place in sorted(late)], informed, timeout_s))
    first = iter(done)
    return [next(last if place in late else first) for place in range(len(asked))]


async def _conclude_some(
    asked: Sequence[tuple[CheckSpec, int | None]], trial: Subject, timeout_s: float
) -> list[_Concluded]:
    """Conclude checks in order; those that must wait wait together."""
    subjects: dict[int | None, Subject] = {None: trial}
    concluded: list[_Concluded | Awaitable[_Concluded]] = []
    for spec, turn in asked:
        if turn not in subjects:
            subjects[turn] = replace(trial, turn=turn)
        concluded.append(_conclude(spec, subjects[turn], timeout_s))
    waiting = [item for item in concluded if not isinstance(item, _Concluded)]
    if not waiting:
        return concluded  # type: ignore[return-value]  # nothing waits
    arrived = iter(await asyncio.gather(*waiting))
    return [item if isinstance(item, _Concluded) else next(arrived) for item in concluded]


def _conclude(spec: CheckSpec, subject: Subject, timeout_s: float) -> _Concluded | Awaitable[_Concluded]:
    try:
        if subject.turn is not None and subject.turn >= len(subject.trace.turns):
            reason = f"turn {subject.turn + 1} was never answered"
            return _told(spec, Finding(False, reason, negatable=False), subject.turn)
        finding = build(spec).conclude(subject)
        if isinstance(finding, Finding):
            return _told(spec, finding, subject.turn)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a broken check is a verdict, never a crash
        return _broken(spec, error, subject.turn)
    return _wait(spec, finding, subject.turn, timeout_s)


async def _wait(spec: CheckSpec, finding: Awaitable[Finding], turn: int | None, timeout_s: float) -> _Concluded:
    try:
        async with asyncio.timeout(timeout_s) as limit:
            return _told(spec, await finding, turn)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
        if isinstance(error, TimeoutError) and limit.expired():
            return _broken(spec, TimeoutError(f"no conclusion after {timeout_s:g} s"), turn)
        return _broken(spec, error, turn)


def _told(spec: CheckSpec, finding: Finding, turn: int | None) -> _Concluded:
    """Apply the suite's negation, severity and weight to what a check found."""
    _accept(finding)
    passed, share = finding.passed, finding.score
    if spec.negate and passed is not None and finding.negatable:
        passed, share = not passed, None if share is None else 1 - share
    verdict = Verdict(
        check=spec.name,
        passed=passed,
        score=share,
        severity=spec.severity,
        weight=spec.weight,
        metric=spec.metric,
        reason=finding.reason,
        expected=_kept(finding.expected),
        actual=_kept(finding.actual),
        evidence=finding.evidence,
        turn=turn,
        where=str(spec.where) if spec.where is not None else "",
        labels=dict(finding.labels) if finding.labels else {},
        error=finding.error,
    )
    return _Concluded(verdict, finding.cost_usd)


def _accept(finding: Finding) -> None:
    """Refuse a finding that would be stored as something it is not."""
    if not isinstance(finding, Finding):
        raise TypeError(f"it concluded {finding!r}, which is no Finding")
    if finding.error and finding.passed is not None:
        raise ValueError("it reports an error of its own and a conclusion at once")
    if finding.passed is not None and not isinstance(finding.passed, bool):
        raise TypeError(f"it concluded {finding.passed!r}, which is neither True, False nor None")
    share = finding.score
    if share is not None and not 0 <= share <= 1:
        raise ValueError(f"its score {share!r} is no share from 0 to 1")


def _broken(spec: CheckSpec, error: BaseException, turn: int | None) -> _Concluded:
    reason = f"the check {spec.name} broke: {type(error).__name__}: {one_line(_said(error), 500)}"
    verdict = Verdict(
        check=spec.name,
        passed=None,
        severity=spec.severity,
        weight=spec.weight,
        metric=spec.metric,
        reason=reason,
        turn=turn,
        where=str(spec.where) if spec.where is not None else "",
        error=True,
    )
    return _Concluded(verdict)


def _agent_verdict(outcome: Outcome, skipped: int) -> Verdict:
    error = outcome.error
    why = f": {_fault(error)}" if error is not None else ""
    rest = f" ({skipped} check{'' if skipped == 1 else 's'} not run)" if skipped else ""
    return Verdict(
        check="agent",
        passed=False,
        severity="blocker",
        reason=f"{_FAULTS[outcome.status]}{why}{rest}",
        expected="completed",
        actual=outcome.status,
    )


def _fault(error: Failure) -> str:
    message = one_line(error.message, 500)
    return message if message.startswith(f"{error.type}:") else f"{error.type}: {message}"


def _speaks_of_failures(spec: CheckSpec) -> bool:
    try:
        return build(spec).on_failed_agent
    except Exception:  # noqa: BLE001 - a check that cannot be built has nothing to say of a failed agent
        return False


def _comes_last(spec: CheckSpec) -> bool:
    try:
        return build(spec).after_others
    except Exception:  # noqa: BLE001 - why it cannot be built is told when it is its turn
        return False


def _steps(trace: Trace, case: Case, status: TrialStatus) -> dict[str, Any]:
    try:
        return analyse(trace, case, passed={"passed": True, "failed": False}.get(status))
    except Exception as error:  # noqa: BLE001 - an odd trace must not cost the verdicts
        return {"error": f"{type(error).__name__}: {one_line(_said(error), 500)}"}


def _earned(verdict: Verdict) -> float:
    return float(verdict.passed or 0) if verdict.score is None else verdict.score


def _kept(item: Any) -> Any:
    """A value as it is stored in a verdict: plain, and long texts cut; the trace keeps the whole."""
    if isinstance(item, str):
        return item if len(item) <= _TEXT_LIMIT else shorten(item, _TEXT_LIMIT)
    return item if item is None or isinstance(item, bool | int | float) else plain(item)


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a broken __str__ must not hide the error
        return "(its message cannot be shown)"
