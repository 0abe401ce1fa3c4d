"""Evaluate from Python: a notebook, a script or a test suite of the user's own.

evaluation = evaluate(agent, [Case(id="total", input="...", checks=(expect("number", value="$20,198.00"),))])
assert evaluation.passed, evaluation.report()
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .errors import SuiteError, UserError
from .frozen import frozen
from .model import Case, CheckSpec, Job, Outcome, Result, RunManifest, Severity
from .registry import Check, Finding, Services, Subject, build, check
from .shape import MisfitsError, dotted
from .workspace import AgentSettings, Workspace, offer, withdraw

if TYPE_CHECKING:
    from .summary import Summary

T = TypeVar("T")
Agent = str | Callable[..., Any] | type
"""A name in harness.toml, any function of (request, context) or (input), or a class with `step`."""


@frozen(slots=False)
class Evaluation:
    """What `evaluate` found."""

    summary: Summary
    """Counts, rates, cost and latency."""

    results: tuple[Result, ...]
    """One per trial, in the order of the cases."""

    @property
    def passed(self) -> bool:
        """Whether every trial passed: none failed, errored or was undecided."""
        return bool(self.results) and all(result.status == "passed" for result in self.results)

    def report(self) -> str:
        """The report of the command line, as text: what failed first, and why."""
        from .render.picture import picture
        from .render.report import lines
        from .render.terminal import painted
        from .text import visible

        shown = lines(picture(self.summary, self.results))
        return "\n".join(visible(painted(_parts(line), colour=False)) for line in shown)

    def __str__(self) -> str:
        return self.report()


def expect(kind: str, *, severity: Severity = "major", weight: float = 1.0, **parameters: Any) -> CheckSpec:
    """Say what must hold: the name of a check (`not-` negates it) and its parameters, as in YAML.

    Raises:
        SuiteError: for an unknown check, or parameters that do not fit it.
    """
    negate = kind.startswith("not-")
    spec = CheckSpec(type=kind.removeprefix("not-"), params=parameters, negate=negate, severity=severity, weight=weight)
    try:
        build(spec)
    except MisfitsError as error:
        first = error.misfits[0]
        raise SuiteError(f"{dotted(first.path)}: {first.problem}", remedy=first.remedy, where=kind) from error
    return spec


def assertion(kind: str) -> Callable[[T], T]:
    """Register a check under a name: a class with `conclude`, or a function of the subject.

    A function returns whether the check holds, or (whether, reason), or a score of 0..1, or a `Finding`; it may be async.
    """

    def register(item: T) -> T:
        if isinstance(item, type):
            check(kind)(cast("type[Check]", item))
        else:
            _register_function(kind, cast("Callable[[Subject], Any]", item))
        return item

    return register


async def evaluate_async(
    agent: Agent,
    cases: Iterable[Case],
    *,
    repeat: int | None = None,
    concurrency: int = 32,
    timeout_s: float = 120.0,
    seed: int = 0,
    services: Services | None = None,
) -> Evaluation:
    """Evaluate an agent on cases; see `evaluate`."""
    from .engine.allowance import allowance
    from .engine.execute import execute
    from .engine.grading import services_of
    from .engine.options import RunOptions
    from .engine.run import hang_up
    from .plan import Selection, plan

    asked = [*cases]
    _check_cases(asked)
    outcomes: dict[str, Outcome] = {}
    with _workspace(agent) as (workspace, name):
        named = [replace(case, agent=name) for case in asked]
        jobs = plan(named, workspace, Selection(repeat=repeat), seed=seed)

        def keep(job: Job, outcome: Outcome, _started: float) -> None:
            outcomes[job.key] = outcome

        run = workspace.run
        options = RunOptions(
            concurrency=concurrency, timeout_s=timeout_s, budget_usd=run.budget_usd, budget_tokens=run.budget_tokens
        )
        limits = allowance(workspace, {job.variant for job in jobs}, options)
        address = limits.address if limits is not None else None
        try:
            await execute(jobs, workspace, options=replace(options, limits=address), on_outcome=keep)
            grading = services or services_of(workspace, limits=address)
            results = await _graded(
                [(job, outcomes[job.key]) for job in jobs if job.key in outcomes], grading, concurrency
            )
            if services is None:
                await hang_up(grading)
        finally:
            if limits is not None:
                limits.close()
    return _evaluation(results, jobs, seed)


def evaluate(
    agent: Agent,
    cases: Iterable[Case],
    *,
    repeat: int | None = None,
    concurrency: int = 32,
    timeout_s: float = 120.0,
    seed: int = 0,
    services: Services | None = None,
) -> Evaluation:
    """Evaluate an agent on cases and wait for the end; works in a notebook too.

    Args:
        agent: A function, which runs in this process, or a name in harness.toml, which runs in workers.
        cases: What is asked, and what must hold.
        repeat: Trials of each case, instead of what it asks for.
        concurrency: Most trials at once.
        timeout_s: Longest trial, where the case's budget does not say.
        seed: Seed that every trial's own is derived from.
        services: The grading side's means, such as a judge; by default those of harness.toml, whose limits and budgets hold.

    Raises:
        UserError: for a case without checks, two of one id, or an agent that cannot be loaded.
    """
    return _finish(
        evaluate_async(
            agent, cases, repeat=repeat, concurrency=concurrency, timeout_s=timeout_s, seed=seed, services=services
        )
    )


async def _graded(ended: list[tuple[Job, Outcome]], grading: Services, at_once: int) -> list[Result]:
    """Score them; those that wait for a judge overlap."""
    from .score import score

    room = asyncio.Semaphore(max(1, at_once))

    async def graded(job: Job, outcome: Outcome) -> Result:
        async with room:
            return await score(job, outcome, grading)

    return list(await asyncio.gather(*(graded(job, outcome) for job, outcome in ended)))


def _finish(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, in a thread of its own where this one already has an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=1) as apart:
        return apart.submit(asyncio.run, work).result()


@contextmanager
def _workspace(agent: Agent) -> Iterator[tuple[Workspace, str]]:
    """The workspace that knows the agent, and its name there."""
    if isinstance(agent, str):
        workspace = Workspace.find()
        workspace.agent(agent.partition("+")[0].partition("@")[0])
        yield workspace, agent
        return
    name = getattr(agent, "__name__", type(agent).__name__)
    target = offer(agent)
    try:
        settings = AgentSettings(name=name, target=target, isolation="none")
        yield Workspace.at(Path.cwd(), agents={name: settings}), name
    finally:
        withdraw(target)


def _check_cases(cases: list[Case]) -> None:
    if not cases:
        raise UserError("there are no cases", remedy="give at least one")
    seen: set[str] = set()
    for case in cases:
        if not case.checks and not any(turn.checks for turn in case.turns):
            raise SuiteError(f"the case {case.id!r} asserts nothing", remedy="give it checks=(expect(...),)")
        if case.id in seen:
            raise SuiteError(f"two cases have the id {case.id!r}", remedy="rename one of them")
        seen.add(case.id)


def _evaluation(results: list[Result], jobs: Iterable[Job], seed: int) -> Evaluation:
    from datetime import UTC, datetime

    from .store import RunRow
    from .summary import summarise

    planned = tuple(jobs)
    done = {result.job.key for result in results}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = RunManifest(id="in-memory", started_at=now, seed=seed, source="python")
    run = RunRow(manifest=manifest, status="complete", ended_at=now, planned=len(planned), done=len(results))
    return Evaluation(summarise(run, results, [job for job in planned if job.key not in done]), tuple(results))


def _register_function(kind: str, function: Callable[[Subject], Any]) -> None:
    class FunctionCheck(Check):
        def conclude(self, subject: Subject) -> Finding | Awaitable[Finding]:
            answer = function(subject)
            if inspect.isawaitable(answer):
                return _awaited(kind, answer)
            return _finding(kind, answer)

    FunctionCheck.__doc__ = function.__doc__ or f"The function {function.__name__!r} holds."
    FunctionCheck.__name__ = FunctionCheck.__qualname__ = function.__name__
    check(kind)(FunctionCheck)


async def _awaited(kind: str, answer: Awaitable[Any]) -> Finding:
    return _finding(kind, await answer)


def _finding(kind: str, answer: Any) -> Finding:
    match answer:
        case Finding():
            return answer
        case bool():
            return Finding(answer, f"{kind} {'holds' if answer else 'does not hold'}")
        case (bool() as passed, str() as reason):
            return Finding(passed, reason)
        case int() | float() if 0 <= answer <= 1:
            return Finding(answer >= 1, f"{kind} scored {answer:g}", score=float(answer))
    raise TypeError(
        f"{kind} returned {type(answer).__name__}; return a bool, (bool, reason), a score of 0..1 or a Finding"
    )


def _parts(line: Any) -> Iterable[Any]:
    return (line,) if isinstance(line, str) else line
