"""Arms of a comparison: agents, models or prompts on the same cases, each told from the first, paired by case."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from harness.document import FileProblems, Mistake, read_file
from harness.errors import UserError
from harness.frozen import frozen
from harness.model import Result
from harness.shape import MisfitsError, read, value
from harness.stats import Counts, Samples, detectable, drop_bound, holm, logs, mean_variance, shift, stratified

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_SHOWN = 8
Key = tuple[str, str]


@value
class Arm:
    """One of the things compared."""

    name: str
    """What it is called in the comparison."""

    agent: str
    """Agent in harness.toml, or agent@model; another prompt is an agent table with other settings."""


@frozen
class ArmTrials:
    """What an arm did."""

    passed: Mapping[Key, tuple[int, int]]
    """Passed and decided trials by suite and case."""

    numbers: Mapping[str, Mapping[Key, tuple[float, ...]]]
    """`cost` and `latency` of decided trials by suite and case."""

    routes: Mapping[tuple[str, str, int], str]
    """Way that each trial took: the agents it was handed to, else the first tool."""


def read_arms(path: Path) -> tuple[Arm, ...]:
    """Read arms from a YAML list of `{name, agent}`.

    Raises:
        FileProblems: with every mistake in it.
    """
    document = read_file(path, path.name)
    try:
        found: tuple[Arm, ...] = read(tuple[Arm, ...], document.data)
    except MisfitsError as error:
        raise FileProblems(
            Mistake(document.place(item.path, at_key=item.at_key), item.problem, item.remedy) for item in error.misfits
        ) from error
    return checked(found)


def parse_arm(text: str) -> Arm:
    """Read an arm as the command line says it: `name=agent`, `name=agent@model` or just the agent."""
    name, given, agent = text.partition("=")
    return Arm(name=name, agent=agent) if given else Arm(name=text, agent=text)


def checked(arms: Sequence[Arm]) -> tuple[Arm, ...]:
    """The arms, if they can be compared.

    Raises:
        UserError: for fewer than two, or two of one name.
    """
    names = [arm.name for arm in arms]
    if len(arms) < 2 or len(set(names)) < len(names):
        raise UserError(
            "a comparison needs two arms of different names",
            remedy="give --arm old=adviser --arm new=adviser@other-model",
            where="--arm",
        )
    odd = [arm for arm in arms if not arm.agent or not _NAME.fullmatch(arm.name.replace("@", "_"))]
    if odd:
        raise UserError(f"{odd[0].name!r} is no arm", remedy="write name=agent or name=agent@model", where="--arm")
    return tuple(arms)


def trials_of(results: Iterable[Result]) -> ArmTrials:
    """Collect what an arm's run did; results come with traces."""
    passed: dict[Key, tuple[int, int]] = {}
    numbers: dict[str, dict[Key, tuple[float, ...]]] = {"cost": {}, "latency": {}}
    routes: dict[tuple[str, str, int], str] = {}
    for result in results:
        case, trace = result.job.case, result.outcome.trace
        key = (case.suite, case.id)
        routes[(*key, result.job.index)] = _route(result)
        if result.status not in {"passed", "failed"}:
            continue
        before = passed.get(key, (0, 0))
        passed[key] = (before[0] + (result.status == "passed"), before[1] + 1)
        for name, number in (("cost", trace.cost_usd), ("latency", trace.duration_s)):
            if number is not None:
                numbers[name][key] = (*numbers[name].get(key, ()), number)
    return ArmTrials(passed, numbers, routes)


