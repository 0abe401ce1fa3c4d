"""Add a person's labels of one answer to a rubric's file: appended in one write, after the row was read as `judge check` will."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from harness.errors import UserError, os_errors
from harness.rubrics import Rubric
from harness.text import one_line
from harness.workspace import Workspace

from .labelled import Labelled, labelled_row, labels_of, read_labelled
from .tables import Row

_SUFFIX: Final = ".jsonl"


def label_row(
    rubric: Rubric, shown: Mapping[str, str], labels: Mapping[str, str], *, name: str, by: str, source: str = ""
) -> dict[str, Any]:
    """The row that a person's labels make.

    Args:
        rubric: What was labelled by.
        shown: What the person saw, by name; at least the answer.
        labels: `yes`, `no` or `n/a` by criterion.
        name: Id of the row.
        by: Who labelled.
        source: Where the answer comes from.

    Raises:
        UserError: when `judge check` could not read it.
    """
    row: dict[str, Any] = {"id": name, **shown, "labels": dict(labels), "by": one_line(by, 80)}
    row["at"] = datetime.now(UTC).isoformat(timespec="seconds")
    if source:
        row["from"] = source
    labelled_row(Row(row, "the new row"), rubric)
    return row


def append_label(workspace: Workspace, rubric: Rubric, row: Mapping[str, Any]) -> Path:
    """Append a row to the rubric's labels, and return their file; what was there stays as it is.

    Raises:
        UserError: when the file is of another kind, cannot be read or written, or has that id already.
    """
    path = labels_of(workspace, rubric)
    if path.suffix != _SUFFIX:
        raise UserError(
            "labels can be added to JSON Lines only", remedy="write the labels as a .jsonl file", where=path.name
        )
    known = read_labelled(path, rubric) if path.exists() and path.stat().st_size else ()
    _refuse_twice(known, str(row["id"]), path)
    line = json.dumps(row, ensure_ascii=False) + "\n"
    with os_errors(UserError, "it cannot be written", remedy="make it writable", where=path.name):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:  # one write at the end of the file, whoever else appends
            file.write((b"" if _ends_a_line(path) else b"\n") + line.encode("utf-8", "replace"))
            file.flush()
            os.fsync(file.fileno())
    return path


def _refuse_twice(known: tuple[Labelled, ...], name: str, path: Path) -> None:
    if any(item.id == name for item in known):
        raise UserError(f"{name!r} is labelled already", remedy="choose another answer", where=path.name)


def _ends_a_line(path: Path) -> bool:
    """Whether what is appended begins a line of its own."""
    if not path.stat().st_size:
        return True
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
