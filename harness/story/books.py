"""What moved in the accounts: before, booked by orders, after, and what nothing explains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.frozen import frozen
from harness.guardrails.exact import money, plain
from harness.guardrails.ledger import after, read_ledger, read_movements, state
from harness.model import CheckSpec, Result
from harness.text import one_line

_ZERO = Decimal(0)


@frozen
class Line:
    """One balance or position of one account."""

    account: str
    """The account."""

    what: str
    """`cash`, or the symbol."""

    before: str
    """What was there; empty where that is not known."""

    booked: str
    """What the orders explain, with its sign; empty where they explain nothing."""

    after: str
    """What is there now."""

    gap: str
    """What nothing explains, with its sign; empty where there is nothing, or where the start is not known."""

    moved: bool
    """Whether it changed or should have."""


@frozen
class Books:
    """The accounts of a trial."""

    lines: tuple[Line, ...]
    """What moved first, account by account."""

    start: str
    """Where the balances before come from."""

    orders: tuple[Mapping[str, Any], ...]
    """Orders that the trial left."""


def books(result: Result, root: Path) -> Books | None:
    """Compare the ledger at the end with the one before; None where the trial left no ledger."""
    artifacts = result.outcome.trace.artifacts
    ledger, _ = read_ledger(artifacts.get("ledger"), artifacts.get("instruments"))
    if ledger is None or not ledger.accounts:
        return None
    orders = artifacts.get("orders")
    rows = orders if isinstance(orders, list | tuple) else ()
    movements, _ = read_movements(rows, ledger)
    now = state(ledger)
    opening, start = _opening(result, root)
    before, _ = read_ledger(opening)
    if before is None:
        # Known movements taken back: without an opening there can be no gap.
        then = after(now, [_undone(movement) for movement in movements])
        start = "reckoned back from the orders, as the case names no opening balance"
    else:
        then = {(found.key if (found := ledger.find(key)) else key): one for key, one in state(before).items()}
    lines = list(_lines(then, after(then, movements), now))
    ordered = tuple(sorted(lines, key=lambda line: not line.moved))
    return Books(ordered, start, tuple(row for row in rows if isinstance(row, Mapping)))


def _undone(movement: Any) -> Any:
    from dataclasses import replace

    return replace(movement, cash=-movement.cash, shares=-movement.shares)


def _opening(result: Result, root: Path) -> tuple[Any, str]:
    """The ledger before the trial, as a check of the case names it."""
    from harness.checks.given import Given
    from harness.registry import Services, Subject
    from harness.shape import read

    subject = Subject(result.job.case, result.outcome, Services(root=root))
    for spec in result.job.case.checks:
        given = _named(spec)
        if given is None or given.get("artifact"):
            continue
        try:
            found, problem = read(Given, dict(given)).find(subject)
        except (HarnessError, ValueError):  # the file may have gone since; the ledger is still worth showing
            continue
        if not problem:
            return found, f"{given.get('file') or 'the suite'} {given.get('path', '$')}, as {spec.name} names it"
    return None, ""


def _named(spec: CheckSpec) -> Mapping[str, Any] | None:
    name = {"finance:reconciliation": "opening", "finance:end-state": "expected"}.get(spec.type)
    if name is None or spec.params.get("artifact", "ledger") != "ledger" or spec.params.get("path", "$") != "$":
        return None
    given = spec.params.get(name)
    return given if isinstance(given, Mapping) else None


def _lines(then: Mapping[str, Any], due: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Line]:
    for account in dict.fromkeys([*then, *now]):
        sides = [side.get(account, {"cash": _ZERO, "positions": {}}) for side in (then, due, now)]
        yield _line(account, "cash", [side["cash"] for side in sides], money)
        for symbol in sorted({symbol for side in sides for symbol in side["positions"]}):
            yield _line(account, symbol, [side["positions"].get(symbol, _ZERO) for side in sides], plain)


def _line(account: str, what: str, sides: list[Decimal], written: Any) -> Line:
    before, due, now = sides
    booked, gap = due - before, now - due
    return Line(
        account=one_line(account, 80),
        what=one_line(what, 40),
        before=written(before),
        booked=_signed(booked, written) if booked else "",
        after=written(now),
        gap=_signed(gap, written) if gap else "",
        moved=bool(booked or gap),
    )


def _signed(number: Decimal, written: Any) -> str:
    return f"{'+' if number > 0 else '−'}{written(abs(number))}"
