"""Answers that people labelled criterion by criterion: what a judge is checked with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from harness.errors import UserError, nearest
from harness.frozen import frozen
from harness.judge.judge import CLAIM, claimed
from harness.rubrics import Rubric
from harness.workspace import Workspace

from .tables import Row, cell, read_table

NOT_APPLICABLE: Final = "n/a"
"""Label of a criterion that does not apply to an answer."""

CLAIMS: Final = "labels/claims.jsonl"
"""Labelled claims, in the judges folder: what bare sentences are checked with."""

_LABELS: Final = ("yes", "no", NOT_APPLICABLE)
_SHOWN: Final = ("question", "answer", "tool_facts", "reference", "structured")


@frozen
class Labelled:
    """One labelled answer."""

    id: str
    """Its name."""

    shown: Mapping[str, str]
    """What the judge may see, by name."""

    labels: Mapping[str, str]
    """`yes` or `no` by criterion; criteria that do not apply are left out."""

    rubric: Rubric
    """What it is judged by."""

    @property
    def answer(self) -> str:
        """The answer."""
        return self.shown["answer"]


def labels_of(workspace: Workspace, rubric: Rubric) -> Path:
    """The file of a rubric's labels.

    Raises:
        UserError: for a rubric without one.
    """
    if rubric.id == CLAIM:
        return workspace.judges / CLAIMS
    if rubric.calibration is None or rubric.where is None:
        raise UserError(
            f"the rubric {rubric.id!r} has no labels",
            remedy="write `calibration: {labels: labels/NAME.jsonl}` into it, with answers that people labelled",
            where=str(rubric.where or rubric.id),
        )
    return workspace.inside(rubric.calibration.labels, base=(workspace.root / rubric.where.file).parent)


def read_labelled(path: Path, rubric: Rubric) -> tuple[Labelled, ...]:
    """Read labelled answers, strictly.

    Raises:
        UserError: for a file of another form, with the place in it.
    """
    rows = [labelled_row(row, rubric) for row in read_table(path)]
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise UserError(f"the id {row.id!r} stands twice", remedy="give one another id", where=str(path))
        seen.add(row.id)
    return tuple(rows)


def digest(path: Path) -> str:
    """What a file of labels is known by."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def classes(rows: Sequence[Labelled]) -> set[str]:
    """The labels that occur."""
    return {label for row in rows for label in row.labels.values()}


def labelled_row(row: Row, rubric: Rubric) -> Labelled:
    """Read one row, strictly.

    Raises:
        UserError: for one of another form.
    """
    form = 'a row is {"id": ..., "question": ..., "answer": ..., "labels": {criterion: "yes"}}'
    shown = {name: text for name in _SHOWN if isinstance(text := cell(row, name), str) and text}
    if "answer" not in shown:
        raise UserError("there is no answer", remedy=form, where=row.where)
    claim = cell(row, "claim")
    if rubric.id == CLAIM:
        if not isinstance(claim, str) or not claim.strip():
            raise UserError("there is no claim", remedy='write "claim": "a sentence"', where=row.where)
        rubric = claimed(claim)
    given = cell(row, "labels")
    if given is None and len(rubric.criteria) == 1:
        given = {rubric.criteria[0].id: cell(row, "label")}
    if not isinstance(given, Mapping):
        raise UserError("there are no labels", remedy=form, where=row.where)
    names = [criterion.id for criterion in rubric.criteria]
    for name, label in given.items():
        if name not in names:
            raise UserError(f"the rubric has no criterion {name!r}", remedy=nearest(name, names), where=row.where)
        if label not in _LABELS:
            raise UserError(f"{label!r} is no label of {name}", remedy=f"write {', '.join(_LABELS)}", where=row.where)
    missing = [name for name in names if name not in given]
    if missing:
        raise UserError(f"there is no label for {missing[0]}", remedy="label every criterion, or n/a", where=row.where)
    labels = {name: label for name, label in given.items() if label != NOT_APPLICABLE}
    inputs: dict[str, str] = {name: text for name, text in shown.items() if name in rubric.inputs}
    return Labelled(str(cell(row, "id") or row.where), {**inputs, "answer": shown["answer"]}, labels, rubric)
