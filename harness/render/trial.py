"""One trial step by step: what was asked, what the agent did when, what it answered, what the checks say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.model import Result, Step, Usage, Verdict
from harness.text import one_line, visible

from .course import course_lines
from .data import reason_of
from .figures import plural
from .paragraph import VALUE_SHOWN, verdict_lines, wrapped
from .picture import written
from .terminal import Line, Style, Styled

_EVERYTHING = 10_000_000
_ID_SHOWN = 10
_INDENT = " " * 14
_STATUS: Mapping[str, Style] = {"passed": "good", "failed": "bad", "errored": "warn", "undecided": "warn"}
_MARK: Mapping[bool | None, tuple[str, Style]] = {True: ("✓", "good"), False: ("✗", "bad"), None: ("?", "warn")}


def trial_lines(result: Result, *, columns: int = 80, full: bool = False) -> Iterator[Line]:
    """The trial, line by line; long data is cut unless `full`."""
    limit = _EVERYTHING if full else VALUE_SHOWN
    yield from _heading(result, columns, limit)
    yield ()
    yield from _steps(result, columns, limit)
    yield from course_lines(result, columns=columns)
    yield from _ending(result, columns, limit)
    yield ()
    yield from _verdicts(result.verdicts, columns, limit)


def earlier_lines(earlier: Sequence[Result], *, columns: int = 80) -> Iterator[Line]:
    """What was tried before and replaced, one paragraph each."""
    if earlier:
        yield ()
    for item in earlier:
        trace = item.outcome.trace
        facts = [item.status, reason_of(item) or "no reason is known", plural(len(trace.steps), "step")]
        told = ", ".join([*facts, *_spent(trace.usage, trace.cost_usd)])
        yield from wrapped("  before  ", f"{told}; replaced", columns, style="dim")


def _heading(result: Result, columns: int, limit: int) -> Iterator[Line]:
    job, outcome, trace = result.job, result.outcome, result.outcome.trace
    title = one_line(f"{job.case.suite} :: {job.case.id} [{job.variant}] trial {job.index}", 2 * columns)
    yield Styled(title, "strong"), "  ", Styled(result.status, _STATUS[result.status])
    facts = [
        f"{outcome.status} in {trace.duration_s:.2f} s" if trace.duration_s else outcome.status,
        f"seed {job.seed}",
    ]
    facts += [f"score {result.score:.3f}"] if result.score is not None else []
    facts += [f"{outcome.attempts} attempts"] if outcome.attempts > 1 else []
    facts += _spent(trace.usage, trace.cost_usd)
    yield from wrapped("  ", ", ".join(facts), columns, style="dim")
    if job.case.description:
        yield from wrapped("  about   ", job.case.description, columns, limit=limit)
    asked = [turn.input for turn in job.case.turns] or [job.case.input]
    for question in asked:
        yield from wrapped("  asked   ", written(question), columns, limit=limit)


def _steps(result: Result, columns: int, limit: int) -> Iterator[Line]:
    steps = result.outcome.trace.steps
    if not steps:
        yield ("  no steps are recorded",)
    timed = any(step.t1 for step in steps)
    for step in steps:
        yield from _step(step, columns, limit, timed=timed)


def _step(step: Step, columns: int, limit: int, *, timed: bool) -> Iterator[Line]:
    style: Style = "bad" if step.status == "error" else "warn" if step.status == "unfinished" else "strong"
    who = f"{one_line(step.agent, 20)}: " if step.agent else ""
    facts = [f"{step.seconds:.2f} s"] if timed else []
    if step.usage is not None:
        facts += _spent(step.usage, step.cost_usd)
    if step.status == "unfinished":
        facts.append("unfinished")
    name, clock = one_line(step.name, 40), f"{step.t0:.2f} s" if timed else ""
    lead = f"  {clock:>9}  {_cut(step.id):<{_ID_SHOWN}} {step.kind:<7} "
    yield Styled(lead, "dim"), who, Styled(name, style), "  ", Styled(", ".join(facts), "dim")
    if step.args:
        yield from wrapped(f"{_INDENT}with  ", written(step.args), columns, limit=limit)
    if step.error is not None:
        yield from wrapped(f"{_INDENT}error ", step.error, columns, style="bad", limit=limit)
    elif step.result is not None:
        yield from wrapped(f"{_INDENT}gave  ", written(step.result), columns, limit=limit)


def _ending(result: Result, columns: int, limit: int) -> Iterator[Line]:
    outcome, trace = result.outcome, result.outcome.trace
    if trace.answer:
        yield ()
        # Asked for in full, an answer keeps its own lines.
        parts = trace.answer.splitlines() if limit == _EVERYTHING else [trace.answer]
        for number, part in enumerate(parts):
            yield from wrapped("  answer  " if number == 0 else " " * 10, part, columns, limit=limit)
    if trace.structured is not None:
        yield from wrapped("  as JSON ", written(trace.structured), columns, limit=limit)
    for name, artifact in trace.artifacts.items():
        yield from wrapped(f"  state   {one_line(name, 30)} = ", written(artifact), columns, limit=limit)
    for message in trace.errors:
        yield from wrapped("  error   ", message, columns, style="warn", limit=limit)
    if outcome.error is not None:
        yield ()
        yield from wrapped("  ended   ", f"{outcome.error.type}: {outcome.error.message}", columns, style="bad")
        for text in outcome.error.traceback.splitlines()[-(_EVERYTHING if limit == _EVERYTHING else 12) :]:
            yield "    ", Styled(text, "dim")
    if outcome.stdout:
        yield from wrapped("  printed ", outcome.stdout, columns, limit=limit)


def _verdicts(verdicts: tuple[Verdict, ...], columns: int, limit: int) -> Iterator[Line]:
    if not verdicts:
        yield ("  no check looked at it",)
    for verdict in verdicts:
        mark, style = _MARK[verdict.passed]
        first, *rest = verdict_lines(verdict, columns, limit=limit)
        yield "  ", Styled(mark, style), " ", *first[1:]
        yield from rest


def _spent(usage: Usage, cost: float | None) -> list[str]:
    """Tokens and money; what is unknown says so once."""
    if usage.input_tokens is None and usage.output_tokens is None and cost is None:
        return ["tokens and cost unknown"]
    tokens = [f"{'unknown' if count is None else count} {way}" for count, way in _ways(usage)]
    return [*tokens, "cost unknown" if cost is None else f"${cost:.4f}"]


def _ways(usage: Usage) -> tuple[tuple[int | None, str], ...]:
    return (usage.input_tokens, "in"), (usage.output_tokens, "out")


def _cut(step_id: str) -> str:
    shown = visible(step_id)
    return shown if len(shown) <= _ID_SHOWN else f"{shown[: _ID_SHOWN - 1]}…"
