"""Stand in for a function of the agent's code, in the trials of one mutant and in no others that share its process."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

from harness.errors import AgentError, nearest
from harness.workspace import load_module

Standins = Mapping[str, Callable[..., Any]]
"""Target to the function that stands in for it."""

_active: ContextVar[Standins] = ContextVar("standins")
_NOTHING: Final[Standins] = {}
_DOTTED: Final = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<path>[A-Za-z_][\w.]*)")
_FILE: Final = re.compile(r"(?P<file>[^:]+\.py):(?P<path>[A-Za-z_][\w.]*)")
_lock: Final = threading.Lock()
_opened: dict[tuple[int, str], str] = {}


def prepare(root: Path, target: str, *, where: str) -> str:
    """Make a function replaceable, once per process; returns the key to stand in for it.

    The function itself is exchanged for one that looks whether the running trial has a stand-in. Trials are told apart by a
    context variable, so that the unchanged agent may run in the same process at the same time.

    Raises:
        AgentError: when there is no such function.
    """
    owner, name, label = _found(root, target, where)
    with _lock:
        known = _opened.get((id(owner), name))
        if known is None:
            key = f"{label}#{len(_opened)}"
            _exchange(owner, name, key, where=where, target=target)
            known = _opened[(id(owner), name)] = key
    return known


def activate(standins: Standins) -> None:
    """Have functions stand in from now on, in this task and whatever it starts."""
    _active.set(standins)


def _found(root: Path, target: str, where: str) -> tuple[Any, str, str]:
    file, dotted = _FILE.fullmatch(target), _DOTTED.fullmatch(target)
    match = file or dotted
    if match is None:
        raise AgentError(
            f"{target!r} names no function", remedy="write `agents/x.py:name` or `agents/x.py:Class.name`", where=where
        )
    first, *rest = match["path"].split(".")
    owner = load_module(root, file["file"], target=target) if file else _installed(match["module"], where)
    parts = [first, *rest]
    for part in parts[:-1]:
        owner = _member(owner, part, target, where)
    _member(owner, parts[-1], target, where)
    return owner, parts[-1], target


def _installed(name: str, where: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise AgentError(
            f"the module {name!r} cannot be imported ({error})", remedy="correct `replaces=`", where=where
        ) from error


def _member(owner: Any, name: str, target: str, where: str) -> Any:
    if not hasattr(owner, name):
        known = [item for item in vars(owner) if not item.startswith("__")]
        raise AgentError(f"{target}: there is no {name!r}", remedy=nearest(name, known), where=where)
    return inspect.getattr_static(owner, name)


def _exchange(owner: Any, name: str, key: str, *, where: str, target: str) -> None:
    found = inspect.getattr_static(owner, name)
    made: Any
    if isinstance(found, property):
        made = property(_standing(found.fget, key), found.fset, found.fdel, found.__doc__)
    elif isinstance(found, staticmethod | classmethod):
        made = type(found)(_standing(found.__func__, key))
    elif callable(found) and not inspect.isclass(found):
        made = _standing(found, key)
    else:
        raise AgentError(
            f"{target} is no function but a {'class' if inspect.isclass(found) else type(found).__name__}",
            remedy="replace one of its methods, or the function that uses it",
            where=where,
        )
    setattr(owner, name, made)


def _standing(original: Any, key: str) -> Callable[..., Any]:
    """A function that is the original, unless the running trial has a stand-in for it."""

    def chosen(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        standin = _active.get(_NOTHING).get(key)
        return original(*args, **named) if standin is None else standin(original, *args, **named)

    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def standing_later(*args: Any, **named: Any) -> Any:
            found = chosen(args, named)
            return await found if inspect.isawaitable(found) else found

        return standing_later

    @functools.wraps(original)
    def standing(*args: Any, **named: Any) -> Any:
        return chosen(args, named)

    return standing
