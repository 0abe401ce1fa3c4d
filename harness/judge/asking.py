"""Ask one judge about one answer, and once more when its reply cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import HarnessError
from harness.frozen import frozen
from harness.llm.errors import ModelError
from harness.llm.prices import Price, lookup
from harness.llm.request import Model
from harness.rubrics import Criterion

from .prompt import seal
from .reading import Item, UnusableError, read_reply, unsupported


@frozen
class Question:
    """What a judge is asked."""

    shown: Mapping[str, str]
    """What it may see, by name."""

    criteria: Sequence[Criterion]
    """What it decides."""

    answer: str
    """The answer that evidence must be found in."""

    probabilities: bool = False
    """Whether it also says how likely each verdict is."""


@frozen
class Ballot:
    """What one judge said."""

    model: str
    """Its model id."""

    items: Mapping[str, Item] | None
    """Its items by criterion; None when no reply of it could be used."""

    problem: str = ""
    """Why not."""

    cost_usd: float | None = 0.0
    """What it cost; None when unknown."""

    down: bool = False
    """Whether it could not be asked at all."""

    answered: str = ""
    """Exact id of the model that answered, where the provider says it."""

    kept: bool = False
    """Whether it is a verdict that was kept from an earlier asking of the same trial."""


async def ask(model: Model, question: Question, *, timeout_s: float) -> Ballot:
    """Ask one judge; two requests at most."""
    cost: float | None = 0.0
    problem: str | None = None
    items: dict[str, Item] | None = None
    answered = ""
    for _ in range(2):
        sealed = seal(
            question.shown,
            question.criteria,
            timeout_s=timeout_s,
            problem=problem,
            probabilities=question.probabilities,
        )
        try:
            reply = await model.complete(sealed.request)
        except (ModelError, HarnessError) as error:  # the latter where limits or a budget allow no call
            said = f"{error.kind}: {error.problem}" if isinstance(error, ModelError) else error.problem
            if problem is None:
                return Ballot(model.model_id, None, said, cost, down=True)
            return Ballot(model.model_id, items, f"{problem}; then {said}", cost)
        cost = summed(cost, price_of(model).of(reply.usage, cache_write_tokens=reply.cache_write_tokens))
        answered = reply.model or answered
        try:
            items = read_reply(reply, sealed, question.criteria, question.answer)
            problem = unsupported(items)
        except UnusableError as error:
            problem = str(error)
        if problem is None:
            break
    return Ballot(model.model_id, items, problem or "", cost, answered=answered)


def price_of(model: Model) -> Price:
    """The model's price; unknown prices stay unknown."""
    price: Any = getattr(model, "price", None) or lookup(model.model_id, model.provider)
    return price if isinstance(price, Price) else Price(None, None)


def summed(left: float | None, right: float | None) -> float | None:
    """Two sums together; unknown when one of them is."""
    return None if left is None or right is None else left + right
