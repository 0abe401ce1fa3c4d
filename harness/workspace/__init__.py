"""A user's folder of agents, cases and rubrics, and the settings in force there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import exports

if TYPE_CHECKING:
    from .config import CONFIG_FILE, OVERRIDES, read_config
    from .load import load_module, load_target, offer, parent_name, withdraw
    from .place import Workspace
    from .settings import (
        AgentSettings,
        Config,
        ExporterName,
        Isolation,
        JudgeSettings,
        ModelSettings,
        MutantSettings,
        Provider,
        RedactSettings,
        RunSettings,
        TelemetrySettings,
        WorkspaceSettings,
    )

__all__ = [
    "CONFIG_FILE",
    "OVERRIDES",
    "AgentSettings",
    "Config",
    "ExporterName",
    "Isolation",
    "JudgeSettings",
    "ModelSettings",
    "MutantSettings",
    "Provider",
    "RedactSettings",
    "RunSettings",
    "TelemetrySettings",
    "Workspace",
    "WorkspaceSettings",
    "load_module",
    "load_target",
    "offer",
    "parent_name",
    "read_config",
    "withdraw",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "config": (
            "CONFIG_FILE",
            "OVERRIDES",
            "read_config",
        ),
        "load": (
            "load_module",
            "load_target",
            "offer",
            "parent_name",
            "withdraw",
        ),
        "place": ("Workspace",),
        "settings": (
            "AgentSettings",
            "Config",
            "ExporterName",
            "Isolation",
            "JudgeSettings",
            "ModelSettings",
            "MutantSettings",
            "Provider",
            "RedactSettings",
            "RunSettings",
            "TelemetrySettings",
            "WorkspaceSettings",
        ),
    },
)
