"""Everything that one needs to understand one trial, put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.frozen import frozen
from harness.model import Result
from harness.store import RunRow

from .books import Books, books
from .change import Change, change
from .checks import CheckLine, check_lines
from .drawings import Drawings, drawings
from .fan import Fan, fans
from .heading import Heading, heading
from .money import Money, money
from .spans import Waterfall, waterfall
from .strip import Strip, strip


@frozen
class Story:
    """One trial in the order in which a person looks for what went wrong."""

    heading: Heading
    """The verdict in a line."""

    checks: tuple[CheckLine, ...]
    """The checks."""

    money: Money
    """The answer's figures and where they come from."""

    strip: Strip
    """What was done beside the plan."""

    waterfall: Waterfall
    """The steps over time."""

    books: Books | None
    """What moved in the accounts; None without a ledger."""

    drawings: Drawings | None
    """The charts; None without any."""

    fans: tuple[Fan, ...]
    """The projections."""

    change: Change | None
    """What differs from the last trial that passed; None where none did."""


def story(
    run: RunRow,
    result: Result,
    root: Path,
    *,
    statuses: Sequence[str] = (),
    passing: tuple[RunRow, Result] | None = None,
) -> Story:
    """Tell a trial.

    Args:
        run: Its run.
        result: The trial, with its trace.
        root: The workspace, for files that the case's checks compare with.
        statuses: How all trials of its case ended in this run.
        passing: The last passing trial of the case, to compare with.
    """
    return Story(
        heading=heading(run, result, statuses or (result.status,)),
        checks=check_lines(result),
        money=money(result),
        strip=strip(result),
        waterfall=waterfall(result),
        books=books(result, root),
        drawings=drawings(result),
        fans=fans(result),
        change=None if passing is None else change(passing, (run, result)),
    )
