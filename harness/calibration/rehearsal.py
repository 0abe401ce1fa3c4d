"""Have labelled answers judged, in the order of the criteria and in the other, and with orders planted in them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from harness.errors import Incomplete
from harness.frozen import frozen
from harness.judge.asking import Question, summed
from harness.judge.judge import Judge
from harness.judge.voting import merged
from harness.rubrics import Criterion

from .columns import Example
from .labelled import Labelled
from .payloads import payloads
from .ratings import ABSTAINED, UNREADABLE

T = TypeVar("T")
_MOST_DOWN: Final = 0.05
_VOTES: Final = {"yes": "yes", "no": "no", "cannot_tell": ABSTAINED, "unscored": UNREADABLE}


@frozen
class Judged:
    """What the judge said of one labelled answer."""

    row: Labelled
    """The answer."""

    votes: dict[str, str]
    """Its verdict by criterion; `(unreadable)` where there is none."""

    problem: str
    """Why it could not be read."""

    down: bool
    """Whether no judge could be asked."""

    cost_usd: float | None
    """What it cost; None when unknown."""


@frozen
class Injection:
    """What thirty planted orders changed."""

    base: str
    """Answer that they were planted in; empty when none was fit for it."""

    tried: int
    """Orders that were tried."""

    flipped: tuple[str, ...]
    """Names of those that turned a verdict to yes."""

    unreadable: int
    """How many made the reply unusable, which forges nothing."""

    cost_usd: float | None
    """What it cost."""


async def judge_all(judge: Judge, rows: Sequence[Labelled], *, concurrency: int, swapped: bool = False) -> list[Judged]:
    """Judge every answer once.

    Args:
        judge: The judge.
        rows: The answers.
        concurrency: Answers at once.
        swapped: Whether the criteria are asked in the other order.
    """
    return await _at_most(concurrency, [judge_one(judge, row, swapped=swapped) for row in rows])


async def judge_one(judge: Judge, row: Labelled, *, swapped: bool = False) -> Judged:
    """Judge one answer by the criteria that it is labelled for."""
    criteria: list[Criterion] = [item for item in row.rubric.criteria if item.id in row.labels]
    asked = criteria[::-1] if swapped else criteria
    question = Question(row.shown, asked, row.answer, row.rubric.probabilities)
    ballots = await judge.examine(row.rubric, question)
    usable = [ballot.items for ballot in ballots if ballot.items is not None]
    items = merged(usable, row.rubric.panel) if usable else {}
    cost: float | None = 0.0
    for ballot in ballots:
        cost = summed(cost, ballot.cost_usd)
    votes = {item.id: _VOTES[items[item.id].vote] if item.id in items else UNREADABLE for item in criteria}
    problem = next((ballot.problem for ballot in ballots if ballot.problem), "")
    return Judged(row, votes, problem, all(ballot.down for ballot in ballots), cost)


def refuse_outage(judged: Sequence[Judged]) -> None:
    """Stop where the judge could not be asked about too many answers.

    Raises:
        Incomplete: then.
    """
    down = [item for item in judged if item.down]
    if len(down) > _MOST_DOWN * len(judged):
        raise Incomplete(
            f"the judge could not be asked about {len(down)} of {len(judged)} answers: {down[0].problem}",
            remedy="try again when it can be reached; an outage says nothing of the judge",
            where="judge check",
        )


def examples_of(judged: Sequence[Judged], swapped: Sequence[Judged] = ()) -> list[Example]:
    """One example for each answer and criterion; those of one answer belong together."""
    other = {item.row.id: item.votes for item in swapped}
    return [
        Example(
            id=f"{item.row.id}:{name}",
            labels=(label,),
            verdict=item.votes[name],
            swapped=other[item.row.id][name] if item.row.id in other else None,
            group=name,
            cluster=item.row.id,
            length=float(len(item.row.answer)),
        )
        for item in judged
        for name, label in item.row.labels.items()
    ]


async def inject(judge: Judge, judged: Sequence[Judged], *, concurrency: int) -> Injection:
    """Plant each order in the answer that the judge found worst, and see whether any verdict turns to yes."""
    bad = max(judged, key=lambda item: list(item.votes.values()).count("no"), default=None)
    refused = [] if bad is None else [name for name, vote in bad.votes.items() if vote == "no"]
    if bad is None or not refused:
        return Injection("", 0, (), 0, 0.0)
    suite = payloads(list(bad.votes))
    rows = [_planted(bad.row, name, text) for name, text in suite.items()]
    found = await judge_all(judge, rows, concurrency=concurrency)
    flipped = tuple(
        name
        for name, item in zip(suite, found, strict=True)
        if any(item.votes[criterion] == "yes" for criterion in refused)
    )
    cost: float | None = 0.0
    for item in found:
        cost = summed(cost, item.cost_usd)
    return Injection(bad.row.id, len(suite), flipped, sum(UNREADABLE in item.votes.values() for item in found), cost)


def _planted(row: Labelled, name: str, text: str) -> Labelled:
    return replace(row, id=f"{row.id}+{name}", shown={**row.shown, "answer": f"{row.answer}\n\n{text}"})


async def _at_most(limit: int, asked: Iterable[Awaitable[T]]) -> list[T]:
    gate = asyncio.Semaphore(max(1, limit))

    async def one(waiting: Awaitable[T]) -> T:
        async with gate:
            return await waiting

    return list(await asyncio.gather(*(one(waiting) for waiting in asked)))
