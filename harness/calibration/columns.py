"""Find the labels, verdicts and texts among the columns of a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, Final

from harness.errors import UserError, nearest
from harness.frozen import frozen

from .ratings import UNREADABLE, plain_rating
from .tables import Row, cell

_IDS: Final = ("id", "idx", "example_id", "item_id", "question_id", "instance", "instance_id", "key")
_LABELS: Final = ("label", "labels", "human", "human_label", "gold", "gold_label", "annotations")
_MANY: Final = re.compile(r"(?:annotator|annotation|label|human|rater|coder)[_-]?\w{1,30}", re.IGNORECASE)
_VERDICTS: Final = (
    "verdict",
    "judge_verdict",
    "judge_label",
    "winner",
    "winner_original_order",
    "judgement",
    "judgment",
    "prediction",
)
_SWAPPED: Final = ("verdict_swapped", "swapped_verdict", "winner_swapped_order", "winner_swapped")
_TEXTS: Final = ("answer", "response", "output", "length")
_PAIRS: Final = (
    ("response1", "response2"),
    ("output_1", "output_2"),
    ("answer_a", "answer_b"),
    ("response_a", "response_b"),
)
_COSTS: Final = ("cost_usd", "cost")


@frozen
class Columns:
    """Which column is what; what is not named is looked for."""

    id: str | None = None
    """Name of each row."""

    labels: tuple[str, ...] = ()
    """Human labels: a column for each annotator, or one column with a list or an object of them."""

    verdict: str | None = None
    """The judge's verdict."""

    swapped: str | None = None
    """Its verdict when the two answers, or the criteria, stood in the other order."""

    positions: bool = False
    """Whether the swapped verdict names the position, so that 1 and 2 mean the other answer."""

    by: tuple[str, ...] = ()
    """Columns that divide the rows into sets of their own, such as judge and strategy."""

    cluster: str | None = None
    """What rows belong together, such as their conversation."""

    length: tuple[str, ...] = ()
    """The answer's text or length; of pairs, both."""

    cost: str | None = None
    """Price of the verdict in dollars."""

    compare: tuple[str, str] | None = None
    """Two columns of numbers whose comparison is the label."""

    tolerance: float = 0.005
    """How far apart they may be, as a share of the first."""

    factors: tuple[float, ...] = (1.0, 100.0, 0.01)
    """Units that the second may be in."""


@frozen
class Example:
    """One row as it is counted."""

    id: str
    """Its name."""

    labels: tuple[str, ...]
    """Human labels, one for each annotator; `(unreadable)` where one is missing."""

    verdict: str
    """The judge's verdict."""

    swapped: str | None = None
    """The verdict in the other order; None when it was not asked for."""

    group: str = ""
    """Set that it belongs to."""

    cluster: str | None = None
    """What it belongs to."""

    length: float | None = None
    """Characters of the answer; of a pair, of the second less those of the first."""

    cost_usd: float | None = None
    """Price of the verdict."""

    shown: Mapping[str, Any] = field(default_factory=dict)
    """Cells to show where judge and people disagree."""


def examples(rows: Sequence[Row], wanted: Columns) -> tuple[tuple[Example, ...], Columns]:
    """Read the examples of a file, and say which columns they were read from.

    Raises:
        UserError: for a column that is not there, for a file without labels, and for ids that stand twice in a set.
    """
    names = list(dict.fromkeys(name for row in rows for name in row.cells))
    columns = _found(rows, names, wanted)
    read = tuple(_example(row, columns, number) for number, row in enumerate(rows))
    _refuse_repeats(read, names, columns)
    return read, columns


def joined(labels: Sequence[Row], verdicts: Sequence[Row], key: str | None) -> tuple[Row, ...]:
    """Put the verdicts of one file beside the labels of another, by their ids; a label without a verdict stays.

    Raises:
        UserError: for files without a common id, and for ids that stand twice in the second one.
    """
    name = key or next((item for item in _IDS if item in labels[0].cells and item in verdicts[0].cells), None)
    if name is None or name not in labels[0].cells or name not in verdicts[0].cells:
        raise UserError(
            f"no column names the rows of both files{f' ({key!r} does not)' if key else ''}",
            remedy="name one with --id COLUMN",
            where=verdicts[0].where,
        )
    by_id: dict[Any, list[Row]] = {}
    for row in labels:
        if str(row.cells.get(name)) in by_id:
            raise UserError(
                f"{name} {row.cells.get(name)!r} stands twice among the labels", remedy="keep one", where=row.where
            )
        by_id[str(row.cells.get(name))] = []
    unknown = 0
    for row in verdicts:
        if str(row.cells.get(name)) in by_id:
            by_id[str(row.cells.get(name))].append(row)
        else:
            unknown += 1
    if unknown == len(verdicts):
        raise UserError(
            "no verdict is for any of the labels", remedy=f"compare the column {name!r}", where=verdicts[0].where
        )
    return tuple(
        Row({**row.cells, **found.cells}, row.where)
        for row in labels
        for found in by_id[str(row.cells.get(name))] or [Row({}, row.where)]
    )


