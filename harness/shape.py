"""Read plain data into typed values and write it back, saying everything that does not fit.

A value is a frozen dataclass made by `@value`. Its annotations are its file format:

    str int float bool None  Literal[...]  X | Y  tuple[X, ...]  dict[str, X]  Any  another value
    Annotated[X, Gt(0)]      with the bounds of `harness.bounds` (or `annotated_types`): Gt Ge Lt Le Len

`read` accepts exactly what the annotation says: "3" is no number, 1 is no truth value, NaN is nothing. pydantic reads the
same annotations where a JSON Schema is wanted; it is not imported here, because importing it costs more than a small run.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar, Union, dataclass_transform, get_args, get_origin

from .bounds import outside
from .errors import nearest
from .frozen import frozen

T = TypeVar("T")
Path = tuple[str | int, ...]


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[T]) -> type[T]:
    """Make a class a frozen, keyword-only dataclass that `read` and pydantic understand."""
    cls.__pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # type: ignore[attr-defined]  # pydantic looks for it
    return frozen(slots=False, kw_only=True)(cls)


@frozen
class Misfit:
    """One place where data does not fit its shape."""

    path: Path
    """Keys and indexes from the top."""

    problem: str
    """What is wrong."""

    remedy: str
    """What would be right."""

    at_key: bool = False
    """Whether the last key itself is wrong, rather than its value."""


class MisfitsError(ValueError):
    """Data that does not fit; carries every misfit found."""

    def __init__(self, misfits: Sequence[Misfit]) -> None:
        self.misfits = tuple(misfits)
        super().__init__("; ".join(f"{dotted(item.path)}: {item.problem}" for item in self.misfits))


_ATOMS: frozenset[type] = frozenset({str, int, float, bool, type(None)})
"""Types whose values are plain as they are, and most common; told apart by identity because that is fast."""


@typing.overload
def read(kind: type[T], data: object) -> T: ...


@typing.overload
def read(kind: Any, data: object) -> Any: ...


def read(kind: Any, data: object) -> Any:
    """Read plain data as `kind`, an annotation.

    Raises:
        MisfitsError: with every place that does not fit.
    """
    misfits: list[Misfit] = []
    result = _read(kind, data, (), misfits)
    if misfits:
        raise MisfitsError(misfits)
    return result


def plain(item: Any) -> Any:
    """Write a value as plain JSON-like data, leaving out fields that have their default."""
    kind: Any = type(item)
    if kind in _ATOMS:
        return item
    if kind is dict:
        return {
            key if type(key) is str else str(key): content if type(content) in _ATOMS else plain(content)
            for key, content in item.items()
        }
    if kind is tuple or kind is list:
        return [content if type(content) in _ATOMS else plain(content) for content in item]
    if hasattr(kind, "__dataclass_fields__"):
        return {
            name: content if type(content) in _ATOMS else plain(content)
            for name, default in _defaults(kind)
            if (content := getattr(item, name)) is not default and content != default
        }
    if isinstance(item, str | int | float | bool) or item is None:
        return item
    if isinstance(item, Mapping):
        return {str(key): plain(content) for key, content in item.items()}
    if isinstance(item, Sequence | set | frozenset):
        return [plain(content) for content in item]
    return str(item)


def dotted(path: Path) -> str:
    """Write a path as `cases[2].assert[0].type`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "(top)"


