"""What a suite gives a check to compare with: written in the suite itself, kept in a file, or left behind by the trial."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.errors import SuiteError
from harness.jsonpath import parse
from harness.registry import Subject
from harness.shape import value

from .numbers import path_of
from .wording import listed, refuse

_LARGEST = 16 << 20


@value
class Given:
    """One of `value`, `file` and `artifact`, and the place in it."""

    value: Any = None
    """The data itself."""

    file: str | None = None
    """A JSON file of the workspace."""

    artifact: str | None = None
    """An artifact of the trial."""

    path: str = "$"
    """JSON path of the part that is meant."""

    def __post_init__(self) -> None:
        given = [name for name in ("value", "file", "artifact") if getattr(self, name) is not None]
        if len(given) != 1:
            raise refuse("value", f"{listed(given)} given", "give one of `value`, `file` and `artifact`")
        if not path_of(self.path, "path").single:
            raise refuse("path", "[*] names many places", "name one place")
        if self.file is not None and (self.file.startswith(("/", "\\")) or ".." in Path(self.file).parts):
            raise refuse("file", f"{self.file!r} is outside the workspace", "name a file of the workspace")

    def find(self, subject: Subject) -> tuple[Any, str]:
        """The data, or what is missing.

        Raises:
            SuiteError: for a file that cannot be read; that is the suite's mistake and not the agent's.
        """
        if self.artifact is not None and self.artifact not in subject.trace.artifacts:
            return (
                None,
                f"the trial recorded no artifact {self.artifact!r} (recorded: {listed(subject.trace.artifacts)})",
            )
        if self.artifact is not None:
            whole = subject.trace.artifacts[self.artifact]
        else:
            whole = self.value if self.file is None else read_json(subject.services.root, self.file)
        found = parse(self.path).find(whole)
        where = self.file or self.artifact or "value"
        return (found[0].value, "") if found else (None, f"{where} has nothing at {self.path}")


def read_json(root: Path, name: str) -> Any:
    """Read a JSON file of the workspace.

    Raises:
        SuiteError: for one that is missing, outside, too large or no JSON.
    """
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise SuiteError(
            f"{name} is no file of the workspace", remedy="correct `file`, relative to the workspace's root"
        )
    if path.stat().st_size > _LARGEST:
        raise SuiteError(f"{name} is larger than 16 MiB", remedy="keep only what is compared in it")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"{name} is no JSON: {error}", remedy="correct the file") from error
