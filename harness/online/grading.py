"""Grade production traces: every trace is a trial that somebody else ran."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from harness.importers.otel.episode import Episode
from harness.importers.reading import case_id
from harness.model import Case, CheckSpec, Failure, Job, Outcome, Result
from harness.registry import Services
from harness.score import score
from harness.telemetry import Scrubber

SUITE: Final = "online"
"""Suite that graded traces belong to."""

USUAL: Final = (
    CheckSpec(type="regex", params={"value": r"\S"}),
    CheckSpec(type="trajectory:error-free"),
    CheckSpec(type="finance:pii"),
    CheckSpec(type="trajectory:no-repeated-calls", severity="minor"),
)
"""What holds of any trace: it was answered, no tool failed, nobody else's data was told, no call was made twice."""

_AT_ONCE: Final = 64


def checks_of(cases: Iterable[Case]) -> tuple[CheckSpec, ...]:
    """The checks that suites ask of every trace: all of their cases' together, each once."""
    found: dict[str, CheckSpec] = {}
    for case in cases:
        for spec in case.checks:
            found.setdefault(f"{spec.name} {spec.params}", spec)
    return tuple(found.values())


def trial_of(episode: Episode, checks: Sequence[CheckSpec], agent: str) -> tuple[Job, Outcome]:
    """A trace as a trial of a case that asks what its user asked."""
    tags = {
        "trace": episode.id[:64],
        "framework": episode.framework,
        **({"release": episode.about["release"]} if episode.about.get("release") else {}),
    }
    case = Case(
        id=case_id(episode.id) or "trace",
        suite=SUITE,
        agent=agent,
        description=episode.name,
        input=episode.asked,
        checks=tuple(checks),
        tags=tags,
    )
    failed = Failure("production", episode.failed) if episode.failed else None
    return Job(case, agent, 0, 0), Outcome("agent_failed" if failed else "completed", episode.trace, failed)


def grade(
    episodes: Sequence[Episode], checks: Sequence[CheckSpec], services: Services, *, agent: str, scrubber: Scrubber
) -> list[Result]:
    """Grade traces, so many at once that judges are kept busy.

    Args:
        episodes: The traces.
        checks: What is asked of each.
        services: What checks may use.
        agent: Name of the agent that ran.
        scrubber: Takes secrets out of what is kept.
    """

    async def all_of() -> list[Result]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(episode: Episode) -> Result:
            async with gate:
                job, outcome = trial_of(episode, checks, agent)
                return replace(await score(job, outcome, services), started_at=_when(episode))

        return list(await asyncio.gather(*map(one, episodes)))

    return [scrubber.result(result) for result in asyncio.run(all_of())]


def _when(episode: Episode) -> str:
    from datetime import UTC, datetime

    return (
        ""
        if episode.started_s is None
        else datetime.fromtimestamp(episode.started_s, UTC).isoformat(timespec="seconds")
    )
