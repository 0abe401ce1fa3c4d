"""Values that stand in files of their own: `file://fixtures/profile.json`, relative to the suite."""

from __future__ import annotations

import json
import math
import os
import re
from pathlib import Path
from typing import Any, Final, NoReturn

from harness.document import read_text
from harness.errors import SuiteError, os_errors
from harness.workspace import Workspace

PREFIX: Final = "file://"
_CODE: Final = re.compile(r".*\.py(?::\w+)?")
_DEEPEST: Final = 64
_MOST_COMMAS: Final = 1_000_000


class Fixtures:
    """Reads the fixtures of one load, each file once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[Path, Any] = {}

    def fetch(self, text: str, base: Path) -> Any:
        """Content of what a `file://` value names: data for .json and .yaml, text for anything else.

        A Python file is code, not content: its name is returned, for the check that loads it.

        Raises:
            SuiteError: when it is outside the workspace, missing, too large or cannot be read.
            FileProblems: when it is YAML with mistakes.
        """
        name = text.removeprefix(PREFIX)
        if _CODE.fullmatch(name):
            return name
        path = self._workspace.inside(name, base=base)
        if path not in self._known:
            self._known[path] = self._read(path, name)
        return self._known[path]

    def _read(self, path: Path, name: str) -> Any:
        with os_errors(SuiteError, f"{name!r} cannot be read", remedy="check the file's permissions"):
            data = path.read_bytes()
        if path.suffix in {".yaml", ".yml"}:
            return read_text(data, os.path.relpath(path, self._workspace.root.resolve())).data
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise SuiteError(f"{name!r} is not UTF-8 (byte {error.start})", remedy="save it as UTF-8") from error
        return _json(text, name) if path.suffix == ".json" else text


def _json(text: str, name: str) -> Any:
    if text.count(",") > _MOST_COMMAS:  # parsed, a value takes thirty times the room of its text
        raise SuiteError(f"{name!r} has more than {_MOST_COMMAS} values", remedy="keep fixtures small and plain")
    try:
        data = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise SuiteError(
            f"{name!r} is not JSON: {error.msg} (line {error.lineno})", remedy="correct the file"
        ) from error
    except (RecursionError, ValueError) as error:
        raise SuiteError(f"{name!r} cannot be read as JSON: {error}", remedy="keep fixtures small and plain") from error
    if _depth(data) > _DEEPEST:
        raise SuiteError(f"{name!r} is nested deeper than {_DEEPEST}", remedy="keep fixtures small and plain")
    return data


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a finite number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:40]} is too large for a number")
    return number


def _depth(data: Any) -> int:
    """Levels of lists and mappings, counted without recursion."""
    level, depth = [data], 0
    while level:
        level = [
            part
            for item in level
            if isinstance(item, dict | list)
            for part in (item.values() if isinstance(item, dict) else item)
        ]
        depth += bool(level)
    return depth