def report(arms: Sequence[Arm], trials: Sequence[ArmTrials], alpha: float = 0.05) -> Iterator[str]:
    """The comparison in words: every arm with the first, adjusted over all arms and figures (Holm)."""
    first, others = trials[0], trials[1:]
    counts = [_counts(first, other) for other in others]
    tests = [_tests(first, other, pairs) for other, pairs in zip(others, counts, strict=True)]
    adjusted = iter(holm([p for found in tests for _, p in found]))
    yield f"{arms[0].name} ({arms[0].agent}): {_rate(first)}"
    for arm, other, pairs, found in zip(arms[1:], others, counts, tests, strict=True):
        yield f"{arm.name} ({arm.agent}): {_rate(other)}"
        if not pairs:
            yield f"  undecided: no case was decided in both {arms[0].name} and {arm.name}"
            continue
        p_values = [next(adjusted) for _ in found]
        yield f"  {_quality(arms[0], arm, pairs, p_values[0], alpha)}"
        for (words, _), p in zip(found[1:], p_values[1:], strict=True):
            yield f"  {words} (p = {p:.4f}{'' if p <= alpha else ', can be chance'})"
        yield from _confusion(first, other)


def _counts(first: ArmTrials, other: ArmTrials) -> list[Counts]:
    return [Counts(*first.passed[key], *other.passed[key]) for key in first.passed if key in other.passed]


def _tests(first: ArmTrials, other: ArmTrials, pairs: Sequence[Counts]) -> list[tuple[str, float]]:
    """What is said of each figure, and its two-sided p-value; the pass rate comes first."""
    if not pairs:
        return []
    found = [("", stratified(pairs).two_sided)]
    for name in ("cost", "latency"):
        before, now = first.numbers[name], other.numbers[name]
        both = [key for key in before if key in now]
        if not any(number > 0 for key in both for number in (*before[key], *now[key])):
            continue
        moved = shift([Samples(logs(before[key]), logs(now[key])) for key in both])
        if moved is not None and moved.value:
            words = f"{name} {'higher' if moved.value > 0 else 'lower'} by {abs(math.expm1(moved.value)):.1%}"
            found.append((words, min(1.0, 2 * min(moved.p, 1 - moved.p))))
    return found


def _quality(first: Arm, arm: Arm, pairs: Sequence[Counts], p: float, alpha: float) -> str:
    n = len(pairs)
    gain = (
        math.fsum(item.candidate_passed / item.candidate - item.baseline_passed / item.baseline for item in pairs) / n
    )
    points = f"{100 * abs(gain):.1f} points over {n} cases (p = {p:.4f})"
    if p <= alpha and gain:
        better, worse = (arm.name, first.name) if gain > 0 else (first.name, arm.name)
        return f"{better} is better than {worse} by {points}"
    history = [(item.baseline_passed, item.baseline) for item in pairs]
    trials = (pairs[0].baseline, pairs[0].candidate)
    seen = detectable(n, trials, variance=mean_variance(history), alpha=alpha / 2)
    worst = drop_bound(pairs, alpha)
    return (
        f"no difference is shown: {points}; {arm.name} is at most {100 * max(0.0, worst):.1f} points worse (95 %);"
        f" could only have seen {100 * seen:.0f} points"
    )


def _confusion(first: ArmTrials, other: ArmTrials) -> Iterator[str]:
    """Which way trials took in either arm, where they differ."""
    both = [(first.routes[key], other.routes[key]) for key in first.routes if key in other.routes]
    moved = Counter(pair for pair in both if pair[0] != pair[1])
    if not both or all(way == "none" for pair in both for way in pair):
        return
    yield f"  routing: {len(both) - moved.total()} of {len(both)} trials took the same way"
    for (before, now), count in moved.most_common(_SHOWN):
        yield f"    {before} -> {now}: {count}"


def _route(result: Result) -> str:
    steps = result.outcome.trace.steps
    handed = [step.name for step in steps if step.kind == "handoff"]
    return " > ".join(handed) or next((step.name for step in steps if step.kind == "tool"), "none")


def _rate(trials: ArmTrials) -> str:
    passed, decided = (sum(item[part] for item in trials.passed.values()) for part in (0, 1))
    if not decided:
        return "no trial was decided"
    spent = [number for numbers in trials.numbers["cost"].values() for number in numbers]
    price = f", ${math.fsum(spent):.4f}" if spent else ""
    return f"{passed} of {decided} trials passed ({passed / decided:.1%}){price}"
