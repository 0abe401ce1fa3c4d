"""Read a judge's reply, strictly: whatever is not exactly what was asked for is no verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from harness.frozen import frozen
from harness.llm.request import ModelReply
from harness.rubrics import Criterion

from .prompt import VERDICTS, Sealed, neutral

Vote: TypeAlias = Literal["yes", "no", "cannot_tell", "unscored"]
"""`unscored` is a verdict that cannot be used, such as one whose evidence is not in the answer."""

_FIELDS: Final = {"evidence", "rationale", "verdict"}
_LONGEST: Final = 200_000
_ROUNDING: Final = 0.02


class UnusableError(ValueError):
    """A reply that is not in the form asked for; says so in words that quote nothing of it."""


@frozen
class Item:
    """What a judge said on one criterion."""

    vote: Vote
    """Its verdict."""

    rationale: str = ""
    """Why."""

    evidence: str = ""
    """Passage of the answer that it quotes."""

    span: tuple[int, int] | None = None
    """Where that is in the answer, in characters."""

    probabilities: Mapping[str, float] | None = None
    """How likely each verdict is; None where it was not asked for."""


def read_reply(reply: ModelReply, sealed: Sealed, criteria: Sequence[Criterion], answer: str) -> dict[str, Item]:
    """Read the items of a reply, by criterion.

    Raises:
        UnusableError: for anything but one JSON object with this call's ticket and exactly the criteria asked.
    """
    if reply.stop_reason == "refusal":
        raise UnusableError("it was a refusal")
    if reply.stop_reason == "max_tokens":
        raise UnusableError("it was cut short")
    found = _object(reply.text)
    if set(found) != {"ticket", "criteria"} or found["ticket"] != sealed.ticket:
        raise UnusableError("it must have the keys ticket and criteria, and the ticket of this request")
    entries = found["criteria"]
    if not isinstance(entries, dict) or set(entries) != {criterion.id for criterion in criteria}:
        raise UnusableError("it must answer exactly the criteria that were asked")
    return {
        criterion.id: _item(criterion, entries[criterion.id], answer, likely=sealed.probabilities)
        for criterion in criteria
    }


def unsupported(items: Mapping[str, Item]) -> str | None:
    """Say which items lack the evidence they need, for a second try."""
    names = [name for name, item in items.items() if item.vote == "unscored"]
    return f"the evidence for {', '.join(names)} is not a passage of the answer" if names else None


def _object(text: str) -> dict[str, Any]:
    if len(text) > _LONGEST:
        raise UnusableError("it is too long")
    try:
        found = json.loads(text, object_pairs_hook=_no_repeats)
    except (json.JSONDecodeError, RecursionError):
        raise UnusableError("it is not one JSON object with nothing around it") from None
    if not isinstance(found, dict):
        raise UnusableError("it is not a JSON object")
    return found


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnusableError("a key stands in it twice")
    return found


def _item(criterion: Criterion, entry: object, answer: str, *, likely: bool) -> Item:
    wanted = _FIELDS | {"probabilities"} if likely else _FIELDS
    if not isinstance(entry, dict) or set(entry) != wanted or not all(isinstance(entry[name], str) for name in _FIELDS):
        raise UnusableError("each criterion must have evidence, rationale and verdict, all of them text")
    vote, evidence = entry["verdict"], entry["evidence"]
    if vote not in VERDICTS:
        raise UnusableError(f"a verdict must be one of {', '.join(VERDICTS)}")
    probabilities = _probabilities(entry["probabilities"], vote) if likely else None
    span = find(evidence, answer)
    known = span is not None or find(evidence, neutral(answer)) is not None
    # A yes must show what it saw. A no may be about what is not there, but what it quotes must be.
    if criterion.evidence == "required" and not known and (vote == "yes" or (vote == "no" and evidence.strip())):
        vote = "unscored"
    return Item(vote, entry["rationale"], evidence if known else "", span, probabilities)


def _probabilities(said: object, vote: str) -> dict[str, float]:
    """A distribution that does not contradict the verdict beside it."""
    if not isinstance(said, dict) or set(said) != set(VERDICTS):
        raise UnusableError(f"probabilities must be given for {', '.join(VERDICTS)}")
    if any(
        isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1 for share in said.values()
    ):
        raise UnusableError("a probability must be a number from 0 to 1")
    if abs(sum(said.values()) - 1) > _ROUNDING:
        raise UnusableError("the probabilities of a criterion must add up to 1")
    if said[vote] < max(said.values()):
        raise UnusableError("the verdict must be the most likely one")
    return {name: float(share) for name, share in said.items()}


def find(passage: str, answer: str) -> tuple[int, int] | None:
    """Where a passage stands in the answer, white space aside; None when it does not, or says nothing."""
    words = passage.split()
    if not any(character.isalnum() for character in passage):
        return None
    match = re.search(r"\s+".join(map(re.escape, words)), answer)
    return None if match is None else match.span()
