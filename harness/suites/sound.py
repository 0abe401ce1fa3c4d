"""What a case must fulfil beyond the shape of its parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from harness.document import Mistake, Site
from harness.model import Case

from .shapes import CaseFile

LONGEST_ID: Final = 100
"""Longest case id, the suffix of its variables included."""

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?")


def unsound(case: Case, file: CaseFile, site: Site) -> Iterator[Mistake]:
    """Say what is wrong with a case whose parts were all read."""
    if not _ID.fullmatch(case.id) or len(case.id) > LONGEST_ID:
        remedy = f"use letters, digits, `.`, `_` and `-`, first a letter or digit, at most {LONGEST_ID}"
        yield site.mistake(f"the id {case.id[:60]!r} is not usable", remedy, "id")
    if case.as_of is not None and not is_date(case.as_of):
        remedy = "write 2026-03-31 or 2026-03-31T16:00:00+00:00"
        yield site.mistake(f"as_of: {case.as_of[:40]!r} is no date", remedy, "as_of")
    if file.turns and file.input is not None:
        yield site.mistake("both 'input' and 'turns' are given", "keep one of them", "turns", at_key=True)
    if case.input is None and not file.turns and not case.world:
        yield site.mistake("the case asks nothing", "add `input:` or `turns:`")
    every = [*case.checks, *(check for turn in case.turns for check in turn.checks)]
    if every and not sum(check.weight for check in every):
        yield site.mistake("the weights of the checks sum to 0", "give one of them a weight above 0", "assert")


def is_date(text: str) -> bool:
    """Whether text is an ISO 8601 date, or date and time, with dashes."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return _DATE.fullmatch(text) is not None
