"""Count what a run's trials did, case by case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from harness.frozen import frozen
from harness.model import Case, Job, Result, Verdict
from harness.model.verdict import HEURISTIC

from .judged import Admission, who

_SEVERITIES = ("blocker", "major", "minor")


@frozen
class CaseTally:
    """One case of one agent variant in a run."""

    case: Case
    """The case."""

    variant: str
    """Agent variant."""

    planned: int = 0
    """Trials that were selected."""

    passed: int = 0
    """Trials that passed."""

    failed: int = 0
    """Trials that failed."""

    undecided: int = 0
    """Trials that ended without a verdict on a required check."""

    errored: int = 0
    """Trials that the harness, a provider or the machine broke."""

    reason: str = ""
    """Why the first failed trial failed: its weightiest check."""

    blocker: str = ""
    """The first blocker check that failed, with its reason."""

    place: str = ""
    """Where that check, or the first that failed, stands."""

    order: str = ""
    """Decided trials in order: `p` passed, `f` failed."""

    judges: tuple[str, ...] = ()
    """Judges and rubrics that took part."""

    unchecked: tuple[str, ...] = ()
    """Judges and rubrics whose verdicts were left out, because no passing check of them is on file."""

    unjudged: int = 0
    """Trials without a verdict because no judge could be asked."""

    cost_usd: tuple[float, ...] = ()
    """Price of each trial for which it is known."""

    seconds: tuple[float, ...] = ()
    """Duration of each decided trial."""

    tokens: tuple[float, ...] = ()
    """Tokens of each trial for which they are known."""

    from_cache: int = 0
    """Decided trials in which a cache answered a model call."""

    replies: tuple[tuple[str, ...], ...] = ()
    """Replies of each other decided trial for which their ids are known."""

    @property
    def decided(self) -> int:
        """Trials that passed or failed."""
        return self.passed + self.failed

    @property
    def missing(self) -> int:
        """Trials without any result."""
        return self.planned - self.decided - self.undecided - self.errored

    @property
    def name(self) -> tuple[str, str]:
        """Case id and variant: what baselines pair by."""
        return self.case.id, self.variant


def tally(
    planned: Iterable[Job], results: Iterable[Result], admission: Admission | None = None
) -> dict[str, tuple[CaseTally, ...]]:
    """Count by suite; cases in the order they were planned. Verdicts of judges are admitted by `admission`."""
    counted: dict[tuple[str, str, str], CaseTally] = {}
    for job in planned:
        key = _key(job)
        known = counted.get(key) or CaseTally(job.case, job.variant)
        counted[key] = replace(known, planned=known.planned + 1)
    for result in results:
        key = _key(result.job)
        if key in counted:
            seen, refused = (result, ()) if admission is None else admission.admitted(result)
            known = _with(counted[key], seen)
            counted[key] = replace(known, unchecked=tuple(sorted({*known.unchecked, *refused}))) if refused else known
    suites: dict[str, list[CaseTally]] = {}
    for (suite, _, _), item in counted.items():
        suites.setdefault(suite, []).append(item)
    return {suite: tuple(items) for suite, items in suites.items()}


def _key(job: Job) -> tuple[str, str, str]:
    return job.case.suite, job.case.id, job.variant


def together(known: CaseTally, more: CaseTally | None) -> CaseTally:
    """One case's trials of two runs of it, in that order."""
    if more is None:
        return known
    added = {
        name: getattr(known, name) + getattr(more, name)
        for name in (
            "planned", "passed", "failed", "undecided", "errored", "order", "cost_usd", "seconds", "tokens",
            "from_cache", "replies",
        )
    }  # fmt: skip
    first = {name: getattr(known, name) or getattr(more, name) for name in ("reason", "blocker", "place")}
    return replace(
        known,
        **added,
        **first,
        judges=tuple(sorted({*known.judges, *more.judges})),
        unchecked=tuple(sorted({*known.unchecked, *more.unchecked})),
        unjudged=known.unjudged + more.unjudged,
    )


def _with(known: CaseTally, result: Result) -> CaseTally:
    failing = [verdict for verdict in result.verdicts if verdict.passed is False and not verdict.heuristic]
    blocking = [verdict for verdict in failing if verdict.severity == "blocker"]
    counted = replace(
        known,
        **{result.status: getattr(known, result.status) + 1},
        reason=known.reason or (_why(result, failing) if result.status == "failed" else ""),
        blocker=known.blocker or (_named(blocking[0]) if blocking else ""),
        place=known.place or next((verdict.where for verdict in (*blocking, *failing) if verdict.where), ""),
        judges=_judges(known.judges, result),
        unjudged=known.unjudged + _is_unjudged(result),
    )
    return _with_numbers(counted, result) if result.status in {"passed", "failed"} else counted


def _with_numbers(known: CaseTally, result: Result) -> CaseTally:
    trace = result.outcome.trace
    tokens = trace.usage.total
    cached, replies = bool(result.steps.get("from_cache")), tuple(result.steps.get("replies", ()))
    return replace(
        known,
        from_cache=known.from_cache + cached,
        replies=(*known.replies, replies) if replies and not cached else known.replies,
        order=known.order + ("p" if result.status == "passed" else "f"),
        cost_usd=known.cost_usd if trace.cost_usd is None else (*known.cost_usd, rounded(trace.cost_usd)),
        seconds=(*known.seconds, rounded(trace.duration_s)),
        tokens=known.tokens if tokens is None else (*known.tokens, float(tokens)),
    )


def rounded(number: float) -> float:
    """A number as baselines write it: four digits."""
    return float(f"{number:.4g}")


def _judges(known: tuple[str, ...], result: Result) -> tuple[str, ...]:
    said = {
        who(verdict.labels)
        for verdict in result.verdicts
        if verdict.labels.get("judge", "none") not in {"none", "not asked", HEURISTIC}
    }
    return known if said <= {*known} else tuple(sorted({*known, *said}))


def _is_unjudged(result: Result) -> bool:
    return result.status == "undecided" and any(
        verdict.error and "judge_error" in verdict.labels for verdict in result.verdicts
    )


def _why(result: Result, failing: list[Verdict]) -> str:
    if failing:
        return _named(min(failing, key=lambda verdict: _SEVERITIES.index(verdict.severity)))
    error = result.outcome.error
    return f"{result.outcome.status}: {error.message}" if error else result.outcome.status


def _named(verdict: Verdict) -> str:
    return f"{verdict.check}: {verdict.reason}"
