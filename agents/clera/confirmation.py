"""What counts as a yes: a closed list of words, or an amendment in JSON; anything else is asked again and never executed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

YES: Final = frozenset(
    {"yes", "y", "yes please", "yes, please", "confirm", "confirmed", "i confirm", "approve", "approved"}
)
NO: Final = frozenset(
    {
        "no", "n", "no thanks", "no thank you", "no, thanks", "cancel", "cancel it", "stop", "don't", "do not",
        "don't execute", "do not execute", "abort", "decline", "declined", "reject",
    }
)  # fmt: skip
_TRAILING: Final = re.compile(r"[\s.!]+$")


class Amendment(BaseModel):
    """A changed order, as the original's interface sends it. It is previewed and asked about like a new one."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    action: Literal["execute"]
    ticker: str
    amount: int | float
    modified: bool = False
    account_id: str | None = None
    after_hours_policy: Literal["queue"] | None = None
    limit_price: int | float | None = None


class Reading(NamedTuple):
    """What an answer means."""

    kind: Literal["yes", "no", "amended", "unclear"]
    """Only `yes` executes, and only what was asked about."""

    amendment: Amendment | None = None
    """The changed order."""

    seconds: float = 0.0
    """How long the client took, on the virtual clock."""


def read(answer: Any) -> Reading:
    """Read a client's answer to a preview: text, JSON text, or what a test scripts as `{answer, after_s}`."""
    if isinstance(answer, Mapping) and "answer" in answer:
        return read(answer["answer"])._replace(seconds=_seconds(answer.get("after_s")))
    if isinstance(answer, Mapping) and "approved" in answer:
        return Reading("yes" if answer["approved"] is True else "no")
    if isinstance(answer, bool):
        return Reading("yes" if answer else "no")
    if isinstance(answer, Mapping):
        return _amended(answer)
    return _worded(answer) if isinstance(answer, str) else Reading("unclear")


def _worded(text: str) -> Reading:
    plain = _TRAILING.sub("", " ".join(text.casefold().replace("’", "'").split()))
    if plain in YES:
        return Reading("yes")
    if plain in NO:
        return Reading("no")
    if not text.lstrip().startswith("{"):
        return Reading("unclear")
    try:
        return _amended(json.loads(text))
    except (ValueError, RecursionError):
        return Reading("unclear")


def _amended(data: Any) -> Reading:
    try:
        return Reading("amended", Amendment.model_validate(data))
    except ValidationError:
        return Reading("unclear")


def _seconds(given: Any) -> float:
    return float(given) if isinstance(given, int | float) and 0 <= given < 10**6 else 0.0
