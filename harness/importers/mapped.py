"""What came of somebody else's cases: ours, and what of theirs could not be said in our words, with the reason."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from harness.frozen import frozen
from harness.model import Case, canonical
from harness.text import one_line

from .reading import case_id


@frozen
class Unmapped:
    """One thing that was not taken over."""

    place: str
    """Where it stands: `tests[2].assert[0]`."""

    what: str
    """What it is: `similar`."""

    why: str
    """Why, and what to do instead."""

    def __str__(self) -> str:
        return one_line(f"{self.place} {self.what}: {self.why}", 300)


@frozen
class Mapped:
    """Cases, and what is missing of them."""

    cases: tuple[Case, ...]
    """Those of which something can be checked."""

    unmapped: tuple[Unmapped, ...] = ()
    """What was not taken over."""

    left_out: tuple[str, ...] = ()
    """Cases of which nothing can be checked, by their places."""


class Names:
    """Ids that stay the same when the file is read again, and when cases around them come and go."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, given: str | None, content: Any) -> str:
        """An id: the name that was given, else the content's first words and its hash; the hash, too, where it is taken."""
        mark = hashlib.sha256(canonical(content).encode()).hexdigest()[:8]
        name = case_id(given)[:91] if given and re.search(r"\w", given) else ""
        if not name:
            words = content if isinstance(content, str) else canonical(content)
            name = f"{case_id(' '.join(re.findall(r'[A-Za-z0-9]+', words)[:6]))[:80]}-{mark}"
        if name.lower() in self._taken:
            name = f"{name[:91]}-{mark}"
        number, base = 2, name
        while name.lower() in self._taken:
            name, number = f"{base[:96]}.{number}", number + 1
        self._taken.add(name.lower())
        return name


def told(mapped: Mapped, *, most: int = 20) -> Sequence[str]:
    """Lines for a person: what was not taken over."""
    lines = [f"not taken over: {item}" for item in mapped.unmapped[:most]]
    if len(mapped.unmapped) > most:
        lines.append(f"… and {len(mapped.unmapped) - most} more; the suite's head lists all")
    lines += [f"left out: {place}, of which nothing can be checked" for place in mapped.left_out]
    return lines