def _found(rows: Sequence[Row], names: Sequence[str], wanted: Columns) -> Columns:
    given = [wanted.id, *wanted.labels, wanted.verdict, wanted.swapped, *wanted.by, wanted.cluster, *wanted.length, wanted.cost,
             *(wanted.compare or ())]  # fmt: skip
    for name in filter(None, given):
        if all(cell(row, name) is None and name not in row.cells for row in rows[:1000]):
            raise UserError(f"there is no column {name!r}", remedy=nearest(name, names), where=rows[0].where)
    compare = wanted.compare is not None
    pair = next((pair for pair in _PAIRS if set(pair) <= {*names}), ())
    text = _first(_TEXTS, names)
    return Columns(
        id=wanted.id or _first(_IDS, names),
        labels=wanted.labels or (() if compare else _labels(names)),
        verdict=wanted.verdict or _first(_VERDICTS, names),
        swapped=wanted.swapped or _first(_SWAPPED, names),
        positions=wanted.positions,
        by=wanted.by,
        cluster=wanted.cluster,
        length=wanted.length or pair or ((text,) if text else ()),
        cost=wanted.cost or _first(_COSTS, names),
        compare=wanted.compare,
        tolerance=wanted.tolerance,
        factors=wanted.factors,
    )


def _first(known: Sequence[str], names: Iterable[str]) -> str | None:
    return next((name for name in known if name in names), None)


def _labels(names: Sequence[str]) -> tuple[str, ...]:
    one = _first(_LABELS, names)
    many = tuple(name for name in names if name not in _LABELS and _MANY.fullmatch(name))
    found = many if len(many) > 1 or one is None else (one,)
    if not found:
        raise UserError(
            "no column has human labels",
            remedy=f"name it with --label COLUMN, once for each annotator; there are: {', '.join(names)[:300]}",
            where="--label",
        )
    return found


def _example(row: Row, columns: Columns, number: int) -> Example:
    named = cell(row, columns.id) if columns.id is not None else None
    swapped = None if columns.swapped is None else plain_rating(cell(row, columns.swapped))
    if columns.positions and swapped in {"1", "2"}:
        swapped = "2" if swapped == "1" else "1"
    cost = cell(row, columns.cost) if columns.cost is not None else None
    cluster = cell(row, columns.cluster) if columns.cluster is not None else None
    return Example(
        id=str(number + 1 if named is None else named),
        labels=_rated(row, columns),
        verdict=UNREADABLE if columns.verdict is None else plain_rating(cell(row, columns.verdict)),
        swapped=swapped,
        group=" / ".join(str(cell(row, name)) for name in columns.by),
        cluster=None if cluster is None else str(cluster),
        length=_length(row, columns.length),
        cost_usd=_cost(cost),
        shown={name: cell(row, name) for name in columns.compare or ()},
    )


def _cost(cost: Any) -> float | None:
    try:
        return None if cost is None or isinstance(cost, bool) else float(cost)
    except (TypeError, ValueError):
        return None


def _rated(row: Row, columns: Columns) -> tuple[str, ...]:
    if columns.compare is not None:
        expected, answered = (cell(row, name) for name in columns.compare)
        return (_compared(expected, answered, columns),)
    found: list[str] = []
    for name in columns.labels:
        given = cell(row, name)
        several = given.values() if isinstance(given, Mapping) else given if isinstance(given, list) else (given,)
        found.extend(plain_rating(one) for one in several)
    return tuple(found)


def _compared(expected: Any, answered: Any, columns: Columns) -> str:
    try:
        right, said = float(expected), float(answered)
    except (TypeError, ValueError):
        return UNREADABLE
    near = columns.tolerance * abs(right)
    return "true" if any(abs(said * factor - right) <= near for factor in columns.factors) else "false"


def _length(row: Row, names: Sequence[str]) -> float | None:
    sizes = []
    for name in names[:2]:
        found = cell(row, name)
        if isinstance(found, str) and name == "length" and found.replace(".", "", 1).isdigit():
            found = float(found)
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            return None
        sizes.append(float(len(found)) if isinstance(found, str) else float(found))
    return None if not sizes else sizes[0] if len(sizes) == 1 else sizes[1] - sizes[0]


def _refuse_repeats(read: Sequence[Example], names: Sequence[str], columns: Columns) -> None:
    counts = Counter((example.group, example.id) for example in read)
    ((_, name), most) = counts.most_common(1)[0]
    if most > 1:
        others = [column for column in names if column != columns.id and column not in columns.labels]
        raise UserError(
            f"{columns.id} {name!r} stands {most} times",
            remedy=f"name the columns that tell them apart with --by (there are {', '.join(others)[:200]}), or another --id",
            where="--by",
        )
