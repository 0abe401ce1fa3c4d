"""The verdict on a trial in a line, and the figures beside it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.frozen import frozen
from harness.model import Result
from harness.stats import pass_hat_k
from harness.store import RunRow
from harness.summary.gather import PROVIDER_FAULTS

from .words import money, seconds, verdict_sentence

OFFLINE = "offline (rules, no language model)"


@frozen
class Heading:
    """How a trial ended."""

    status: str
    """passed, failed, errored or undecided."""

    sentence: str
    """Why, in a line: the first check that did not hold, or what broke."""

    whose: str
    """Whose fault it is: `agent`, `provider` or `harness`; empty where there is none."""

    trial: str
    """Which of how many."""

    repeats: str
    """pass^k over the decided trials of the case; empty for a single trial."""

    facts: tuple[tuple[str, str], ...]
    """Label and text of the figures beside it."""


def heading(run: RunRow, result: Result, statuses: Sequence[str]) -> Heading:
    """Sum a trial up; `statuses` are those of all trials of its case and agent variant in this run."""
    job, trace = result.job, result.outcome.trace
    model = run.manifest.models.get(job.variant, "")
    commit = (run.manifest.git_commit or "")[:10]
    tokens = trace.usage.total
    facts = (
        ("Score", "–" if result.score is None else f"{result.score:.2f}"),
        ("Time", seconds(trace.duration_s)),
        ("First text", seconds(trace.ttft_s)),
        ("Steps", str(len(trace.steps))),
        ("Tokens", "unknown" if tokens is None else f"{tokens:,}"),
        ("Cost", money(trace.cost_usd)),
        ("Model", OFFLINE if model == "offline" else model or "–"),
        ("Commit", f"{commit or '–'}{' + changes' if run.manifest.git_dirty else ''}"),
    )
    return Heading(
        status=result.status,
        sentence=verdict_sentence(result),
        whose=_whose(result),
        trial=f"trial {job.index + 1} of {max(len(statuses), job.index + 1)}",
        repeats=_repeats(statuses),
        facts=tuple((label, text) for label, text in facts if text != "–"),
    )


def _whose(result: Result) -> str:
    outcome = result.outcome
    if outcome.status in {"infrastructure_failed", "cancelled"}:
        return "provider" if outcome.error and outcome.error.type in PROVIDER_FAULTS else "harness"
    if result.status == "errored":
        return "harness"
    return "agent" if result.status == "failed" else ""


def _repeats(statuses: Sequence[str]) -> str:
    passed = statuses.count("passed")
    decided = passed + statuses.count("failed")
    if len(statuses) < 2 or not decided:
        return ""
    every = pass_hat_k(passed, decided, decided)
    flaky = ", flaky" if 0 < passed < decided else ""
    return f"{passed} of {decided} decided trials passed{flaky}; pass^{decided} = {every:.2f}"
