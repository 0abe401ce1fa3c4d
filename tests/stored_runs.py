"""A workspace with a few runs in its store: everything a dashboard has to cope with, hostile text too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from builders import a_call, a_case, a_job, a_manifest, a_model_call, a_result, a_verdict, an_outcome

from harness.model import Evidence, Failure, Result, Turn, TurnTrace, Where
from harness.store import Store

HOSTILE = "<script>alert(1)</script> **bold** :red[x] $e^x$ [link](javascript:alert(1)) `code` \x1b[31m \u202e"
RUNS = ("20261119-080000-aaaa", "20261120-080000-bbbb", "20261121-080000-cccc")


def a_workspace(root: Path) -> Path:
    """A workspace without results."""
    (root / "harness.toml").write_text('[agents.charter]\ntarget = "agents/charter.py:charter"\n')
    return root


def a_full_workspace(root: Path) -> Path:
    """A workspace with three runs of two suites."""
    a_workspace(root)
    with Store.open(root / ".harness/results.db") as store:
        for number, run in enumerate(RUNS):
            results = [*charter(number), *tagger(number)]
            manifest = a_manifest(
                run,
                started_at=f"{run[:4]}-{run[4:6]}-{run[6:8]}T08:00:00Z",
                suites=("alex/charter", "alex/tagger"),
                git_commit="0123456789abcdef",
                git_dirty=number == 1,
                models={"charter": "offline", "tagger": "offline"},
            )
            store.begin(manifest, [result.job for result in results])
            store.add(run, results)
            store.end(run, "complete")
    return root


def charter(run: int) -> list[Result]:
    """Six cases of three trials; the first fails for good in the last run, the last is hostile."""
    return [
        trial(number, index, failed=(number == 1 and run == 2) or (number == 3 and index == 1 and run > 0))
        for number in range(1, 7)
        for index in range(3)
    ]


def trial(number: int, index: int, *, failed: bool) -> Result:
    """One trial of a charting agent."""
    case = a_case(
        f"CH-{number:02}",
        suite="alex/charter",
        agent="charter",
        description="Chart totals equal the portfolio",
        input="Chart my allocation.",
        where=Where(file="cases/alex/charter.yaml", line=4 * number),
        tags={"team": "alex"},
        repeat=3,
    )
    steps = [
        a_model_call(
            "offline", tokens=(812, 96), cost_usd=0.0021, t0=0.002, t1=0.31, result="I will look at the holdings."
        ),
        a_call("get_portfolio", {"id": "P01"}, {"cash": 5200.0, "stocks": 41300.5}, t0=0.31, t1=0.352),
        a_call("get_prices", {"symbols": ["ACME", "VTI"]}, {"ACME": 12.5, "VTI": 251.3}, t0=0.355, t1=0.48),
        a_call("get_fx", {"pair": "EURUSD"}, error="no rate for 2026-11-21", t0=0.48, t1=0.51),
        a_model_call("offline", tokens=(1420, 310), cost_usd=0.0049, t0=0.52, t1=1.24 + 0.03 * index, result="{...}"),
    ]
    chart = {
        "title": "Allocation",
        "series": [{"name": "Cash", "value": 11.2}, {"name": "Stocks", "value": 86.8 if failed else 88.8}],
    }
    wrong = a_verdict(
        not failed,
        check="finance:chart-spec",
        reason="the slices add up to 98.0, not to 100" if failed else "the slices add up to 100",
        expected={"total": 100, "tolerance": 0.05},
        actual={"total": 98.0 if failed else 100.0, "slices": [11.2, 86.8 if failed else 88.8]},
        evidence=(Evidence(step="s5", path="$.series[*].value", note="two slices"),),
        where=f"cases/alex/charter.yaml:{4 * number + 2}:7",
    )
    verdicts = (
        a_verdict(
            True, check="is-json", reason="the answer is JSON", where=f"cases/alex/charter.yaml:{4 * number + 1}:7"
        ),
        wrong,
        a_verdict(
            True,
            check="trajectory:efficiency",
            score=0.8,
            reason="5 steps where 4 are enough",
            severity="minor",
            metric="efficiency",
        ),
    )
    outcome = an_outcome(
        "Your portfolio is 11.2 % cash and 88.8 % stocks." if number < 6 else HOSTILE,
        steps=steps, structured=chart, duration_s=1.3 + 0.03 * index + 0.05 * number, ttft_s=0.41, artifacts={"charts": [chart]},
    )  # fmt: skip
    return a_result(
        "failed" if failed else "passed",
        job=a_job(case, index=index, seed=4242 + index),
        outcome=outcome,
        verdicts=verdicts,
        score=0.62 if failed else 0.95,
    )


def tagger(run: int) -> list[Result]:
    """Cases that break in other ways, with hostile words in every place."""
    fine = [a_job(a_case(f"TG-{number:02}", suite="alex/tagger", agent="tagger")) for number in range(1, 4)]
    broken = a_job(a_case("TG-04", suite="alex/tagger", agent="tagger"))
    open_ended = a_job(
        a_case("TG-05", suite="alex/tagger", agent="tagger", turns=(Turn(input="Hello?"), Turn(input={"ask": HOSTILE})))
    )
    crashed = a_job(a_case(HOSTILE, suite="alex/tagger", agent="tagger", description=HOSTILE))
    conversation = an_outcome("Fine.", turns=(TurnTrace("Hello. " + HOSTILE), TurnTrace("Fine.")))
    boom = an_outcome(
        HOSTILE, status="agent_failed", error=Failure("ValueError", HOSTILE, f"Traceback\n  {HOSTILE}"), stdout=HOSTILE,
        steps=[replace(a_call(HOSTILE, {HOSTILE: HOSTILE}, HOSTILE), agent=HOSTILE)], artifacts={HOSTILE: HOSTILE},
    )  # fmt: skip
    return [
        *(a_result(job=job, outcome=an_outcome("yes", duration_s=0.2)) for job in fine),
        a_result("errored" if run else "passed", job=broken),
        a_result("undecided", job=open_ended, outcome=conversation, verdicts=(a_verdict(None, check="llm-rubric", reason="no judge is configured"),)),
        a_result("failed", job=crashed, outcome=boom, verdicts=(a_verdict(False, check=HOSTILE, reason=HOSTILE, expected=HOSTILE, actual=HOSTILE),)),
    ]  # fmt: skip
