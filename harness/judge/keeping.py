"""Verdicts that are kept, so that grading the same trial again costs nothing.

The key is made of everything that decides a verdict: rubric, template, provider, exact model id and its settings, case, what was
shown, and the trial itself. Two trials never share one, however equal their answers are: a copied verdict would be no second one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from harness.llm.request import Model
from harness.model import fingerprint
from harness.registry import Subject
from harness.rubrics import Rubric

from .asking import Ballot, Question
from .families import is_floating
from .prompt import TEMPLATE
from .reading import Item

FILE: Final = "verdicts.db"
"""Name of the file, beside the result store."""

_MOST: Final = 200_000
_TABLE: Final = "CREATE TABLE IF NOT EXISTS verdicts (key TEXT PRIMARY KEY, ballot TEXT NOT NULL) WITHOUT ROWID"


class Kept:
    """A file of verdicts. One that cannot be read or written costs money, and never a verdict."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None

    def find(self, key: str) -> Ballot | None:
        """The verdict under a key; None when there is none."""
        if self._database is None and not self._path.is_file():
            return None
        with suppress(sqlite3.Error, OSError, ValueError, KeyError, TypeError):
            row = self._open().execute("SELECT ballot FROM verdicts WHERE key = ?", (key,)).fetchone()
            return None if row is None else _ballot(json.loads(row[0]))
        return None

    def keep(self, key: str, ballot: Ballot) -> None:
        """Keep a verdict that could be used as a whole; others are worth asking for again."""
        if ballot.items is None or ballot.problem:
            return
        with suppress(sqlite3.Error, OSError):
            self._open().execute("INSERT OR REPLACE INTO verdicts VALUES (?, ?)", (key, json.dumps(_record(ballot))))

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def __del__(self) -> None:
        self.close()

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self._path, timeout=2.0, isolation_level=None, check_same_thread=False)
            self._database = database
            database.execute("PRAGMA synchronous = OFF")  # a verdict lost to a power cut is asked for again
            database.execute(_TABLE)
            (count,) = database.execute("SELECT count(*) FROM verdicts").fetchone()
            if count > _MOST:
                database.execute("DELETE FROM verdicts")
        return self._database


def key_of(model: Model, rubric: Rubric, question: Question, subject: Subject) -> str | None:
    """The key of a verdict; None where it cannot be kept: the trial is not known, or the model's id floats."""
    if not subject.trial or is_floating(model.model_id):
        return None
    settings = {name: getattr(model, name, None) for name in ("temperature", "max_tokens")}
    return fingerprint(
        [
            rubric.hash,
            TEMPLATE,
            [model.provider, model.name, model.model_id, settings],
            subject.case.fingerprint,
            [criterion.id for criterion in question.criteria],
            dict(question.shown),
            [subject.trial, subject.turn],
        ]
    )


def _record(ballot: Ballot) -> dict[str, Any]:
    items = {
        name: [item.vote, item.rationale, item.evidence, item.span, item.probabilities]
        for name, item in (ballot.items or {}).items()
    }
    return {"model": ballot.model, "answered": ballot.answered, "items": items}


def _ballot(record: Mapping[str, Any]) -> Ballot:
    items = {
        name: Item(vote, rationale, evidence, tuple(span) if span else None, probabilities)
        for name, (vote, rationale, evidence, span, probabilities) in record["items"].items()
    }
    return Ballot(record["model"], items, answered=record["answered"], kept=True)
