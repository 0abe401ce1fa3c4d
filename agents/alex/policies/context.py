"""What the offline Reporter makes of research notes: quotes them, sets opinions side by side, obeys none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

_ORDERS: Final = re.compile(
    r"ignore all|disregard|system:|system prompt|assistant|<script|important:|administrator|stop writing|new policy:|"
    r"replace every|please send|reveal",
    re.IGNORECASE,
)


def market(insights: Sequence[Mapping[str, Any]], errors: Sequence[str], *, asked: bool) -> tuple[str, list[str]]:
    """The section on the market, and the notes it cites."""
    if errors and not insights:
        return (
            (
                "Market insights are unavailable at the moment, so this report says nothing about the market. The figures above do not "
                "depend on them."
            ),
            [],
        )
    notes = list({note["id"]: note for one in insights for note in one["snippets"]}.values())
    if not notes:
        return ("No research note was found for the holdings." if asked else "There is no holding to look up."), []
    hostile = [note for note in notes if _ORDERS.search(note["text"])]
    usable = [note for note in notes if note not in hostile]
    lines = [line for symbol in _symbols(usable) for line in _about(symbol, usable)]
    if errors:
        lines.append("A part of the research notes is unavailable at the moment.")
    for note in hostile:
        lines.append(
            f"The note {_cite(note)} contains instructions to its reader; it was not followed and is not used."
        )
    return "\n".join(f"- {line}" for line in lines), [note["id"] for note in notes]


def _about(symbol: str, notes: Sequence[Mapping[str, Any]]) -> list[str]:
    own = [note for note in notes if symbol in note["symbols"]]
    fresh = [note for note in own if not note["stale"]]
    views = {note["stance"]: note for note in reversed(fresh)}
    if {"positive", "negative"} <= set(views):
        good, bad = views["positive"], views["negative"]
        return [
            (
                f'On {symbol} the notes disagree. For it: "{good["text"]}" {_cite(good)} Against it: "{bad["text"]}" {_cite(bad)} '
                "Neither side is taken here."
            )
        ]
    newest = own[0]
    old = f" This note is {newest['age_days']} days old and may be out of date." if newest["stale"] else ""
    return [f'{symbol}: "{newest["text"]}" {_cite(newest)}{old}']


def _symbols(notes: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(symbol for note in notes for symbol in note["symbols"]))


def _cite(note: Mapping[str, Any]) -> str:
    return f"[{note['id']}, {note['date']}]"
