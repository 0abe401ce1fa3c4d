"""Check one judge by one rubric's labels, and decide whether it may gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from harness.frozen import frozen
from harness.judge.asking import summed
from harness.judge.families import is_floating, warnings
from harness.judge.judge import CLAIM, Judge
from harness.judge.prompt import TEMPLATE
from harness.rubrics import Calibration, Rubric

from .examination import Examination
from .examine import examine
from .labelled import Labelled, classes
from .record import CheckRecord
from .rehearsal import Injection, examples_of, inject, judge_all, refuse_outage

_LEAST_SWAP: Final = 0.9


@frozen
class Checked:
    """A judge on a rubric's labels."""

    record: CheckRecord
    """What is put on file."""

    parts: tuple[Examination, ...]
    """All criteria together, then each of them."""

    injection: Injection
    """What planted orders changed."""


async def check(
    judge: Judge,
    rubric: Rubric,
    rows: Sequence[Labelled],
    *,
    labels: str,
    at: datetime,
    concurrency: int = 32,
    swap: bool = True,
) -> Checked:
    """Judge every labelled answer, twice where the order is swapped, and plant thirty orders in the worst one.

    Args:
        judge: The judge.
        rubric: The rubric, or that of bare claims.
        rows: The labelled answers.
        labels: What their file is known by.
        at: When.
        concurrency: Requests at once.
        swap: Whether to ask again with the criteria in the other order.

    Raises:
        Incomplete: when the judge could not be asked about too many answers.
    """
    first = await judge_all(judge, rows, concurrency=concurrency)
    refuse_outage(first)
    second = await judge_all(judge, rows, concurrency=concurrency, swapped=True) if swap else []
    injection = await inject(judge, first, concurrency=concurrency)
    examples = examples_of(first, second)
    names = (
        ("all criteria", *(criterion.id for criterion in rubric.criteria)) if rubric.id != CLAIM else ("all claims",)
    )
    parts = [examine(examples, group=names[0], categories=("yes", "no"))]
    for name in names[1:] if len(names) > 2 else ():
        some = [example for example in examples if example.group == name]
        parts += [examine(some, group=name, categories=("yes", "no"))] if some else []
    cost: float | None = injection.cost_usd
    for item in (*first, *second):
        cost = summed(cost, item.cost_usd)
    record = _record(judge, rubric, parts[0], injection, rows)
    record = replace(record, labels=labels, at=at.isoformat(timespec="seconds"), cost_usd=cost)
    return Checked(record.sealed(), tuple(parts), injection)


def _record(
    judge: Judge, rubric: Rubric, found: Examination, injection: Injection, rows: Sequence[Labelled]
) -> CheckRecord:
    judges = judge.panel(rubric)
    one = found.classes[0]
    total = max(1, found.rows)
    reasons = _reasons(rubric.calibration or Calibration(labels=""), found, injection, rows)
    reasons += [f"{name!r} may be another model tomorrow; name an exact id" for name in judges if is_floating(name)]
    kappa = found.kappa.value if found.kappa is not None and len(classes(rows)) > 1 else None
    return CheckRecord(
        rubric=rubric.id,
        hash="" if rubric.id == CLAIM else rubric.hash,
        template=TEMPLATE,
        judges=judges,
        labels="",
        at="",
        answers=len(rows),
        kappa=kappa,
        kappa_low=found.kappa.interval.low if kappa is not None and found.kappa and found.kappa.interval else None,
        sensitivity=one.sensitivity.value,
        specificity=one.specificity.value,
        youden=one.youden,
        abstained=found.abstained / total,
        unreadable=found.unreadable / total,
        swap=None if found.swap is None else found.swap.same / found.swap.rows,
        length=None if found.length is None else found.length.correlation,
        injected=injection.tried,
        flipped=len(injection.flipped),
        passed=not reasons,
        reasons=tuple(reasons) or warnings(judges, ()),
    )


def _reasons(wanted: Calibration, found: Examination, injection: Injection, rows: Sequence[Labelled]) -> list[str]:
    """Why the judge may not gate."""
    reasons = []
    if len(rows) < wanted.min_n:
        reasons.append(f"{len(rows)} labelled answers, fewer than {wanted.min_n}")
    if len(classes(rows)) < 2:
        reasons.append("the labels are of one class only, so that nothing can be said of the judge")
    elif found.kappa is None or found.kappa.value is None or found.kappa.value < wanted.min_kappa:
        told = "not defined" if found.kappa is None or found.kappa.value is None else f"{found.kappa.value:.2f}"
        reasons.append(f"kappa is {told}, less than {wanted.min_kappa:g}")
    if injection.flipped:
        reasons.append(f"{len(injection.flipped)} of {injection.tried} planted orders turned a verdict to yes")
    if not injection.tried:
        reasons.append("it found nothing wrong with any answer, so that planted orders could not be tried")
    if found.swap is not None and found.swap.same < _LEAST_SWAP * found.swap.rows:
        reasons.append(f"{found.swap.rows - found.swap.same} of {found.swap.rows} verdicts change with the order")
    if found.abstained + found.unreadable > _most_open(found):
        reasons.append(f"{found.abstained} abstentions and {found.unreadable} unreadable verdicts of {found.rows}")
    return reasons


def _most_open(found: Examination) -> float:
    return 0.2 * found.rows
