"""The steps of a trial over time, each below what it belongs to, with errors, guardrails and questions to a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, Final

from harness.frozen import frozen
from harness.model import Result, Step
from harness.text import one_line

from .words import cell_lines, money, seconds

MOST: Final = 300
"""Most rows that a waterfall shows."""

_DEEPEST: Final = 8
_BLOCK: Final = 6_000


@frozen
class Bar:
    """One row of the waterfall."""

    kind: str
    """`llm`, `tool`, `handoff`, `message`, `guardrail` or `question`."""

    name: str
    """What ran."""

    step: str
    """Step id; empty for guardrails and questions."""

    depth: int
    """How far it is indented."""

    left: float
    """Where the bar begins, in percent of the whole time."""

    width: float
    """How long it is, in percent; 0 for a moment."""

    status: str
    """`ok`, `error`, `unfinished`, `refused` or `unknown`."""

    words: str
    """Error, reason or answer in a line."""

    facts: str
    """Time, tokens and money."""

    given: str
    """What went in, whole."""

    gave: str
    """What came out, whole."""


@frozen
class Waterfall:
    """All rows."""

    bars: tuple[Bar, ...]
    """In the order of their start."""

    total_s: float
    """What 100 percent are."""

    ticks: tuple[tuple[float, str], ...]
    """Places on the axis in percent, with their words."""

    more: int
    """Rows that are left out."""


def waterfall(result: Result) -> Waterfall:
    """Lay out the steps of a trial over time."""
    trace = result.outcome.trace
    total = max([trace.duration_s, *(step.t1 for step in trace.steps), 0.0]) or 1.0
    depths = _depths(trace.steps)
    rows: list[tuple[float, int, Bar]] = [
        (step.t0, place, _bar(step, depths.get(step.id, 0), total)) for place, step in enumerate(trace.steps[:MOST])
    ]
    rows += [(at, MOST + place, bar) for place, (at, bar) in enumerate(_questions(trace.interrupts, total))]
    rows += [(at, 2 * MOST + place, bar) for place, (at, bar) in enumerate(_guardrails(trace.guardrails, total))]
    bars = tuple(bar for _, _, bar in sorted(rows, key=lambda row: row[:2]))
    return Waterfall(bars, total, tuple(_ticks(total)), max(0, len(trace.steps) - MOST))


def _depths(steps: Sequence[Step]) -> dict[str, int]:
    """How many steps each one is below; a circle of parents ends where it began."""
    parents = {step.id: step.parent for step in steps}
    depths: dict[str, int] = {}
    for step in steps:
        seen, above = {step.id}, step.parent
        while above in parents and above not in seen and len(seen) <= _DEEPEST:
            seen.add(above)
            above = parents[above]
        depths[step.id] = len(seen) - 1
    return depths


def _bar(step: Step, depth: int, total: float) -> Bar:
    told = [seconds(step.seconds)] if step.t1 else []
    if step.usage is not None and step.usage.total:
        told.append(f"{step.usage.total:,} tokens")
    if step.cost_usd:
        told.append(money(step.cost_usd))
    if step.first_chunk_s is not None:
        told.append(f"first piece after {seconds(step.first_chunk_s)}")
    name = f"{step.agent}: {step.name}" if step.agent and step.agent != step.name else step.name or step.kind
    given = {key: item for key, item in step.args.items() if step.kind != "llm" or key not in {"provider", "offline"}}
    return Bar(
        kind=step.kind,
        name=one_line(name, 80),
        step=step.id,
        depth=min(depth, _DEEPEST),
        left=_percent(step.t0, total),
        width=_percent(step.seconds, total),
        status=step.status,
        words=one_line(step.error or "", 400),
        facts=", ".join(told),
        given=_whole(given) if given else "",
        gave="" if step.result in (None, "") else _whole(step.result),
    )


def _questions(interrupts: Sequence[Mapping[str, Any]], total: float) -> Iterator[tuple[float, Bar]]:
    for item in interrupts:
        at, until = _moment(item.get("asked_s")), _moment(item.get("answered_s"))
        answer = item.get("answer")
        words = f"answered: {answer}" if answer is not None else "nobody answered"
        yield (
            at,
            Bar(
                kind="question",
                name=one_line(str(item.get("question", "a question")), 300),
                step="",
                depth=0,
                left=_percent(at, total),
                width=_percent(max(0.0, until - at), total),
                status="ok" if answer is not None else "unfinished",
                words=one_line(words, 200),
                facts="",
                given=_whole(item.get("details")) if item.get("details") else "",
                gave="",
            ),
        )


def _guardrails(guardrails: Sequence[Mapping[str, Any]], total: float) -> Iterator[tuple[float, Bar]]:
    """Guardrails have no time of their own; where none is told they stand at the end."""
    for item in guardrails:
        passed = item.get("passed")
        at = _moment(item.get("offset_s"), total)
        status = "ok" if passed else "refused" if passed is False else "unknown"
        name = one_line(str(item.get("name", "guardrail")), 80)
        yield (
            at,
            Bar(
                "guardrail",
                name,
                "",
                0,
                _percent(at, total),
                0.0,
                status,
                one_line(str(item.get("reason", "")), 400),
                "",
                "",
                "",
            ),
        )


def _moment(item: Any, default: float = 0.0) -> float:
    number = item if isinstance(item, int | float) and not isinstance(item, bool) else default
    return float(number) if isfinite(number) else default


def _percent(part: float, total: float) -> float:
    return round(min(100.0, max(0.0, 100.0 * part / total)), 3)


def _ticks(total: float) -> Iterator[tuple[float, str]]:
    """Four or five round moments."""
    step = 10.0 ** len(f"{int(total)}") if total >= 1 else 1.0
    while total / step < 4:
        step /= 2 if f"{step:e}"[0] in "15" else 2.5 if f"{step:e}"[0] == "2" else 2
    number = 0
    while number * step <= total * 1.0001 and number < 12:
        yield _percent(number * step, total), f"{number * step:g} s" if total >= 1 else f"{number * step * 1000:g} ms"
        number += 1


def _whole(item: Any) -> str:
    return cell_lines(item)[:_BLOCK] + ("\n… (the rest is in the raw data)" if len(cell_lines(item)) > _BLOCK else "")
