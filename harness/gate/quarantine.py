"""Cases that are known to be broken or flaky, each with an owner and an end: reports/quarantine.yaml.

- case: CH-07
  suite: alex/charter
  owner: ann
  expires: "2026-12-31"
  reason: provider rounds prices
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated

from harness.bounds import Len
from harness.document import FileProblems, Mistake, read_file
from harness.shape import MisfitsError, read, value

Text = Annotated[str, Len(1)]


@value
class Quarantined:
    """One case that is run and shown, but does not decide."""

    case: Text
    """Case id."""

    suite: Text
    """Suite."""

    owner: Text
    """Who sees to it."""

    expires: Text
    """Last day, such as `2026-12-31`; afterwards the case counts again."""

    reason: Text
    """Why."""

    def holds(self, today: date) -> bool:
        """Whether it is still in force."""
        return today <= date.fromisoformat(self.expires)


def read_quarantine(path: Path) -> tuple[Quarantined, ...]:
    """Read the file; a missing one has nobody in it.

    Raises:
        FileProblems: with every mistake in it.
    """
    if not path.exists():
        return ()
    document = read_file(path, path.name)
    try:
        found: tuple[Quarantined, ...] = read(tuple[Quarantined, ...], [] if document.data is None else document.data)
    except MisfitsError as error:
        raise FileProblems(
            Mistake(document.place(item.path, at_key=item.at_key), item.problem, item.remedy) for item in error.misfits
        ) from error
    wrong = [
        Mistake(document.place((index, "expires")), f"{item.expires!r} is no day", "write it as 2026-12-31, in quotes")
        for index, item in enumerate(found)
        if not _is_day(item.expires)
    ]
    if wrong:
        raise FileProblems(wrong)
    return found


def in_force(quarantine: Iterable[Quarantined], suite: str, today: date) -> tuple[frozenset[str], tuple[str, ...]]:
    """Ids of a suite's cases that do not decide, and what to say about those whose time is over."""
    mine = [item for item in quarantine if item.suite == suite]
    over = tuple(
        f"the quarantine of {item.case} ended on {item.expires}; it counts again (owner: {item.owner})"
        for item in mine
        if not item.holds(today)
    )
    return frozenset(item.case for item in mine if item.holds(today)), over


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