@cache
def shape_of(kind: type) -> Mapping[str, tuple[Any, bool]]:
    """Field name to (annotation, required) of a value class."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return {
        field.name: (hints[field.name], field.default is MISSING and field.default_factory is MISSING)
        for field in fields(kind)
        if field.init and get_origin(hints[field.name]) is not ClassVar
    }


@cache
def _defaults(kind: type) -> tuple[tuple[str, Any], ...]:
    def default(field: dataclasses.Field[Any]) -> Any:
        return field.default_factory() if field.default_factory is not MISSING else field.default

    return tuple((field.name, default(field)) for field in fields(kind))


def _read(kind: Any, data: object, path: Path, misfits: list[Misfit]) -> Any:
    if kind is Any:
        return data
    simple = _SIMPLE.get(kind)
    if simple is not None:
        return simple(data, path, misfits)
    if dataclasses.is_dataclass(kind):
        return _value(typing.cast("type", kind), data, path, misfits)
    return _READERS[get_origin(kind)](get_args(kind), data, path, misfits)


def _value(kind: type, data: object, path: Path, misfits: list[Misfit]) -> Any:
    if isinstance(data, kind):
        return data
    if not isinstance(data, Mapping):
        misfits.append(
            Misfit(path, f"expected a mapping, found {_named(data)}", f"write keys: {', '.join(shape_of(kind))}")
        )
        return None
    shape = shape_of(kind)
    before = len(misfits)
    for key in data:
        if key not in shape:
            misfits.append(Misfit((*path, str(key)), f"unknown key {key!r}", nearest(str(key), shape), at_key=True))
    known = {key: _read(shape[key][0], item, (*path, key), misfits) for key, item in data.items() if key in shape}
    for name, (_, required) in shape.items():
        if required and name not in data:
            misfits.append(Misfit(path, f"{name!r} is missing", f"add `{name}:`"))
    if len(misfits) > before:
        return None
    try:
        return kind(**known)
    except MisfitsError as error:  # a value's own __post_init__ may refuse a combination
        misfits.extend(dataclasses.replace(item, path=(*path, *item.path)) for item in error.misfits)
        return None


def _string(data: object, path: Path, misfits: list[Misfit]) -> Any:
    if isinstance(data, str):
        return data
    written = str(data).lower() if isinstance(data, bool) else data
    remedy = f'quote it: "{written}"' if isinstance(data, bool | int | float) else "write text"
    return _misfit(Misfit(path, f"expected text, found {_named(data)}", remedy), misfits)


def _integer(data: object, path: Path, misfits: list[Misfit]) -> Any:
    if isinstance(data, int) and not isinstance(data, bool):
        return data
    return _misfit(
        Misfit(path, f"expected a whole number, found {_named(data)}", "write digits without quotes"), misfits
    )


def _number(data: object, path: Path, misfits: list[Misfit]) -> Any:
    if isinstance(data, int | float) and not isinstance(data, bool):
        if isinstance(data, float) and not math.isfinite(data):
            return _misfit(Misfit(path, f"{data} is not a finite number", "write a finite number"), misfits)
        return data
    return _misfit(Misfit(path, f"expected a number, found {_named(data)}", "write digits without quotes"), misfits)


def _truth(data: object, path: Path, misfits: list[Misfit]) -> Any:
    if isinstance(data, bool):
        return data
    return _misfit(Misfit(path, f"expected true or false, found {_named(data)}", "write true or false"), misfits)


def _nothing(data: object, path: Path, misfits: list[Misfit]) -> Any:
    return (
        None
        if data is None
        else _misfit(Misfit(path, f"expected nothing, found {_named(data)}", "leave it out"), misfits)
    )


def _literal(choices: tuple[Any, ...], data: object, path: Path, misfits: list[Misfit]) -> Any:
    if any(data == choice and type(data) is type(choice) for choice in choices):
        return data
    remedy = nearest(str(data), [str(choice) for choice in choices])
    return _misfit(Misfit(path, f"{data!r} is not one of {', '.join(map(str, choices))}", remedy), misfits)


def _union(choices: tuple[Any, ...], data: object, path: Path, misfits: list[Misfit]) -> Any:
    if data is None and type(None) in choices:
        return None
    attempts: list[list[Misfit]] = []
    for choice in choices:
        if choice is type(None):
            continue
        tried: list[Misfit] = []
        result = _read(choice, data, path, tried)
        if not tried:
            return result
        attempts.append(tried)
    # The alternative that failed deepest is the one that was meant.
    misfits.extend(max(attempts, key=lambda tried: max(len(item.path) for item in tried)))
    return None


def _tuple(args: tuple[Any, ...], data: object, path: Path, misfits: list[Misfit]) -> Any:
    if not isinstance(data, list | tuple):
        return _misfit(Misfit(path, f"expected a list, found {_named(data)}", "write a list: [a, b]"), misfits)
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_read(args[0], item, (*path, index), misfits) for index, item in enumerate(data))
    if len(data) != len(args):
        return _misfit(
            Misfit(path, f"expected {len(args)} items, found {len(data)}", "give as many as needed"), misfits
        )
    return tuple(
        _read(kind, item, (*path, index), misfits) for index, (kind, item) in enumerate(zip(args, data, strict=True))
    )


def _dict(args: tuple[Any, ...], data: object, path: Path, misfits: list[Misfit]) -> Any:
    if not isinstance(data, Mapping):
        return _misfit(Misfit(path, f"expected a mapping, found {_named(data)}", "write `key: value`"), misfits)
    for key in data:
        if not isinstance(key, str):
            misfits.append(Misfit((*path, str(key)), f"the key {key!r} is not text", f'quote it: "{key}"', at_key=True))
    return {key: _read(args[1], item, (*path, str(key)), misfits) for key, item in data.items()}


def _annotated(args: tuple[Any, ...], data: object, path: Path, misfits: list[Misfit]) -> Any:
    before = len(misfits)
    result = _read(args[0], data, path, misfits)
    if len(misfits) == before and result is not None:
        for bound in args[1:]:
            problem = outside(bound, result)
            if problem:
                found = f"{len(result)} given," if hasattr(bound, "min_length") else repr(result)
                misfits.append(Misfit(path, f"{found} {problem}", "write a value inside the bounds"))
    return result


def _misfit(item: Misfit, misfits: list[Misfit]) -> None:
    misfits.append(item)


def _named(data: object) -> str:
    """Name what was found, in a file's words."""
    match data:
        case None:
            return "nothing"
        case bool():
            return f"the truth value {str(data).lower()}"
        case int() | float():
            return f"the number {data}"
        case str():
            return f"the text {data[:40]!r}"
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
    return f"a {type(data).__name__}"


_SIMPLE: dict[Any, Callable[[object, Path, list[Misfit]], Any]] = {
    str: _string,
    int: _integer,
    float: _number,
    bool: _truth,
    type(None): _nothing,
}
_READERS: dict[Any, Callable[[tuple[Any, ...], object, Path, list[Misfit]], Any]] = {
    Literal: _literal,
    Union: _union,
    types.UnionType: _union,
    tuple: _tuple,
    dict: _dict,
    Mapping: _dict,
    Annotated: _annotated,
}
