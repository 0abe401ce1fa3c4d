"""Frozen dataclasses that cost a start little: what `dataclass(frozen=True, slots=True)` makes, with its methods made on demand.

The standard decorator writes and compiles six functions for every class at import, which for the hundred-odd values of one
evaluation is a quarter of its time. Here a class's constructor is compiled when it is first asked for, and the other five are
shared by all classes. Instances compare, hash, print, copy, pickle and are replaced as the standard's.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError
from operator import attrgetter
from reprlib import recursive_repr
from typing import Any, Final, NoReturn, TypeVar, dataclass_transform, overload

T = TypeVar("T")


class _Unmade:
    """Stands in a signature for a default that is made anew for each instance."""

    def __repr__(self) -> str:
        return "<factory>"


_UNMADE: Final = _Unmade()


@overload
def frozen(cls: type[T], /) -> type[T]: ...
@overload
def frozen(*, slots: bool = True, kw_only: bool = False) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def frozen(cls: type[Any] | None = None, /, *, slots: bool = True, kw_only: bool = False) -> Any:
    """Make a class a frozen dataclass.

    Args:
        cls: The class, when the decorator is written without parentheses.
        slots: Whether instances have slots instead of a dictionary.
        kw_only: Whether the constructor takes its fields by keyword only.
    """
    if cls is None:
        return lambda given: _made(given, slots=slots, kw_only=kw_only)
    return _made(cls, slots=slots, kw_only=kw_only)


def _made(cls: type[Any], *, slots: bool, kw_only: bool) -> Any:
    own = set(vars(cls))
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
    shared: dict[str, Any] = {
        "__init__": _Constructor(made),
        "__repr__": _shown,
        "__eq__": _is_equal,
        "__hash__": _hashed,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
    }
    if slots:
        shared |= {"__getstate__": _state, "__setstate__": _restore}
    for name, method in shared.items():
        if name not in own:
            setattr(made, name, method)
    made.__compared__ = _Compared(made)
    return made


class _Constructor:
    """Stands for `__init__` until it is asked for; then it is made and takes this place."""

    def __init__(self, owner: type[Any]) -> None:
        self._owner = owner

    def __get__(self, instance: Any, kind: type[Any] | None = None) -> Any:
        made = _constructor(self._owner)
        self._owner.__init__ = made
        return made if instance is None else made.__get__(instance, kind)


def _constructor(cls: type[Any]) -> Any:
    """Write and compile the constructor: one statement for each field."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_unmade": _UNMADE}
    places: list[str] = []
    named: list[str] = []
    lines: list[str] = []
    for field in dataclasses.fields(cls):
        name = field.name
        given = name
        if field.default is not MISSING:
            known[f"_default_{name}"] = field.default
            parameter, absent = f"{name}=_default_{name}", f"_default_{name}"
        elif field.default_factory is not MISSING:
            known[f"_made_{name}"] = field.default_factory
            parameter, absent = f"{name}=_unmade", f"_made_{name}()"
            given = f"{absent} if {name} is _unmade else {name}"
        else:
            parameter, absent = name, ""
        if field.init:
            (named if field.kw_only else places).append(parameter)
        if field.init or absent:
            lines.append(f"_set(self, {name!r}, {given if field.init else absent})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    parameters = ", ".join(["self", *places, *(["*", *named] if named else [])])
    body = "\n  ".join(lines or ["pass"])
    source = f"def make({', '.join(known)}):\n def __init__({parameters}):\n  {body}\n return __init__"
    space: dict[str, Any] = {}
    module = sys.modules.get(cls.__module__)  # none where a file's code was run without being imported
    exec(source, {} if module is None else vars(module), space)  # noqa: S102 - made of the names of fields, as the standard's is
    made = space["make"](**known)
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__annotations__ = {field.name: field.type for field in dataclasses.fields(cls) if field.init} | {
        "return": None
    }
    return made


class _Compared:
    """Stands for what is compared of an instance, a tuple, until it is asked for."""

    def __init__(self, owner: type[Any]) -> None:
        self._owner = owner

    def __get__(self, instance: Any, kind: type[Any] | None = None) -> Callable[[Any], tuple[Any, ...]]:
        names = [field.name for field in dataclasses.fields(self._owner) if field.compare]
        made = staticmethod(_tuple_of(names))
        self._owner.__compared__ = made
        return made.__func__


def _tuple_of(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda instance: tuple(getattr(instance, name) for name in names)


def _is_equal(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    compared: Any = type(self).__compared__
    return compared(self) == compared(other)


def _hashed(self: Any) -> int:
    return hash(type(self).__compared__(self))


@recursive_repr()
def _shown(self: Any) -> str:
    fields = (field.name for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in fields)})"


def _refuse(self: Any, name: str, *_: object) -> NoReturn:  # noqa: ARG001 - the signatures of two special methods
    raise FrozenInstanceError(f"cannot change field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for field, item in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, item)
