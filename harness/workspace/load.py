"""Load agents and functions from workspace files by path, so that no workspace folder is ever a top-level package.

`agents` is also the import name of the OpenAI Agents SDK; a workspace is therefore reached through a private parent module
whose search path is the workspace root. Ordinary import machinery follows, so relative imports, tracebacks, coverage and
debuggers work, and two workspaces cannot clash.
"""

from __future__ import annotations

import hashlib
import importlib
import re
import sys
import traceback
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.errors import AgentError, nearest

_TARGET = re.compile(r"(?P<file>[^:]+\.py):(?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_PART = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


_GIVEN = "given:"
_given: dict[str, Any] = {}
_numbers = count(1)


def offer(item: Any) -> str:
    """Make an object of this process a target, for agents that are given rather than named.

    The target means something in this process only: a worker process cannot load it.
    """
    target = f"{_GIVEN}{getattr(item, '__name__', type(item).__name__)}#{next(_numbers)}"
    _given[target] = item
    return target


def withdraw(target: str) -> None:
    """Forget an object that was offered."""
    _given.pop(target, None)


def load_target(root: Path, target: str) -> Any:
    """Load the object that a target such as `agents/alex/tagger.py:tagger` names.

    Raises:
        AgentError: for a malformed target, a missing file, or code that does not import, naming file and line.
    """
    if target in _given:
        return _given[target]
    match = _TARGET.fullmatch(target)
    if match is None:
        raise AgentError(f"{target!r} is not a target", remedy="write `folder/file.py:name`", where=target)
    module = load_module(root, match["file"], target=target)
    try:
        return getattr(module, match["name"])
    except AttributeError:
        names = [name for name in vars(module) if not name.startswith("_")]
        raise AgentError(
            f"{match['file']} defines no {match['name']!r}", remedy=nearest(match["name"], names), where=target
        ) from None


def load_module(root: Path, name: str, *, target: str = "") -> ModuleType:
    """Import a Python file of the workspace, such as `agents/alex/tagger.py`.

    Raises:
        AgentError: for a missing file, or code that does not import, naming file and line.
    """
    file, target = Path(name), target or name
    parts = (*file.parent.parts, file.stem)
    if file.is_absolute() or file.suffix != ".py" or not all(_PART.fullmatch(part) for part in parts):
        raise AgentError(
            f"{name!r} cannot be imported",
            remedy="name a file inside the workspace; folders and file must be valid Python names",
            where=target,
        )
    if not (root / file).is_file():
        raise AgentError(f"there is no file {name!r} in {root}", remedy=_other_file(root, file), where=target)
    return _import(root, parts, target)


def parent_name(root: Path) -> str:
    """Name of the private parent module of a workspace."""
    return f"_workspace_{hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]}"


def _import(root: Path, parts: tuple[str, ...], target: str) -> ModuleType:
    parent = parent_name(root)
    if parent not in sys.modules:
        module = ModuleType(parent, "Private parent of a workspace's modules.")
        module.__path__ = [str(root.resolve())]
        sys.modules[parent] = module
    try:
        return importlib.import_module(".".join((parent, *parts)))
    except SyntaxError as error:
        raise AgentError(
            f"syntax error: {error.msg}",
            remedy="correct the line named",
            where=f"{_relative(error.filename, root)}:{error.lineno}:{error.offset or 1}",
        ) from error
    except BaseException as error:  # an agent's module may raise anything at import, SystemExit too
        if isinstance(error, KeyboardInterrupt):
            raise
        raise AgentError(
            f"{type(error).__name__} while importing: {_said(error)}",
            remedy="the file must import cleanly; run it with Python to see the whole traceback",
            where=_innermost(error, root) or target,
        ) from error


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a broken __str__ must not hide that the import failed
        return "(its message cannot be shown)"


def _innermost(error: BaseException, root: Path) -> str | None:
    """The deepest place inside the workspace that the error passed."""
    inside = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(root.resolve()))
    ]
    return f"{_relative(inside[-1].filename, root)}:{inside[-1].lineno}" if inside else None


def _relative(filename: str | None, root: Path) -> str:
    try:
        return str(Path(filename or "?").resolve().relative_to(root.resolve()))
    except ValueError:
        return str(filename)


def _other_file(root: Path, file: Path) -> str:
    folder = (root / file).parent
    known = [str(path.relative_to(root)) for path in sorted(folder.glob("*.py"))] if folder.is_dir() else []
    return (
        nearest(str(file), known) if known else "check `target` in harness.toml; it is relative to the workspace root"
    )
