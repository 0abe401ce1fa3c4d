"""Find suite files: by path, by folder, by suite name, or all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from harness.errors import SuiteError, nearest
from harness.workspace import Workspace

SUFFIXES: Final = (".yaml", ".yml")
"""What suite files end with."""

NOT_SUITES: Final = frozenset({"fixtures", "data", "inbox"})
"""Folders inside the cases folder whose YAML files are no suites, or whose cases nobody has looked at yet: those must be named."""


def suite_files(workspace: Workspace, paths: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Name and path (relative to the root) of the suites that are meant, each once.

    Raises:
        SuiteError: when one does not exist, or there is none at all.
    """
    chosen = [file for path in paths for file in _named(workspace, path)] if paths else list(_under(workspace.cases))
    if not chosen:
        place = ", ".join(paths) or os.path.relpath(workspace.cases, workspace.root)
        raise SuiteError("no suites found", remedy="add a .yaml file there, or run `finharness init`", where=place)
    root = workspace.root.resolve()
    return [(_name(workspace, file), os.path.relpath(file, root)) for file in dict.fromkeys(chosen)]


def _named(workspace: Workspace, path: str) -> list[Path]:
    """Files of a path relative to the current folder, the root or the cases folder; the suffix may be left out."""
    for base in (Path.cwd(), workspace.root, workspace.cases):
        for candidate in (base / path, *(base / f"{path}{suffix}" for suffix in SUFFIXES)):
            if not candidate.exists():
                continue
            found = Path(os.path.abspath(candidate))  # noqa: PTH100 - a link keeps its own name in messages
            if not found.resolve().is_relative_to(workspace.root.resolve()):
                raise SuiteError(f"{path!r} is outside the workspace", remedy=f"name a suite under {workspace.root}")
            if found.is_file() and found.suffix not in SUFFIXES:
                raise SuiteError(f"{path!r} is no suite", remedy=f"suites end in {' or '.join(SUFFIXES)}")
            return list(_under(found)) if found.is_dir() else [found]
    known = [_name(workspace, file) for file in _under(workspace.cases)]
    raise SuiteError(
        f"there is no suite {path!r}", remedy=nearest(path, known) if known else "the cases folder is empty"
    )


def _under(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder.absolute()):
        folders[:] = sorted(name for name in folders if name not in NOT_SUITES and not name.startswith((".", "_")))
        yield from (Path(here, name) for name in sorted(files) if name.endswith(SUFFIXES) and not name.startswith("."))


def _name(workspace: Workspace, file: Path) -> str:
    base = workspace.cases if file.is_relative_to(workspace.cases) else workspace.root
    return Path(os.path.relpath(file, base)).with_suffix("").as_posix()
