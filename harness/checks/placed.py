"""Find the orders that a trial placed: in the broker's books where they were recorded, otherwise in the calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from harness.frozen import frozen
from harness.guardrails.orders import Order
from harness.guardrails.orders.reading import read
from harness.model import Step
from harness.registry import Subject
from harness.steps.calls import named

TOOLS: Final = (
    "submit_order", "place_order", "create_order", "send_order", "execute_order", "execute_*_order", "place_*_order", "*buy_stock",
    "*sell_stock", "market_buy", "market_sell",
)  # fmt: skip
"""Tools that place orders, by the names that brokers' interfaces have."""

NOT_PLACED: Final = frozenset(
    {
        "previewed",
        "preview",
        "draft",
        "proposed",
        "cancelled",
        "canceled",
        "rejected",
        "not_confirmed",
        "denied",
        "expired",
        "error",
    }
)
"""States of orders that never reached the broker, unless a time of submission says otherwise."""


@frozen
class Placed:
    """One order that reached the broker."""

    id: str
    order: Order | None
    """Its terms; None where they cannot be read."""

    data: Mapping[str, Any]
    """As it was recorded."""

    place: str
    """JSON path in the artifact; empty for a call."""

    step: Step | None = None
    """The call that placed it, where one can be told."""


def placed(subject: Subject, artifact: str, tools: Sequence[str]) -> tuple[Placed, ...] | None:
    """Every order that was placed; None when the trial recorded no orders and called none of the tools."""
    calls = [call for call in subject.trace.tools if named(call.name, tools)]
    rows = _rows(subject.trace.artifacts.get(artifact))
    if rows is not None:
        return tuple(_booked(rows, calls))
    return tuple(_called(calls)) if calls else None


def terms_of(data: Mapping[str, Any]) -> Order | None:
    """The terms in whatever mapping holds them; money counts where both money and shares are given."""
    known = {str(key): item for key, item in data.items() if item is not None}
    if "notional" in known:
        for estimate in ("quantity", "qty", "shares", "amount"):
            known.pop(estimate, None)
    elif {"quantity", "qty", "shares"} & known.keys():
        known.pop("amount", None)
    if str(known.get("type", "")).casefold() not in {"market", "limit", "stop", "stop_limit"}:
        known.pop("type", None)  # many books call the kind of a row its type
    known.pop("status", None)
    made, _ = read(Order, known, path="order", strict=False)
    return made


def id_of(data: Any) -> str:
    """Id of an order, under any of its names."""
    if not isinstance(data, Mapping):
        return ""
    for name in ("order_id", "id", "orderId", "client_order_id"):
        if isinstance(data.get(name), str | int):
            return str(data[name])
    inner = data.get("order")
    return id_of(inner) if isinstance(inner, Mapping) and inner is not data else ""


def _rows(artifact: Any) -> list[tuple[str, Mapping[str, Any]]] | None:
    if isinstance(artifact, Mapping) and isinstance(artifact.get("orders"), list | tuple):
        return [(f"$.orders[{n}]", row) for n, row in enumerate(artifact["orders"]) if isinstance(row, Mapping)]
    if isinstance(artifact, Mapping):
        rows = artifact.items()
        return [(f"$['{key}']", {"id": key, **row}) for key, row in rows if isinstance(row, Mapping)]
    if isinstance(artifact, list | tuple):
        return [(f"$[{place}]", row) for place, row in enumerate(artifact) if isinstance(row, Mapping)]
    return None


def _booked(rows: Sequence[tuple[str, Mapping[str, Any]]], calls: Sequence[Step]) -> Iterator[Placed]:
    by_id: dict[str, Step] = {}
    for call in calls:
        for name in (id_of(call.args), id_of(call.result)):
            if name and call.status == "ok":
                by_id.setdefault(name, call)  # the first one placed it; later ones were retries
    for place, row in rows:
        status = str(row.get("status") or "").casefold()
        reached = row.get("submitted_at") or row.get("filled_at")
        if status in NOT_PLACED and not reached:
            continue
        name = id_of(row)
        yield Placed(name, terms_of(row), row, place, by_id.get(name))


def _called(calls: Sequence[Step]) -> Iterator[Placed]:
    seen: set[str] = set()
    for call in calls:
        result = call.result if isinstance(call.result, Mapping) else {}
        status = str(result.get("status") or "").casefold()
        name = id_of(result) or id_of(call.args)
        if call.status != "ok" or status in NOT_PLACED or result.get("replayed") is True:
            continue
        if name and name in seen:
            continue
        seen.add(name)
        inner = result.get("order")
        data = {**call.args, **(inner if isinstance(inner, Mapping) else {}), **result}
        yield Placed(name, terms_of(data), data, "", call)
