"""A user's folder of agents, cases and rubrics, and the settings in force there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import exports

if TYPE_CHECKING:
    from .adapters import (
        ADAPTERS,
        AdapterSettings,
        Effects,
        adapter_module,
        effects_of,
        own_settings,
        place_of,
        variables_of,
    )
    from .config import CONFIG_FILE, OVERRIDES, config_of, read_config
    from .load import load_module, load_target, offer, parent_name, withdraw
    from .operations import AlarmRule, AlarmSettings, AuditSettings
    from .place import Workspace
    from .settings import (
        AgentSettings,
        CassetteSettings,
        ChaosSettings,
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
    "ADAPTERS",
    "CONFIG_FILE",
    "OVERRIDES",
    "AdapterSettings",
    "AgentSettings",
    "AlarmRule",
    "AlarmSettings",
    "AuditSettings",
    "CassetteSettings",
    "ChaosSettings",
    "Config",
    "Effects",
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
    "adapter_module",
    "config_of",
    "effects_of",
    "load_module",
    "load_target",
    "offer",
    "own_settings",
    "parent_name",
    "place_of",
    "read_config",
    "variables_of",
    "withdraw",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "adapters": (
            "ADAPTERS",
            "AdapterSettings",
            "Effects",
            "adapter_module",
            "effects_of",
            "own_settings",
            "place_of",
            "variables_of",
        ),
        "config": (
            "CONFIG_FILE",
            "OVERRIDES",
            "config_of",
            "read_config",
        ),
        "load": (
            "load_module",
            "load_target",
            "offer",
            "parent_name",
            "withdraw",
        ),
        "operations": ("AlarmRule", "AlarmSettings", "AuditSettings"),
        "place": ("Workspace",),
        "settings": (
            "AgentSettings",
            "CassetteSettings",
            "ChaosSettings",
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
