"""The ledger diff: before, booked, after, and what nothing explains."""

from __future__ import annotations

from collections.abc import Sequence

from harness.story.books import Books, Line

from .element import Markup, code, element

_ORDERS = ("id", "side", "symbol", "status", "notional", "quantity", "price", "amount", "account", "reason")
_MOST = 40


def ledger_diff(told: Books) -> Markup:
    """What moved, in full; what stayed, folded."""
    moved = [line for line in told.lines if line.moved]
    still = [line for line in told.lines if not line.moved]
    parts: list[Markup] = [
        element("p", f"Before: {told.start}.", class_="soft fh-small"),
        _table(moved) if moved else element("p", "Nothing moved."),
    ]
    if still:
        parts.append(
            element("details", element("summary", f"{len(still)} balances and positions did not move"), _table(still))
        )
    if told.orders:
        parts += [element("h3", f"Orders ({len(told.orders)})"), _orders(told)]
    return element("div", *parts, class_="fh")


def _table(lines: Sequence[Line]) -> Markup:
    heads = ("Account", "What", "Before", "Orders book", "After", "Unexplained")
    rows = [
        element(
            "tr",
            element("td", line.account, data_label=heads[0]),
            element("td", line.what, data_label=heads[1]),
            *(
                element("td", words or "–", data_label=head, class_="fh-number")
                for head, words in zip(heads[2:5], (line.before, line.booked, line.after), strict=True)
            ),
            element(
                "td",
                f"✗ {line.gap}" if line.gap else "–",
                data_label=heads[5],
                class_="fh-number fh-gap" if line.gap else "fh-number",
            ),
        )
        for line in lines[:200]
    ]
    head = element(
        "tr",
        *(
            element("th", name, scope="col", class_="fh-number" if place > 1 else None)
            for place, name in enumerate(heads)
        ),
    )
    table = element("table", element("thead", head), element("tbody", *rows), class_="fh-cards")
    return element("div", table, class_="fh-scroll")


def _orders(told: Books) -> Markup:
    known = [name for name in _ORDERS if any(row.get(name) is not None for row in told.orders)]
    rows = [
        element(
            "tr",
            *(
                element("td", code(row.get(name, "–") if row.get(name) is not None else "–", 120), data_label=name)
                for name in known
            ),
        )
        for row in told.orders[:_MOST]
    ]
    head = element("tr", *(element("th", name, scope="col") for name in known))
    return element(
        "div", element("table", element("thead", head), element("tbody", *rows), class_="fh-cards"), class_="fh-scroll"
    )
