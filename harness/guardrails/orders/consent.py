"""What counts as a yes: a closed list of words. Everything else is no consent, and whatever changes the order voids it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from harness.lazy import pattern

Consent: TypeAlias = Literal["yes", "no", "changed", "unclear"]

YES: Final = frozenset(
    {
        "yes", "y", "yes please", "yes, please", "yes i confirm", "yes, i confirm", "confirm", "confirmed", "i confirm",
        "approve", "approved", "i approve", "yes, approved", "i confirm this order", "i approve this order",
    }
)  # fmt: skip
"""The only words that approve an order. `ok`, `sure`, `go ahead` and a thumb are not among them, on purpose."""

NO: Final = frozenset(
    {
        "no", "n", "no thanks", "no thank you", "no, thanks", "no, thank you", "cancel", "cancel it", "stop", "don't", "do not",
        "don't execute", "do not execute", "abort", "decline", "declined", "reject", "rejected", "deny", "denied",
    }
)  # fmt: skip
"""Words that refuse it."""

_TRAILING = pattern(r"[\s.!]+\Z")
_LONGEST = 4000


def consent(answer: Any) -> Consent:
    """What an answer to "do you confirm this order?" means.

    `answer` is a text, a truth value, `{"approved": true}` as interfaces send it, `{"answer": ...}` as tests script it, or a
    changed order as a mapping or as JSON. Only `yes` approves, and only the order that was asked about.
    """
    for _ in range(4):  # an answer may be wrapped, but not for ever
        if not isinstance(answer, Mapping) or "answer" not in answer:
            break
        answer = answer["answer"]
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, Mapping):
        return _approved(answer)
    return _worded(answer) if isinstance(answer, str) else "unclear"


def _approved(answer: Mapping[Any, Any]) -> Consent:
    if "approved" in answer:
        beside = set(answer) - {"approved", "reason", "by", "at", "comment"}
        if answer["approved"] is True:
            return "changed" if beside else "yes"
        return "no"
    return "changed" if answer else "unclear"


def _worded(text: str) -> Consent:
    if len(text) > _LONGEST:
        return "unclear"
    if text.lstrip().startswith("{"):
        return _written(text)
    folded = unicodedata.normalize("NFC", text).casefold().replace("’", "'")
    plain = _TRAILING.sub("", " ".join(folded.split()))
    return "yes" if plain in YES else "no" if plain in NO else "unclear"


def _written(text: str) -> Consent:
    try:
        data = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return "unclear"
    return _approved(data) if isinstance(data, dict) else "unclear"


def _refuse(name: str) -> Any:
    raise ValueError(name)
