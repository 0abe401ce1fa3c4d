"""Checks of whole runs: what was refused, spent, kept, killed and told, worked out from what the case gave."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias

Verdict: TypeAlias = tuple[bool, str]

_PROVIDERS = {"anthropic", "bedrock", "litellm", "offline"}


def _said(structured: Any, name: str) -> Any:
    return structured.get(name) if isinstance(structured, Mapping) else None


def _lacking(given: Mapping[str, Any]) -> tuple[str, bool]:
    """The word that must be said, and whether harness.toml itself is wrong."""
    table = given["models"].get(f"models.{given['model']}")
    if table is None:
        return repr(given["model"]), True
    if table["provider"] not in _PROVIDERS:
        return repr(table["provider"]), True
    environ = given.get("environ") or {}
    if table["provider"] == "bedrock" and not (table.get("region") or environ.get("AWS_REGION")):
        return "AWS_REGION", False
    return {"anthropic": "ANTHROPIC_API_KEY", "bedrock": "AWS_ACCESS_KEY_ID"}[table["provider"]], False


def preflight(structured: Any, input: Any) -> Verdict:  # noqa: A002 - the name that checks ask by
    """What is lacking is named with its remedy, and no agent began."""
    word, wrong = _lacking(input)
    said = str(_said(structured, "said"))
    found = _said(structured, "eval"), _said(structured, "begun")
    good = found == (2, 0) and word in said and "fix:" in said
    return good, f"exit and begun {found}; {word} in {said!r}" + (" (a mistake in harness.toml)" if wrong else "")


def examined(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """Doctor fails for what is wrong in harness.toml, and names keys that are not there."""
    word, wrong = _lacking(input)
    remarks = _said(structured, "remarks") or []
    named = any(word in text for text in remarks)
    good = _said(structured, "doctor") == (2 if wrong else 0) and named
    return (
        good,
        f"exit {_said(structured, 'doctor')}; {word} {'is' if named else 'is not'} among {len(remarks)} remarks",
    )


def within_budget(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """Never more than the budget is spent, nor much less, for refusing all is no art; what was not paid for is no failure."""
    status, budget = Counter(_said(structured, "status") or {}), input["budget_usd"]
    spent, dearest, asked = (_said(structured, name) or 0 for name in ("spent_usd", "dearest_usd", "asked"))
    if not asked:
        return False, "no model was asked"
    enough = input["cases"] * dearest * 2 < budget
    sums = math.isclose(spent, asked * dearest, rel_tol=0.05) and spent <= budget
    used = status == {"passed": input["cases"]} if enough else spent >= budget / 3 and status["passed"] == asked
    ended = _said(structured, "exit") == (0 if enough else 3) and not status["failed"] and not status["undecided"]
    return (
        sums and used and ended,
        f"${spent:.6f} of ${budget} for {asked} calls; {dict(status)}; exit {_said(structured, 'exit')}",
    )


def told_of_budget(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """A run that was stopped says so, with the sum; one that was not says nothing of the kind."""
    lines = [line for line in _said(structured, "said") or [] if "is spent" in line]
    stopped = _said(structured, "exit") == 3
    good = stopped == any(f"${input['budget_usd']}" in line for line in lines) and isinstance(structured, Mapping)
    return good, f"exit {_said(structured, 'exit')}: {lines[:1]}"


def paid_once(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """What was asked before costs nothing and says the same; without the option everything is paid again."""
    runs = _said(structured, "runs") or []
    trials, kept, problems = len(input["inputs"]) * input["repeat"], False, []
    for words, run in zip(input["runs"], runs, strict=False):
        hits = trials if kept and "--cache" in words else 0
        wanted = (0, trials, trials - hits, hits)
        found = (run["exit"], len(run["cost_usd"]), run["asked"], run["hits"])
        if found != wanted or [cost == 0 for cost in run["cost_usd"]] != [hits > 0] * trials:
            problems.append(f"{words}: {found} with costs {run['cost_usd']}, expected {wanted}")
        kept = kept or "--cache" in words
    same = {tuple(run["answers"]) for run in runs}
    good = (
        len(runs) == len(input["runs"]) and not problems and len(same) == 1 and len(set(runs[0]["answers"])) == trials
    )
    return good, "; ".join(problems) or f"{len(runs)} runs of {trials} trials"


def begun_again(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """What was over is not run again; what was under way is, unless it acts on the real world."""
    live = input.get("side_effects") == "live"
    slow = {said for said in input["inputs"] if said.startswith("slow")}
    begun = {said: 2 if said in slow and not live else 1 for said in input["inputs"]}
    status = {said: "errored" if said in slow and live else "passed" for said in input["inputs"]}
    wanted = {
        "begun": begun,
        "status": status,
        "why": ["interrupted"] if live else [],
        "runs": 1,
        "resumed": 3 if live else 0,
    }
    found = {name: _said(structured, name) for name in wanted}
    return found == wanted, f"found {found}"


def was_killed(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """The run was killed when all trials had begun and the quick ones were kept: else nothing is shown."""
    killed = _said(structured, "killed")
    quick = sum(not said.startswith("slow") for said in input["inputs"])
    wanted = {"exit": -9, "begun": len(input["inputs"]), "kept": quick}
    return killed == wanted, f"found {killed}"


def unmoved(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """The run ends well wherever its traces go; only one whose server was known says what became of them."""
    requests, lines = _said(structured, "requests"), _said(structured, "said")
    if (_said(structured, "exit"), _said(structured, "status")) != (0, ["passed", "passed"]) or lines is None:
        return False, f"exit {_said(structured, 'exit')}, trials {_said(structured, 'status')}"
    if input["langfuse"] == "unset":
        return (lines, requests) == ([], 0), f"{requests} requests, said {lines}"
    told = len(lines) == 1 and "telemetry: 0 of 8 spans" in lines[0] and "HTTP 401" in lines[0]
    return told and "8 spans, 6 scores kept" in lines[0] and requests > 0, f"{requests} requests, said {lines}"


def same_left(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """Every job ended well both times, and left the same answer, figures, artifacts, tokens and steps; jobs differ from each other."""
    jobs = len(input["questions"]) * len(input["portfolios"])
    left = _said(structured, "left") or [{}, {}]
    counts = [_said(structured, name) for name in ("jobs", "serial", "side_by_side")]
    good = counts == [jobs] * 3 and len(left[0]) == jobs and left[0] == left[-1] and len(left) == 2
    different = len(set(left[0].values()))
    return (
        good and different > jobs / 2,
        f"{counts} of {jobs}; {different} different outcomes; the same: {left[0] == left[-1]}",
    )
