"""From the votes of judges to one conclusion."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from harness.frozen import frozen
from harness.model import Evidence
from harness.rubrics import Panel, Rubric, Scale

from .reading import Item

_ROUNDING: Final = 1e-9
_TESTS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": lambda share, bound: share >= bound - _ROUNDING,
    "<=": lambda share, bound: share <= bound + _ROUNDING,
    ">": operator.gt,
    "<": operator.lt,
}


@frozen
class Conclusion:
    """What the votes come to."""

    passed: bool | None
    """Whether the rubric holds; None when too much is undecided."""

    score: float | None
    """Weighted share of yes among what was decided."""

    grade: int | None
    """1 to 5, where the rubric has such a scale."""

    undecided: tuple[str, ...]
    """Criteria without a usable vote."""


def merged(ballots: Sequence[Mapping[str, Item]], panel: Panel | None) -> dict[str, Item]:
    """Make one item of the judges' items for each criterion; a tie decides nothing."""
    if len(ballots) == 1 and panel is None:
        return dict(ballots[0])
    names = dict.fromkeys(name for ballot in ballots for name in ballot)
    return {name: _elected([ballot[name] for ballot in ballots if name in ballot], panel) for name in names}


def _elected(items: Sequence[Item], panel: Panel | None) -> Item:
    usable = [item for item in items if item.vote in {"yes", "no"}]
    fewest = 1 if panel is None else panel.min_votes
    votes = Counter(item.vote for item in usable)
    winner = "yes" if votes["yes"] > votes["no"] else "no"
    agreed = votes["yes"] != votes["no"] and (panel is None or panel.rule == "majority" or len(votes) == 1)
    if len(usable) < fewest or not agreed:
        return Item("cannot_tell", f"{votes['yes']} yes, {votes['no']} no, {len(items) - len(usable)} without a vote")
    return next(item for item in usable if item.vote == winner)


def conclude(rubric: Rubric, items: Mapping[str, Item]) -> Conclusion:
    """Weigh the items: criteria that do not apply are not among them, and undecided ones do not count."""
    weights = {criterion.id: criterion.weight for criterion in rubric.criteria if criterion.id in items}
    undecided = tuple(name for name in weights if items[name].vote not in {"yes", "no"})
    decided = sum(weight for name, weight in weights.items() if name not in undecided)
    total = sum(weights.values())
    if not decided or (total - decided) / total > rubric.abstain.max_share + _ROUNDING:
        return Conclusion(None, None, None, undecided)
    share = sum(weight for name, weight in weights.items() if items[name].vote == "yes") / decided
    return Conclusion(share >= rubric.threshold - _ROUNDING, share, _grade(rubric.scale, share, items), undecided)


def _grade(scale: Scale | None, share: float, items: Mapping[str, Item]) -> int | None:
    """The best grade whose bound holds, capped by criteria that failed."""
    if scale is None:
        return None
    held = [int(grade) for grade, bound in scale.map.items() if _holds(bound, share)]
    caps = [cap for name, cap in scale.veto.items() if name in items and items[name].vote == "no"]
    return min([max(held), *caps]) if held else None


def _holds(bound: str, share: float) -> bool:
    sign = bound[:2] if bound[1:2] == "=" else bound[:1]
    return _TESTS[sign](share, float(bound[len(sign) :]))


def evidence(items: Mapping[str, Item]) -> tuple[Evidence, ...]:
    """Where in the answer the verdicts rest."""
    return tuple(
        Evidence(span=item.span, note=f"{name}: {item.vote}") for name, item in items.items() if item.span is not None
    )
