"""Name a check so that a mutant can expect it: its kind, and for `python` its function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from harness.model import Case, CheckSpec, Result, Verdict


def label(spec: CheckSpec) -> str:
    """`finance:chart-spec`, `not-regex`, `python:figures`, `artifact:ledger`."""
    if spec.type == "python":
        return f"{spec.name}:{str(spec.params.get('value', '')).rpartition(':')[2]}"
    if spec.type == "artifact":
        return f"{spec.name}:{spec.params.get('name', '')}"
    return spec.name


def asked(case: Case) -> Iterator[CheckSpec]:
    """Every check of a case in the order of its verdicts: those of turns first."""
    for turn in case.turns:
        yield from turn.checks
    yield from case.checks


def labelled(result: Result) -> list[tuple[str, Verdict]]:
    """The verdicts of a trial with their labels; a budget that was exceeded is the first of them."""
    specs = list(asked(result.job.case))
    verdicts = list(result.verdicts)
    proof = (
        [("faults", verdicts.pop())] if result.job.case.faults and verdicts and verdicts[-1].check == "faults" else []
    )
    if result.outcome.status == "completed" and len(specs) == len(verdicts):
        return [*((label(spec), verdict) for spec, verdict in zip(specs, verdicts, strict=True)), *proof]
    verdicts += [verdict for _, verdict in proof]
    return [(_of_failed(result, verdict), verdict) for verdict in verdicts]


def _of_failed(result: Result, verdict: Verdict) -> str:
    if verdict.check != "agent":
        return verdict.check
    return "budget" if result.outcome.status in {"over_budget", "timed_out"} else "agent"


def fits(name: str, wanted: str) -> bool:
    """Whether a label is what a mutant expects: the whole label, its kind, or a python check's or artifact's own name."""
    if fnmatchcase(name, wanted):
        return True
    kind, _, own = name.rpartition(":")
    if kind.removeprefix("not-") in {"python", "artifact"}:
        return fnmatchcase(own, wanted) or fnmatchcase(kind, wanted)
    return False


def expanded(expects: Sequence[str], groups: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The names expected, with groups replaced by their members."""
    return tuple(member for name in expects for member in groups.get(name, (name,)))
