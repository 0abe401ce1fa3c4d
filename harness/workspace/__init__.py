"""A user's folder of agents, cases and rubrics, and the settings in force there."""

from .config import CONFIG_FILE, OVERRIDES, read_config
from .load import load_target, offer, parent_name, withdraw
from .place import Workspace
from .settings import (
    AgentSettings,
    Config,
    ExporterName,
    Isolation,
    JudgeSettings,
    ModelSettings,
    Provider,
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
    "Provider",
    "RunSettings",
    "TelemetrySettings",
    "Workspace",
    "WorkspaceSettings",
    "load_target",
    "offer",
    "parent_name",
    "read_config",
    "withdraw",
]
