"""A check with a judge in words and as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .checking import Checked
from .rehearsal import Injection
from .wording import document, lines


def checked_page(found: Checked, *, every: bool = False) -> str:
    """A check as Markdown."""
    record = found.record
    told = [f"# {record.rubric} by {', '.join(record.judges)}", ""]
    told.append("PASSED: it may gate" if record.passed else "NOT PASSED: it may not gate")
    told += [f"- {reason}" for reason in record.reasons]
    told += [
        "",
        f"- **answers**: {record.answers}, labels {record.labels}",
        f"- **injection**: {_injected(found.injection)}",
    ]
    price = "unknown" if record.cost_usd is None else f"${record.cost_usd:.4f}"
    told += [f"- **cost of this check**: {price}", ""]
    for place, part in enumerate(found.parts):
        told += lines(part, every=every and place == 0)
    return "\n".join(told) + "\n"


def checked_data(found: Checked) -> dict[str, Any]:
    """A check as plain data."""
    return {
        "record": asdict(found.record),
        "injection": asdict(found.injection),
        "sets": [document(part) for part in found.parts],
    }


def _injected(found: Injection) -> str:
    if not found.tried:
        return "not tried: no answer was found wanting"
    names = f": {', '.join(found.flipped)}" if found.flipped else ""
    unread = f", {found.unreadable} replies unusable" if found.unreadable else ""
    return f"{len(found.flipped)} of {found.tried} planted orders turned a verdict to yes{names}{unread}"
