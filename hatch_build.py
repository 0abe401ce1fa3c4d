"""Put the reference workspace into the wheel; an editable install uses the checkout and needs no copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Leaf folders are named one by one: a forced inclusion ignores .gitignore, and reports/out must not ship.
_PARTS = ("agents", "cases", "judges", "reports/templates", "reports/baselines", "dashboard", "harness.toml")


class WorkspaceHook(BuildHookInterface):
    """Copies the workspace's leaves to `harness/_workspace/`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add every part that exists."""
        if version == "editable":
            return
        root = Path(self.root)
        for part in _PARTS:
            if (root / part).exists():
                build_data["force_include"][str(root / part)] = f"harness/_workspace/{part}"
