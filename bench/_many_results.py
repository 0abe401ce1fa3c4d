"""A store with as many results as wanted: cases of several agents, passed and failed, with steps, verdicts and traces."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.model import (
    Case,
    Evidence,
    Failure,
    Job,
    Outcome,
    Result,
    RunManifest,
    Step,
    Trace,
    TurnTrace,
    Usage,
    Verdict,
    Where,
)
from harness.model.result import TrialStatus
from harness.steps import analyse
from harness.store import Store

SUITES = tuple(
    f"{team}/{name}"
    for team in ("alex", "clera", "desk", "real")
    for name in ("chart", "plan", "route", "tag", "trade")
)
REPEAT = 10
SHAPES = 60
EARLIER = 29
_BATCH = 2_000
CHECKS = ("is-json", "finance:grounded-numbers", "trajectory:efficiency", "contains", "finance:chart-spec")


def fill(path: Path, results: int, *, earlier: int = EARLIER, seed: int = 1) -> None:
    """Write a store: the newest run has `results` results, each of the earlier ones a hundredth of them.

    Args:
        path: Where.
        results: How many.
        earlier: How many runs before it.
        seed: Of the pseudo-random choices.
    """
    rng = random.Random(seed)
    shapes = [shape(rng, number) for number in range(SHAPES)]
    with Store.open(path) as store:
        for number in range(earlier):
            write(
                store, rng, shapes, f"202611{number % 29 + 1:02}-080000-{number:04x}", max(len(SUITES), results // 100)
            )
        write(store, rng, shapes, "20261130-080000-ffff", results)


def write(store: Store, rng: random.Random, shapes: list[Result], run: str, results: int) -> None:
    """One run of so many results."""
    jobs = list(planned(results))
    manifest = RunManifest(
        id=run,
        started_at=f"{run[:4]}-{run[4:6]}-{run[6:8]}T08:00:00Z",
        suites=SUITES,
        git_commit=f"{rng.getrandbits(160):040x}",
        git_dirty=False,
        models={suite.split("/")[1]: "offline" for suite in SUITES},
    )
    store.begin(manifest, jobs)
    for first in range(0, len(jobs), _BATCH):
        store.add(run, [replace(rng.choice(shapes), job=job) for job in jobs[first : first + _BATCH]])
    store.end(run, "complete")


def planned(results: int) -> Iterator[Job]:
    """Cases of ten trials each, spread over the suites."""
    cases = max(1, results // REPEAT)
    for number in range(cases):
        suite = SUITES[number % len(SUITES)]
        case = Case(
            id=f"CASE-{number:05}",
            suite=suite,
            agent=suite.split("/")[1],
            description=f"Question {number} of the generated library",
            input=f"What about holding {number}?",
            where=Where(file=f"cases/{suite}.yaml", line=4 * number + 1),
            tags={"team": suite.split("/")[0], "size": ("small", "large")[number % 2]},
            repeat=REPEAT,
        )
        for index in range(min(REPEAT, results - number * REPEAT)):
            yield Job(case, case.agent, index, number * REPEAT + index)


def shape(rng: random.Random, number: int) -> Result:
    """A result that many trials share: mostly passed, now and then one of the other endings."""
    statuses: tuple[TrialStatus, ...] = ("passed", "failed", "errored", "undecided")
    status = rng.choices(statuses, (90, 7, 2, 1))[0]
    steps = tuple(_steps(rng))
    models = [step for step in steps if step.kind == "llm"]
    answer = (
        f"Your holding is worth ${rng.uniform(100, 90_000):,.2f}, {rng.uniform(1, 60):.1f} % of the portfolio. " * 4
    )
    trace = Trace(
        steps=steps,
        answer=answer,
        turns=(TurnTrace(answer),),
        usage=sum((step.usage or Usage() for step in models), Usage(0, 0, 0)),
        cost_usd=sum(step.cost_usd or 0.0 for step in models),
        duration_s=steps[-1].t1 + 0.01,
        ttft_s=steps[0].t1,
        artifacts={
            "ledger": {"cash": round(rng.uniform(0, 5_000), 2), "positions": {f"S{n}": n * 1.5 for n in range(12)}}
        },
    )
    case = Case(id="X", suite="x/x", agent="x", input="?")
    broken = status == "errored"
    error = Failure("overloaded", "the provider is overloaded") if broken else None
    passed = {"passed": True, "failed": False}.get(status)
    return Result(
        job=Job(case, "x", 0, 0),
        outcome=Outcome("infrastructure_failed" if broken else "completed", trace, error),
        verdicts=() if broken else tuple(_verdicts(rng, passed, number)),
        status=status,
        score=None if passed is None else (1.0 if passed else round(rng.uniform(0.2, 0.8), 3)),
        steps=analyse(trace, case),
        started_at=f"2026-11-30T08:{number % 60:02}:00Z",
    )  # fmt: skip


def _steps(rng: random.Random) -> Iterator[Step]:
    now = 0.0
    for place in range(rng.randint(4, 9)):
        took = rng.uniform(0.01, 0.6)
        known: dict[str, Any] = {
            "id": f"s{place + 1}",
            "t0": round(now, 4),
            "t1": round(now + took, 4),
            "agent": "main",
        }
        if place % 2 == 0:
            usage = Usage(rng.randint(300, 3_000), rng.randint(20, 400), 0)
            yield Step(
                kind="llm",
                name="offline",
                usage=usage,
                cost_usd=round(rng.uniform(0.0005, 0.01), 6),
                result="I look.",
                **known,
            )
        else:
            args = {"symbol": rng.choice(("VTI", "BND", "ACME", "GLD")), "on": "2026-11-20"}
            result = {
                "price": round(rng.uniform(10, 400), 2),
                "history": [round(rng.uniform(10, 400), 2) for _ in range(20)],
            }
            yield Step(
                kind="tool",
                name=rng.choice(("get_price", "get_portfolio", "get_fx")),
                args=args,
                result=result,
                **known,
            )
        now += took


def _verdicts(rng: random.Random, passed: bool | None, number: int) -> Iterator[Verdict]:
    wrong = number % len(CHECKS)
    for place, name in enumerate(CHECKS):
        holds = passed if place == wrong and passed is not True else True
        yield Verdict(
            check=name,
            passed=holds,
            score=round(rng.uniform(0.5, 1), 3) if name == "trajectory:efficiency" else None,
            metric="efficiency" if name == "trajectory:efficiency" else None,
            severity="minor" if name == "trajectory:efficiency" else "major",
            reason="it holds" if holds else f"the figure {rng.uniform(1, 100):.2f} stands in no tool result",
            expected=None if holds else {"value": 100},
            actual=None if holds else {"value": 98.0},
            evidence=() if holds else (Evidence(step="s2", path="$.price"),),
            where=f"cases/x.yaml:{place + 3}:7",
        )
