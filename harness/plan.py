"""Plan the trials of a run: which cases, by which agent variant, how often, in which order, with which seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TypeAlias

from .errors import AgentError, Problems, UserError, nearest
from .frozen import frozen
from .model import Case, Job, seed_of
from .shape import value
from .workspace import Workspace, effects_of, place_of

Keep: TypeAlias = Callable[[Case], bool]


@value
class Selection:
    """Which cases are run; everything given must hold."""

    suites: tuple[str, ...] = ()
    """Patterns (`alex/*`) of suite names; one must match."""

    cases: tuple[str, ...] = ()
    """Patterns (`CH-*`) of case ids; one must match. A case with variables is also found without its `[...]`."""

    tags: tuple[str, ...] = ()
    """`name` or `name=value`; all must be there."""

    agent: str | None = None
    """Agent that is asked, as `name` or `name@model`: the cases that name it, or every case where none does (a mutant)."""

    limit: int | None = None
    """Most cases, from the first."""

    repeat: int | None = None
    """Trials of each case, instead of what it asks for."""

    failing: frozenset[str] = frozenset()
    """Keys (`suite::case`, or those of trials) of the only cases wanted, such as those that failed last time."""


@frozen
class _Filter:
    """One part of a selection."""

    said: str
    """As a person would write it."""

    keep: Keep
    """Whether a case stays."""

    remedy: Callable[[Sequence[Case]], str]
    """What to do when none stays, given those that were there before."""


def plan(cases: Iterable[Case], workspace: Workspace, selection: Selection, *, seed: int) -> tuple[Job, ...]:
    """Plan the trials, ordered by suite, then as the files say, then by repetition.

    Raises:
        UserError: when nothing is selected, naming the filter that left nothing.
        AgentError: for an agent or model that is not in harness.toml.
        Problems: for agents that are asked for changes which they must not make.
    """
    _check_counts(selection)
    agent = None if selection.agent is None else variant_of(workspace, selection.agent)
    jobs: list[Job] = []
    for selected in select(cases, selection):
        variant = agent or variant_of(workspace, selected.agent)
        name = agent_of(variant)
        case = selected if selected.agent == name else replace(selected, agent=name)
        repeat = selection.repeat or case.repeat
        jobs.extend(Job(case, variant, index, seed_of(seed, case, variant, index)) for index in range(repeat))
    _refuse_effects(jobs, workspace)
    return tuple(jobs)


def select(cases: Iterable[Case], selection: Selection) -> list[Case]:
    """The cases that a selection means, by suite and then in the order they come.

    Raises:
        UserError: when nothing is left.
    """
    left = sorted(cases, key=lambda case: case.suite)
    if not left:
        raise UserError("there are no cases", remedy="add a suite to the cases folder, or run `finharness init`")
    for part in _filters(selection):
        kept = [case for case in left if part.keep(case)]
        if not kept:
            raise UserError(f"no case is selected by {part.said}", remedy=part.remedy(left))
        left = kept
    if selection.agent is not None:
        own = [case for case in left if case.agent == agent_of(selection.agent)]
        left = own or left
    return left if selection.limit is None else left[: selection.limit]


def case_key(case: Case) -> str:
    """Identity of a case: `suite::case`."""
    return f"{case.suite}::{case.id}"


def agent_of(variant: str) -> str:
    """The agent's own name in `name@model+MUTANT`."""
    return variant.partition("+")[0].partition("@")[0]


def variant_of(workspace: Workspace, name: str) -> str:
    """Check an agent's name, which may end in `@model` and `+MUTANT`, and return it; the engine knows the mutants.

    Raises:
        AgentError: when the agent or the model is unknown.
    """
    agent, _, model = name.partition("+")[0].partition("@")
    workspace.agent(agent)
    if model and model not in workspace.models:
        raise AgentError(
            f"unknown model {model!r}", remedy=nearest(model, workspace.models), where=workspace.where or None
        )
    return name


