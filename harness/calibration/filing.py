"""Keep what examinations of judges found, for the dashboard: the newest of each kind, in reports/out/judges."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from harness.frozen import frozen
from harness.store.draft import draft
from harness.workspace import Workspace

Kind = Literal["check", "drift"]
FOLDER: Final = "out/judges"
_LARGEST: Final = 64 << 20


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
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"kind": kind, "name": name, "at": datetime.now(UTC).isoformat(timespec="seconds"), "data": data}
    with draft(path) as file:
        file.write((json.dumps(document, ensure_ascii=False) + "\n").encode("utf-8", "replace"))
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
    try:
        if path.stat().st_size > _LARGEST:
            return None
        content = json.loads(path.read_text(encoding="utf-8"))
        return Filed(str(content["kind"]), str(content["name"]), str(content["at"]), dict(content["data"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
