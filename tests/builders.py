"""Build the values that tests speak about, with everything a test does not mention filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.model import (
    Case,
    CheckSpec,
    Event,
    Failure,
    Job,
    Outcome,
    Reference,
    Result,
    RunManifest,
    Step,
    Trace,
    TurnTrace,
    Usage,
    Verdict,
    fold,
)
from harness.registry import Finding, Services, Subject, build
from harness.shape import read


def a_call(name: str = "get_price", args: Mapping[str, Any] | None = None, result: Any = None, **known: Any) -> Step:
    """A tool call that went well unless `error` is given; number it with `id` or let `a_trace` do so."""
    if known.get("error") is not None:
        known.setdefault("status", "error")
    return Step(id=known.pop("id", ""), kind="tool", name=name, args=args or {}, result=result, **known)


def a_model_call(name: str = "offline", *, tokens: tuple[int, int] | None = (100, 20), **known: Any) -> Step:
    """A model call with input and output tokens; None for unknown ones."""
    usage = Usage() if tokens is None else Usage(*tokens, 0)
    known.setdefault("cost_usd", 0.001)
    return Step(id=known.pop("id", ""), kind="llm", name=name, usage=usage, **known)


def a_trace(answer: str = "", *, steps: Sequence[Step] = (), structured: Any = None, **known: Any) -> Trace:
    """A trace of one turn with these steps; usage and cost are those of its model calls."""
    numbered = tuple(step if step.id else replace(step, id=f"s{number}") for number, step in enumerate(steps, 1))
    models = [step for step in numbered if step.kind == "llm"]
    costs = [step.cost_usd for step in models]
    known.setdefault("usage", sum((step.usage or Usage() for step in models), Usage(0, 0, 0)))
    known.setdefault("cost_usd", None if None in costs else float(sum(cost or 0 for cost in costs)))
    known.setdefault("turns", (TurnTrace(answer, structured),))
    return Trace(steps=numbered, answer=answer, structured=structured, **known)


def a_conversation(*answers: str, **known: Any) -> Trace:
    """A trace with one turn per answer."""
    return a_trace(answers[-1], turns=tuple(TurnTrace(answer) for answer in answers), **known)


def a_trace_of(*events: tuple[str, Mapping[str, Any]]) -> Trace:
    """The fold of (kind, data) pairs, one second apart."""
    return fold(Event(float(offset), kind, data) for offset, (kind, data) in enumerate(events))  # type: ignore[arg-type]


def an_outcome(answer: str = "", *, status: str = "completed", trace: Trace | None = None, **known: Any) -> Outcome:
    """An outcome; keywords that are not its own fields go to `a_trace`."""
    own = {key: known.pop(key) for key in ("error", "attempts", "stdout", "earlier") if key in known}
    if status != "completed":
        own.setdefault("error", Failure(status, f"the trial ended as {status}"))
    return Outcome(status=status, trace=a_trace(answer, **known) if trace is None else trace, **own)  # type: ignore[arg-type]


def a_check(name: str = "contains", /, **known: Any) -> CheckSpec:
    """A check as a suite writes it; keywords that are not its own fields are its parameters."""
    own = {key: known.pop(key) for key in ("severity", "weight", "metric", "where", "negate") if key in known}
    if name.startswith("not-"):
        name, own["negate"] = name.removeprefix("not-"), True
    if not known and name == "contains":
        known = {"value": "yes"}
    return CheckSpec(type=name, params=known, **own)


def a_case(name: str = "C-01", /, *, checks: Iterable[CheckSpec] | None = None, **known: Any) -> Case:
    """A case that one check decides; `plan` gives the reference steps as (name, args) pairs."""
    if "plan" in known:
        steps = [{"name": name, "args": args} for name, args in known.pop("plan")]
        known["reference"] = read(Reference, {"steps": steps})
    known = {"id": name, "suite": "demo/basics", "agent": "adviser", "input": "What do I own?", **known}
    return Case(checks=(a_check(),) if checks is None else tuple(checks), **known)


def a_job(case: Case | None = None, *, index: int = 0, variant: str | None = None, seed: int = 7) -> Job:
    """A planned trial."""
    case = a_case() if case is None else case
    return Job(case, case.agent if variant is None else variant, index, seed)


def a_subject(answer: str = "", *, case: Case | None = None, turn: int | None = None, **known: Any) -> Subject:
    """What a check looks at; `root` and `untrusted` go to the services, the rest to `an_outcome`."""
    services = Services(**{key: known.pop(key) for key in ("root", "untrusted", "judge") if key in known})
    return Subject(a_case() if case is None else case, an_outcome(answer, **known), services, turn)


def a_verdict(passed: bool | None = True, *, check: str = "contains", **known: Any) -> Verdict:
    """A verdict with a reason."""
    return Verdict(check=check, passed=passed, **{"reason": "because of the test", **known})


def a_result(status: str = "passed", *, job: Job | None = None, **known: Any) -> Result:
    """A scored trial whose verdict and score agree with its status."""
    passed = {"passed": True, "failed": False}.get(status)
    known.setdefault(
        "outcome", an_outcome("yes", status="infrastructure_failed" if status == "errored" else "completed")
    )
    known.setdefault("verdicts", () if status == "errored" else (a_verdict(passed),))
    known.setdefault("score", None if passed is None else float(passed))
    known.setdefault("started_at", "2026-11-21T10:00:00Z")
    return Result(job=a_job() if job is None else job, status=status, **known)  # type: ignore[arg-type]


def a_manifest(name: str = "20261121-100000-0001", /, **known: Any) -> RunManifest:
    """A run's manifest."""
    return RunManifest(**{"id": name, "started_at": "2026-11-21T10:00:00Z", "suites": ("demo/basics",), **known})


def conclude(check: CheckSpec, subject: Subject) -> Finding:
    """What a check that needs no waiting concludes, before negation."""
    finding = build(check).conclude(subject)
    assert isinstance(finding, Finding), "use an asynchronous test for this check"
    return finding