def _refuse_effects(jobs: Iterable[Job], workspace: Workspace) -> None:
    """Refuse cases that would change something, asked of agents that may change nothing outside or have not said what."""
    asked: dict[str, list[str]] = {}
    for job in jobs:
        if wants_change(job.case):
            asked.setdefault(agent_of(job.variant), []).append(case_key(job.case))
    problems: list[UserError] = []
    for name, cases in asked.items():
        agent = workspace.agent(name)
        if effects_of(agent) == "forbid":
            keys = list(dict.fromkeys(cases))
            more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
            problems.append(
                UserError(
                    f"{_shown(keys[:3])}{more} would trade or approve something, and {name!r} ({place_of(agent)}) "
                    "may change nothing outside its world",
                    remedy='say what it changes: side_effects = "paper" where nothing is real, "live" where it is; '
                    "or leave these cases out",
                    where=f"{workspace.where or 'harness.toml'}: agents.{name}.side_effects",
                )
            )
    if problems:
        raise Problems(problems)


def wants_change(case: Case) -> bool:
    """Whether a case may make an agent act: it is tagged `trade`, or its script approves anything."""
    approvals = case.world.get("approvals")
    if isinstance(approvals, list | tuple) and not all(map(_is_denial, approvals)):
        return True
    return "trade" in case.tags or "trade" in case.tags.values()


def _is_denial(answer: object) -> bool:
    """Whether a scripted answer plainly denies; anything that may be read as a yes is one."""
    if isinstance(answer, Mapping):
        return answer.get("approved") is False
    return answer is False or (isinstance(answer, str) and answer.strip().lower() in _DENIALS)


_DENIALS = frozenset({"no", "n", "deny", "denied", "cancel", "reject", "rejected", "stop", "false"})


def _filters(selection: Selection) -> Iterable[_Filter]:
    if selection.suites:
        yield _Filter(
            f"the suite{_s(selection.suites)} {_shown(selection.suites)}",
            lambda case: any(_matches(case.suite, pattern) for pattern in selection.suites),
            lambda left: nearest(selection.suites[0], {case.suite for case in left}),
        )
    if selection.cases:
        yield _Filter(
            f"the case{_s(selection.cases)} {_shown(selection.cases)}",
            lambda case: any(_matches_id(case.id, pattern) for pattern in selection.cases),
            lambda left: _near_id(selection.cases[0], left),
        )
    for tag in selection.tags:
        yield _Filter(f"the tag {tag!r}", _has_tag(tag), lambda left, tag=tag: _near_tag(tag, left))  # type: ignore[misc]  # a default binds it
    if selection.failing:
        failing = {"::".join(key.split("::")[:2]) for key in selection.failing}
        yield _Filter(
            "the cases that failed",
            lambda case: case_key(case) in failing,
            lambda _: "leave --failing out: the cases that failed are not in these suites any more",
        )


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) or name.startswith(f"{pattern.rstrip('/')}/")


def _matches_id(name: str, pattern: str) -> bool:
    # In fnmatch, [ begins a set of characters; an id with variables is therefore also compared as it stands.
    return name == pattern or fnmatchcase(name, pattern) or fnmatchcase(name.partition("[")[0], pattern)


def _has_tag(tag: str) -> Keep:
    name, given, content = tag.partition("=")
    if given:
        return lambda case: case.tags.get(name) == content
    return lambda case: name in case.tags


def _near_id(pattern: str, left: Sequence[Case]) -> str:
    known = {case.id for case in left}
    return nearest(pattern, known) if len(known) <= 20 else _few(pattern, known)


def _near_tag(tag: str, left: Sequence[Case]) -> str:
    known = {f"{name}={content}" if content else name for case in left for name, content in case.tags.items()}
    if not known:
        return "no case has a tag"
    return nearest(tag, known) if len(known) <= 20 else _few(tag, known)


def _few(name: str, known: set[str]) -> str:
    """As `nearest`, for sets too long to list."""
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(known), n=3, cutoff=0.5)
    if near:
        return f"did you mean {', '.join(map(repr, near))}?"
    return f"see `finharness list cases` for all {len(known)}"


def _check_counts(selection: Selection) -> None:
    for name, number, most in (("limit", selection.limit, None), ("repeat", selection.repeat, 10_000)):
        if number is not None and (number < 1 or (most is not None and number > most)):
            bounds = f"from 1 to {most}" if most else "of at least 1"
            raise UserError(f"{number} is no {name}", remedy=f"give a number {bounds}", where=f"--{name}")


def _s(items: Sequence[str]) -> str:
    return "s" if len(items) != 1 else ""


def _shown(items: Sequence[str]) -> str:
    return ", ".join(map(repr, items))
