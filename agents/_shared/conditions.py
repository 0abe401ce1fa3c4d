"""What does not work around an agent in a trial: services that are down, slow or replaced by a stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Final

from harness.errors import UserError, nearest

ALWAYS: Final = 10**6
"""More failures than anybody retries."""

SERVICES: Final = (
    "knowledge",
    "tagger",
    "reporter",
    "charter",
    "retirement",
    "portfolio",
    "analyst",
    "trade",
    "broker",
    "judge",
    "store",
)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a case says about the services, such as `{down: [knowledge], slow: {charter: 70}, mocked: [reporter]}`."""

    down: Mapping[str, int] = field(default_factory=dict)
    """How often a service fails before it works; a plain list of names means always."""

    down_after: Mapping[str, int] = field(default_factory=dict)
    """How often a service works before it stops for good."""

    slow: Mapping[str, float] = field(default_factory=dict)
    """Seconds on the virtual clock that a service takes."""

    refusing: frozenset[str] = frozenset()
    """Services that answer, but with a failure of their own."""

    mocked: frozenset[str] = frozenset()
    """Services answered by a stand-in, as the original's MOCK_LAMBDAS does."""

    failing_with: Mapping[str, str] = field(default_factory=dict)
    """What tools say when they fail, by name: other people's words, as all text of a tool."""

    price_quota: int | None = None
    """Prices that the feed gives in a minute; None for as many as anybody likes."""

    @classmethod
    def split(cls, spec: Mapping[str, Any]) -> tuple[Conditions, dict[str, Any]]:
        """Take the conditions out of a case's `world`, and leave the rest.

        Raises:
            UserError: for an unknown service.
        """
        down = spec.get("down", {})
        found = cls(
            down=dict(down) if isinstance(down, Mapping) else dict.fromkeys(down, ALWAYS),
            down_after=dict(spec.get("down_after", {})),
            slow=dict(spec.get("slow", {})),
            refusing=frozenset(spec.get("refusing", ())),
            mocked=frozenset(spec.get("mocked", ())),
            failing_with=dict(spec.get("failing_with", {})),
            price_quota=spec.get("price_quota"),
        )
        for name in (*found.down, *found.down_after, *found.slow, *found.refusing, *found.mocked):
            if name not in SERVICES:
                raise UserError(f"unknown service {name!r}", remedy=nearest(str(name), SERVICES))
        return found, {key: content for key, content in spec.items() if key not in _names()}


@cache
def _names() -> frozenset[str]:
    return frozenset(part.name for part in fields(Conditions))
