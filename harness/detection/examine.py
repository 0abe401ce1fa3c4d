"""Run mutants on their cases beside the unchanged agents, and say what became of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from harness.engine.options import RunOptions
from harness.engine.sink import Sink
from harness.errors import UserError, nearest
from harness.frozen import frozen
from harness.model import Case, Job, Result
from harness.mutation import Mutant
from harness.registry import Services
from harness.workspace import Workspace

from .controls import Controls, control_jobs, seeded
from .trials import run_trials
from .values import Findings
from .verdict import Dossier

Stage = Callable[[str, int], Sink | None]
"""Called with what begins and its number of trials; gives whoever shows its progress."""


@frozen
class Wanted:
    """Which mutants are run, and how."""

    ids: tuple[str, ...] = ()
    """Patterns of ids; all of them without one."""

    agent: str | None = None
    """Only those of this agent."""

    severities: frozenset[int] = frozenset()
    """Only those of these severities; 0 is benign."""

    seeds: int | None = None
    """Trials of each case, instead of what the mutant says."""

    seed: int = 0
    """Seed of the run."""


@frozen
class Planned:
    """One mutant with its cases."""

    mutant: Mutant
    """What is planted."""

    cases: tuple[Case, ...]
    """What it is run on."""

    seeds: int
    """Trials of each."""

    @property
    def base(self) -> str:
        """The unchanged agent's variant."""
        return self.mutant.variant.partition("+")[0]

    def jobs(self, seed: int) -> list[Job]:
        """Its trials, with the seeds of the unchanged agent's."""
        return [
            Job(case, self.mutant.variant, number, seeded(case, self.base, number, seed=seed))
            for case in self.cases
            for number in range(self.seeds)
        ]


def choose(mutants: Sequence[Mutant], wanted: Wanted) -> tuple[Mutant, ...]:
    """The mutants that are meant.

    Raises:
        UserError: when there are none.
    """
    if not mutants:
        raise UserError(
            "no mutant is registered", remedy="write one into agents/mutants/, as docs/mutants.md shows", where="mutate"
        )
    known = {item.id for item in mutants}
    for pattern in wanted.ids:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise UserError(f"no mutant is named {pattern!r}", remedy=_few(pattern, known), where="mutate")
    agents = {item.agent for item in mutants}
    if wanted.agent is not None and wanted.agent not in agents:
        raise UserError(f"no mutant is of the agent {wanted.agent!r}", remedy=nearest(wanted.agent, agents))
    chosen = tuple(
        item
        for item in mutants
        if (not wanted.ids or any(fnmatchcase(item.id, pattern) for pattern in wanted.ids))
        and wanted.agent in (None, item.agent)
        and (not wanted.severities or item.severity in wanted.severities)
    )
    if not chosen:
        raise UserError("no mutant is left by these options", remedy="leave one of them out", where="mutate")
    return chosen


def plan(mutants: Sequence[Mutant], cases: Sequence[Case], workspace: Workspace, wanted: Wanted) -> tuple[Planned, ...]:
    """Find the cases of each mutant.

    Raises:
        UserError: for a mutant without any.
    """
    return tuple(
        Planned(item, _cases_of(item, cases, workspace), item.seeds if wanted.seeds is None else wanted.seeds)
        for item in mutants
    )


def examine(
    planned: Sequence[Planned],
    workspace: Workspace,
    *,
    options: RunOptions,
    services: Services,
    seed: int = 0,
    stage: Stage = lambda _name, _trials: None,
    each: Callable[[Result], None] = lambda _result: None,
) -> Findings:
    """Run the unchanged agents, then the mutants, and decide.

    Args:
        planned: Mutants with their cases.
        workspace: Where agents are.
        options: How trials are run.
        services: What checks may use.
        seed: Seed of the run.
        stage: Who shows the progress of each half.
        each: Told every result, those of the unchanged agents included.
    """
    started = time.monotonic()
    controls = Controls()
    first = control_jobs(((item.base, case, item.seeds) for item in planned for case in item.cases), seed=seed)

    def take_control(result: Result) -> None:
        controls.take(result)
        each(result)

    run_trials(
        first, workspace, options=options, services=services, take=take_control,
        sink=stage("unchanged agents", len(first)),
    )  # fmt: skip
    files = {item.mutant.variant: Dossier(item.mutant, workspace.mutants.groups) for item in planned}
    bases = {item.mutant.variant: item.base for item in planned}

    def take(result: Result) -> None:
        job = result.job
        files[job.variant].take(result, controls.at(bases[job.variant], job.case, job.index))
        each(result)

    second = [job for item in planned for job in item.jobs(seed)]
    run_trials(second, workspace, options=options, services=services, take=take, sink=stage("mutants", len(second)))
    return Findings(
        detections=tuple(files[item.mutant.variant].close() for item in planned),
        trials=len(first) + len(second),
        control_trials=len(first),
        unsteady=controls.unsteady(),
        failing=controls.failing(),
        seconds=round(time.monotonic() - started, 3),
        notes=tuple(_strangers(planned, workspace.mutants.groups)),
    )


def _cases_of(mutant: Mutant, cases: Iterable[Case], workspace: Workspace) -> tuple[Case, ...]:
    own = [case for case in cases if case.agent == mutant.agent]
    if mutant.cases:
        found = tuple(case for case in own if any(_named(case.id, pattern) for pattern in mutant.cases))
        remedy = (
            nearest(mutant.cases[0], {case.id for case in own}) if len(own) < 400 else "see `finharness list cases`"
        )
    else:
        suites = workspace.mutants.suites
        found = tuple(case for case in own if not suites or any(fnmatchcase(case.suite, name) for name in suites))
        remedy = "write a case for the agent, or name cases with `cases=[...]`"
    if not found:
        raise UserError(f"{mutant.id}: agent {mutant.agent!r} has no such case", remedy=remedy, where=mutant.where)
    return found


def _named(name: str, pattern: str) -> bool:
    """A case with variables is also found without its `[...]`, which means a set of letters in a pattern."""
    return name == pattern or fnmatchcase(name, pattern) or fnmatchcase(name.partition("[")[0], pattern)


def _strangers(planned: Sequence[Planned], groups: Mapping[str, Sequence[str]]) -> Iterable[str]:
    """Expectations that nothing can meet, because no case of the mutant has such a check."""
    from .labels import asked, expanded, fits, label

    for item in planned:
        labels = {label(spec) for case in item.cases for spec in asked(case)} | {"budget", "agent"}
        for name in expanded(item.mutant.expects, groups):
            if not any(fits(known, name) for known in labels):
                yield f"{item.mutant.id} expects {name!r}, which none of its cases asks ({item.mutant.where})"


def _few(name: str, known: set[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(known), n=3, cutoff=0.4)
    return f"did you mean {', '.join(map(repr, near))}?" if near else "see `finharness mutate --list` for all"
