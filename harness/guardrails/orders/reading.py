"""Read orders, accounts, markets and policies from plain data, saying everything that does not fit instead of guessing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

from harness.guardrails.exact import exact, shown
from harness.guardrails.ruling import Breach, cut

from .sessions import Sessions
from .values import Account, Instrument, Market, Order, Past, Policy, Quote

T = TypeVar("T")

ALIASES: Final[Mapping[str, str]] = {
    "ticker": "symbol", "action": "side", "qty": "quantity", "shares": "quantity", "amount": "notional",
    "notional_amount": "notional", "dollars": "notional", "account_id": "account", "account_name": "account",
    "order_type": "type", "tif": "time_in_force", "limit": "limit_price", "stop": "stop_price",
    "idempotency_key": "key", "client_order_id": "key", "extended_hours": "extended",
}  # fmt: skip
"""Other names under which brokers and agents write an order's terms."""

_LONGEST = 200
_MOST = 10_000


class _Bad(ValueError):
    """A value that does not fit its field."""


def read(kind: type[T], data: Any, *, path: str, strict: bool = True) -> tuple[T | None, tuple[Breach, ...]]:
    """Make a value from a mapping or from one of its own kind; None with what is wrong when something does not fit.

    With `strict`, a key that means nothing is a mistake: a limit that nobody reads is no limit.
    """
    if data is None:
        return None, ()
    if is_dataclass(data) and isinstance(data, kind):
        given = {one.name: getattr(data, one.name) for one in fields(cast("Any", data))}
    elif isinstance(data, Mapping):
        given, clashes = _named(data, kind)
        if clashes:
            return None, (_breach(f"{path}.{clashes[0]}", "is given twice under two names"),)
    else:
        return None, (_breach(path, f"is {shown(data)}, expected a mapping"),)
    problems: list[Breach] = []
    made: dict[str, Any] = {}
    for one in fields(cast("Any", kind)):
        item = given.pop(one.name, MISSING)
        if item is MISSING or (item is None and "None" not in str(one.type)):
            continue
        try:
            made[one.name] = _KINDS[str(one.type)](item, f"{path}.{one.name}")
        except _Bad as bad:
            problems.append(_breach(f"{path}.{one.name}", str(bad)))
        except _Worse as worse:
            problems.extend(worse.breaches)
    if strict:
        problems += [_breach(f"{path}.{name}", "means nothing here") for name in list(given)[:5]]
    return (None if problems else kind(**made)), tuple(problems)


class _Worse(Exception):
    """Mistakes inside a nested value."""

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        super().__init__("nested")
        self.breaches = breaches


def _named(data: Mapping[Any, Any], kind: type) -> tuple[dict[str, Any], list[str]]:
    given: dict[str, Any] = {}
    clashes: list[str] = []
    for key, item in data.items():
        name = ALIASES.get(str(key), str(key)) if kind in (Order, Past) else str(key)
        if name in given and given[name] is not None and item is not None and given[name] != item:
            clashes.append(name)
        elif given.get(name) is None:
            given[name] = item
    return given, clashes


def _breach(path: str, problem: str) -> Breach:
    return Breach("malformed", "block", f"{path} {problem}", path=f"$.{path}", evidence=cut(problem))


def _text(item: Any, _path: str) -> str:
    if not isinstance(item, str) or len(item) > _LONGEST:
        raise _Bad(f"is {shown(item)}, expected a short text")
    return item.strip()


def _number(item: Any, _path: str) -> Any:
    number = exact(item)
    if number is None:
        raise _Bad(f"is {shown(item)}, which is no finite number")
    return number


def _whole(item: Any, _path: str) -> int:
    if isinstance(item, bool) or not isinstance(item, int) or not 0 <= item < 10**6:
        raise _Bad(f"is {shown(item)}, expected a whole number")
    return item


def _truth(item: Any, _path: str) -> bool:
    if not isinstance(item, bool):
        raise _Bad(f"is {shown(item)}, expected true or false")
    return item


def _moment(item: Any, _path: str) -> datetime:
    moment = item
    if isinstance(item, str) and len(item) <= 40:
        try:
            moment = datetime.fromisoformat(item.strip())
        except ValueError:
            moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise _Bad(f"is {shown(item)}, expected a time with its zone")
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        raise _Bad(f"is {shown(item)}, which is out of range") from None


def _texts(item: Any, path: str) -> tuple[str, ...]:
    if not isinstance(item, list | tuple) or len(item) > _MOST:
        raise _Bad(f"is {shown(item)}, expected a list")
    return tuple(_text(one, path) for one in item)


def _mapped(inner: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def mapping(item: Any, path: str) -> Mapping[str, Any]:
        if not isinstance(item, Mapping) or len(item) > _MOST:
            raise _Bad(f"is {shown(item)}, expected a mapping")
        made: dict[str, Any] = {}
        for key, one in item.items():
            try:
                made[_text(key, path)] = inner(one, path)
            except _Bad as bad:
                raise _Bad(f"has {cut(key)}, which {bad}") from None
        return made

    return mapping


def _nested(kind: type) -> Callable[[Any, str], Any]:
    def nested(item: Any, path: str) -> Any:
        made, problems = read(kind, item, path=path, strict=kind is not Past)
        if problems:
            raise _Worse(problems)
        return made

    return nested


def _pasts(item: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(item, list | tuple) or len(item) > _MOST:
        raise _Bad(f"is {shown(item)}, expected a list of orders")
    return tuple(_nested(Past)(one, f"{path}[{place}]") for place, one in enumerate(item))


def _sessions(item: Any, _path: str) -> Sessions:
    if isinstance(item, Sessions):
        return item
    if not isinstance(item, Mapping):
        raise _Bad(f"is {shown(item)}, expected days with their hours")
    try:
        return Sessions.of(item)
    except ValueError as error:
        raise _Bad(f"cannot be read: {error}") from None


def _maybe(inner: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    return lambda item, path: None if item is None else inner(item, path)


_KINDS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "str": _text,
    "int": _whole,
    "bool": _truth,
    "bool | None": _maybe(_truth),
    "Decimal": _number,
    "Decimal | None": _maybe(_number),
    "datetime | None": _maybe(_moment),
    "tuple[str, ...]": _texts,
    "tuple[Past, ...]": _pasts,
    "Mapping[str, Decimal]": _mapped(_number),
    "Mapping[str, datetime]": _mapped(_moment),
    "Instrument | None": _maybe(_nested(Instrument)),
    "Quote | None": _maybe(_nested(Quote)),
    "Sessions | None": _maybe(_sessions),
}
"""How each annotation of the values is read."""

__all__ = ["ALIASES", "Account", "Market", "Order", "Policy", "read"]
