"""Keep what examinations of judges found, for the dashboard: the newest of each kind, in reports/out/judges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from harness.frozen import frozen
from harness.store.draft import read_json, write_json
from harness.workspace import Workspace

Kind = Literal["check", "drift"]
FOLDER: Final = "out/judges"


@frozen
class Filed:
    """One examination on file."""

    kind: str
    """`check` or `drift`."""

    name: str
    """What was examined: rubric and judges, or the file of labels."""

    at: str
    """When, UTC."""

    data: Mapping[str, Any]
    """What it found, as `judge check --json` and `judge drift --json` write it."""


def file_findings(workspace: Workspace, kind: Kind, name: str, data: Mapping[str, Any]) -> Path:
    """Keep findings; those of the same kind and name give way."""
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:120]
    path = workspace.reports / FOLDER / f"{kind}.{slug}.json"
    document = {"kind": kind, "name": name, "at": datetime.now(UTC).isoformat(timespec="seconds"), "data": data}
    write_json(path, document)
    return path


def filed(workspace: Workspace) -> tuple[Filed, ...]:
    """Everything on file that can be read, newest first."""
    folder = workspace.reports / FOLDER
    found = (
        [one for path in sorted(folder.glob("*.json")) if (one := _read(path)) is not None] if folder.is_dir() else []
    )
    return tuple(sorted(found, key=lambda item: item.at, reverse=True))


def _read(path: Path) -> Filed | None:
    """A file of ours; None for anything else."""
    content = read_json(path)
    try:
        return Filed(str(content["kind"]), str(content["name"]), str(content["at"]), dict(content["data"]))
    except (ValueError, KeyError, TypeError):
        return None
