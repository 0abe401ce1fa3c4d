"""Take out of production data who it is about: the same person stays the same, but nobody can tell who that is."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from typing import Any, Final

from harness.guardrails.pii import check_pii
from harness.telemetry.redact import Redactor

_CHUNK: Final = 20_000
_KNOWN: Final = 4
_NAMED: Final = re.compile(
    r"^(?:user|customer|client|person|employee|contact|holder|owner|account|beneficiary)?_?"
    r"(?:e_?mail|phone|mobile|first_?name|last_?name|full_?name|given_?name|family_?name|surname|address|street|date_of_birth|dob|ssn|"
    r"iban|tax_id|passport|user_?id|user_?name|customer_?id|client_?id|account_?(?:id|number|no|holder|name))$",
    re.IGNORECASE,
)
"""Keys whose values are somebody's, whatever they look like."""


class Deidentifier:
    """Replaces personal data by numbered words, `[e-mail 1]`, the same for the same value, and secrets by their names.

    Args:
        people: Ids of users as the traces name them; they become `user-…`, wherever they stand.
    """

    def __init__(self, people: tuple[str, ...] = ()) -> None:
        self._redactor = Redactor(os.environ)
        self._given: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._people = {name: pseudonym("user", name) for name in people if len(name) >= _KNOWN}

    @property
    def replaced(self) -> int:
        """How many different values were replaced."""
        return len(self._given)

    def text(self, content: str) -> str:
        """The text without personal data."""
        for name in sorted(self._people, key=len, reverse=True):
            content = content.replace(name, self._people[name])
        pieces = [content[start : start + _CHUNK] for start in range(0, len(content), _CHUNK)]
        return self._redactor.text("".join(map(self._piece, pieces)))

    def _piece(self, content: str) -> str:
        found = sorted(
            (breach.span, breach.rule.removeprefix("pii."))
            for breach in check_pii(content).breaches
            if breach.span is not None
        )
        clean, end = [], 0
        for (start, stop), kind in found:
            if start >= end:
                clean += [content[end:start], self._word(kind, content[start:stop])]
                end = stop
        return "".join([*clean, content[end:]])

    def _word(self, kind: str, value: str) -> str:
        same = "".join(filter(str.isalnum, value)).casefold()
        if same not in self._given:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._given[same] = f"[{kind} {self._counts[kind]}]"
        return self._given[same]

    def data(self, item: Any) -> Any:
        """JSON data without personal data; what stands under a key such as `email` or `account_holder` goes, too."""
        if isinstance(item, str):
            return self.text(item)
        if isinstance(item, Mapping):
            return {self.text(str(key)): self._under(str(key), inner) for key, inner in item.items()}
        if isinstance(item, list | tuple):
            return [self.data(inner) for inner in item]
        return item

    def _under(self, key: str, item: Any) -> Any:
        if _NAMED.match(key) and isinstance(item, str | int) and not isinstance(item, bool) and str(item).strip():
            return self._people.get(str(item)) or self._word(key.lower(), str(item))
        return self.data(item)


def pseudonym(kind: str, name: str) -> str:
    """A name that stays the same and says nothing, such as `user-1f0c22ab`."""
    return f"{kind}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}" if name else ""
