"""Keep the newest findings about mutants and guardrails for the dashboard: reports/out/mutate.json and scorecard.json."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from harness.frozen import frozen
from harness.store.draft import read_json, write_json
from harness.workspace import Workspace

Kind = Literal["mutate", "scorecard"]
FOLDER: Final = "out"


@frozen
class Filed:
    """Findings on file."""

    at: str
    """When, UTC."""

    findings: Any
    """What `mutate --json` or `mutate --scorecard --json` writes."""


def path_of(workspace: Workspace, kind: Kind) -> Path:
    """Where they are kept."""
    return workspace.reports / FOLDER / f"{kind}.json"


def file_findings(workspace: Workspace, kind: Kind, findings: Any) -> Path:
    """Keep findings in the place of earlier ones."""
    path = path_of(workspace, kind)
    document = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "findings": findings}
    write_json(path, document, indent=1)
    return path


def filed(workspace: Workspace, kind: Kind) -> Filed | None:
    """The findings on file; None when there are none that can be read."""
    content = read_json(path_of(workspace, kind))
    if not isinstance(content, Mapping) or "findings" not in content:
        return None
    return Filed(str(content.get("at", "")), content["findings"])
