"""What users thought of answers, as scores: a rating out of five or a thumb, with a comment from which they cannot be told."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from harness.errors import Problems, UserError
from harness.importers.deidentify import Deidentifier
from harness.importers.reading import File
from harness.text import shorten

NAME: Final = "user_satisfaction"
"""Name of the score."""

_REMEDY: Final = (
    'write one object per line: {"trace_id": "...", "rating": 4, "comment": "..."} (or session_id, job_id, thumbs)'
)
_SUBJECTS: Final[Mapping[str, str]] = {
    "trace_id": "traceId", "traceId": "traceId", "trace": "traceId", "session_id": "sessionId", "sessionId": "sessionId",
    "session": "sessionId", "job_id": "sessionId", "conversation_id": "sessionId",
}  # fmt: skip
_THUMBS: Final = {
    "up": 1.0,
    "down": 0.0,
    "👍": 1.0,
    "👎": 0.0,
    "true": 1.0,
    "false": 0.0,
    "1": 1.0,
    "0": 0.0,
    "-1": 0.0,
}
_BEST: Final = 5


def read_feedback(path: Path) -> list[dict[str, Any]]:
    """Read a file of feedback as scores: a rating of 1 to 5 becomes a fifth of it, a thumb 0 or 1.

    Raises:
        Problems: with every line that is none.
    """
    file = File(path, _REMEDY)
    clean, found, wrong = Deidentifier(), [], []
    for place, item in file.lines():
        try:
            found.append(_score(file, item, place, clean))
        except UserError as error:
            wrong.append(error)
    if wrong:
        raise Problems(wrong)
    if not found:
        file.refuse("the file", "there is no feedback in it")
    return found


def _score(file: File, item: Any, place: str, clean: Deidentifier) -> dict[str, Any]:
    file.expect(item, dict, place, "an object")
    subject, name = next(_subjects(item), ("", ""))
    if not subject:
        file.refuse(place, "it does not say what it is about")
    value = _value(file, item, place)
    identity = f"{NAME}|{subject}|{name}|{item.get('id', item.get('user_id', ''))}"
    comment = clean.text(str(item.get("comment") or "")).strip()
    body: dict[str, Any] = {
        "id": hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:32],
        "name": NAME, "value": value, "dataType": "NUMERIC", subject: name, "metadata": {"source": "user"},
    }  # fmt: skip
    return {**body, "comment": shorten(re.sub(r"\s+", " ", comment), 480)} if comment else body


def _subjects(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, subject in _SUBJECTS.items():
        name = item.get(key)
        if isinstance(name, str) and name.strip():
            yield subject, name.strip()


def _value(file: File, item: Mapping[str, Any], place: str) -> float:
    rating = item.get("rating")
    if rating is not None:
        file.expect(rating, (int, float), f"{place}.rating", f"a number from 1 to {_BEST}")
        if not 1 <= rating <= _BEST:
            file.refuse(f"{place}.rating", f"{rating} is no rating from 1 to {_BEST}")
        return round(float(rating) / _BEST, 6)
    thumb = _THUMBS.get(str(item.get("thumbs", item.get("thumb", item.get("helpful", "")))).lower())
    if thumb is None:
        file.refuse(place, "it has no `rating` from 1 to 5, and no `thumbs` up or down")
    return thumb
