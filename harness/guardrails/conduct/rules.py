"""The rules of conduct: read from a data file, each with its id, severity, jurisdiction, source and as-of date."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, Final, cast

from harness.frozen import frozen
from harness.guardrails.ruling import Severity

JURISDICTIONS: Final = ("US", "GB", "EU")
"""Where the rules that are shipped apply."""


@frozen(slots=False)
class Rule:
    """One thing that must not be said."""

    id: str
    """Stable id, such as `promissory.guarantee`."""

    severity: Severity
    jurisdiction: tuple[str, ...]
    """Where it applies; empty for everywhere."""

    as_of: str
    """Day on which it was last compared with its source."""

    source: str
    """The rule that it comes from."""

    message: str
    """What a sentence that breaks it does."""

    cues: tuple[str, ...]
    """Texts in small letters, one of which must be there; a search for them is cheap."""

    pattern: str
    """Regular expression for the phrase."""

    needs: str = ""
    """Regular expression that must match somewhere else in the sentence too."""

    unless: str = ""
    """Regular expression for sentences that it does not speak of."""

    scoped: bool = True
    """Whether a sentence that denies, quotes, attributes, supposes or asks the phrase may say it."""

    @cached_property
    def expressions(self) -> tuple[re.Pattern[str], re.Pattern[str] | None, re.Pattern[str] | None]:
        """The three expressions, compiled."""
        needs, unless = (re.compile(text, re.IGNORECASE) if text else None for text in (self.needs, self.unless))
        return re.compile(self.pattern, re.IGNORECASE), needs, unless


def read_rules(data: Any) -> tuple[Rule, ...]:
    """Read rules of one's own, of the shape of the file beside this module.

    Raises:
        ValueError: for a rule that is none.
    """
    rows = data.get("rules") if isinstance(data, Mapping) else data
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise ValueError("there is no list of rules")  # noqa: TRY004 - one kind of error for every mistake
    return tuple(_rule(row) for row in rows)


def _rule(row: Any) -> Rule:
    if not isinstance(row, Mapping) or not {"id", "severity", "pattern", "as_of"} <= row.keys():
        raise ValueError("a rule has an id, a severity, a pattern and an as_of date")
    if row["severity"] not in ("block", "warn", "info"):
        raise ValueError(f"{row['id']}: the severity is block, warn or info")
    made = Rule(
        id=str(row["id"]),
        severity=cast("Severity", row["severity"]),
        jurisdiction=tuple(row.get("jurisdiction") or ()),
        as_of=str(row["as_of"]),
        source=str(row.get("source", "")),
        message=str(row.get("message") or row["id"]),
        cues=tuple(str(cue).casefold() for cue in row.get("cues") or ()),
        pattern=str(row["pattern"]),
        needs=str(row.get("needs") or ""),
        unless=str(row.get("unless") or ""),
        scoped=bool(row.get("scoped", True)),
    )
    try:
        _ = made.expressions
    except re.error as error:
        raise ValueError(f"{made.id}: {error}") from error
    return made


@lru_cache(maxsize=1)
def shipped() -> tuple[Rule, ...]:
    """The rules beside this module."""
    return read_rules(json.loads((files(__package__) / "rules.json").read_text(encoding="utf-8")))
