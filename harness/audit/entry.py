"""Entries before they are linked: what every one of them says, in one order and one form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any


def entry(event: str, *, time: str = "", details: Mapping[str, Any] | None = None, **known: Any) -> dict[str, Any]:
    """An entry; what is not known is left out."""
    said = {name: content for name, content in known.items() if content not in (None, "")}
    return {"time": time or now(), "event": event, **said, **({"details": dict(details)} if details else {})}


def own_entry(event: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """An entry that the log writes about itself."""
    return entry(event, details=details)


def now() -> str:
    """The time, to the millisecond."""
    return stamp(datetime.now(UTC))


def stamp(when: datetime) -> str:
    """A time as entries have it: UTC, milliseconds."""
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def cleaned(item: Any, clean: Callable[[str], str]) -> Any:
    """JSON-plain data with every text cleaned, keys included."""
    if isinstance(item, str):
        return clean(item)
    if isinstance(item, Mapping):
        return {clean(str(name)): cleaned(content, clean) for name, content in item.items()}
    return [cleaned(content, clean) for content in item] if isinstance(item, list | tuple) else item
