"""What all requests together took, by entity, while the gateway ran."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from harness.limits.values import MICRO

_COUNTED: Final = ("ok", "refused", "failed", "cancelled")


@dataclass(slots=True)
class _Sum:
    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTED, 0))
    tokens: int = 0
    micro_usd: int = 0
    unpriced: int = 0


class Totals:
    """Sums of the usage log's lines."""

    def __init__(self) -> None:
        self._sums: dict[str, _Sum] = {}

    def add(self, line: Mapping[str, Any]) -> None:
        """Count a line; other lines than requests count for nothing."""
        if line.get("event") != "request":
            return
        found = self._sums.setdefault(str(line.get("entity") or "(no key)"), _Sum())
        found.outcomes[str(line["outcome"])] += 1
        found.tokens += (line.get("input_tokens") or 0) + (line.get("output_tokens") or 0)
        found.micro_usd += line.get("micro_usd") or 0
        found.unpriced += line["outcome"] == "ok" and "micro_usd" not in line

    def lines(self) -> Iterator[str]:
        """One line for each entity."""
        for entity, found in sorted(self._sums.items()):
            outcomes = ", ".join(f"{count} {name}" for name, count in found.outcomes.items() if count)
            unknown = f" and {found.unpriced} of unknown price" if found.unpriced else ""
            yield f"{entity}: {outcomes}; {found.tokens:,} tokens, ${found.micro_usd / MICRO:,.6f}{unknown}"
