"""Which jobs an event asks for: the bodies of SQS records, a direct invocation, or neither."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,63}")


def asked(event: Any) -> list[str | None]:
    """One job id for each record of an event, None where a record has none; a direct invocation counts as one record.

    A body is a job id, or a JSON object with `job_id`. Anything else has no id: a body is never taken for an id as a whole.
    """
    if not isinstance(event, Mapping):
        return [job_id(event)]
    records = event.get("Records")
    if not isinstance(records, list):
        return [job_id(event)]
    return [job_id(record.get("body")) if isinstance(record, Mapping) else None for record in records] or [None]


def job_id(body: Any) -> str | None:
    """The id in one body."""
    if isinstance(body, str):
        text = body.strip()
        if _ID.fullmatch(text):
            return text
        body = _read(text)
        if isinstance(body, str):
            return body if _ID.fullmatch(body) else None
    found = body.get("job_id") if isinstance(body, Mapping) else None
    return found if isinstance(found, str) and _ID.fullmatch(found) else None


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
