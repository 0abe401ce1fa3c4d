"""Find the workspace and everything in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from harness.errors import AgentError, ConfigError, SuiteError, nearest, os_errors
from harness.frozen import frozen

from .config import CONFIG_FILE, read_config
from .operations import AlarmSettings, AuditSettings
from .settings import (
    AgentSettings,
    CassetteSettings,
    ChaosSettings,
    JudgeSettings,
    ModelSettings,
    MutantSettings,
    RunSettings,
    TelemetrySettings,
    WorkspaceSettings,
)

_FIXTURE_LIMIT_BYTES = 16 << 20
_OFFLINE = ModelSettings(provider="offline", id="offline", name="offline")


@frozen(slots=False)
class Workspace:
    """A folder with agents, cases and rubrics, and the settings in force there."""

    root: Path
    """The folder that holds harness.toml."""

    agents: Mapping[str, AgentSettings] = field(default_factory=dict)
    """Agents by name."""

    models: Mapping[str, ModelSettings] = field(default_factory=lambda: {"offline": _OFFLINE})
    """Models by name; `offline` is always there."""

    run: RunSettings = RunSettings()
    """How trials are run."""

    judge: JudgeSettings = JudgeSettings()
    """Who decides judged claims."""

    telemetry: TelemetrySettings = TelemetrySettings()
    """Where traces go."""

    mutants: MutantSettings = MutantSettings()
    """Planted defects and where they are registered."""

    cassettes: CassetteSettings = CassetteSettings()
    """Recordings of what models answered."""

    chaos: Mapping[str, ChaosSettings] = field(default_factory=dict)
    """Faults at random, by profile."""

    audit: AuditSettings = AuditSettings()
    """The audit log."""

    alarms: AlarmSettings = AlarmSettings()
    """When to raise an alarm."""

    places: WorkspaceSettings = WorkspaceSettings()
    """Folders, relative to the root."""

    where: str = ""
    """Configuration file, for messages."""

    @classmethod
    def find(
        cls, start: Path | None = None, *, config: str | None = None, environ: Mapping[str, str] | None = None
    ) -> Workspace:
        """Find the workspace of a folder: the nearest one above it with a harness.toml.

        Raises:
            ConfigError: when there is none, or its settings cannot be used.
        """
        environ = os.environ if environ is None else environ
        path = Path(config) if config else _nearest_config((start or Path.cwd()).resolve())
        if path is None:
            raise ConfigError(
                f"no {CONFIG_FILE} here or in any folder above",
                remedy="run `finharness init` to start a workspace, or name one with -c",
                where=str(start or Path.cwd()),
            )
        if path.is_dir():
            path = path / CONFIG_FILE
        settings = read_config(path, environ)
        return cls(
            root=path.resolve().parent,
            agents=settings.agents,
            models={"offline": _OFFLINE, **settings.models},
            run=settings.run,
            judge=settings.judge,
            telemetry=settings.telemetry,
            mutants=settings.mutants,
            cassettes=settings.cassettes,
            chaos=settings.chaos,
            audit=settings.audit,
            alarms=settings.alarms,
            places=settings.workspace,
            where=path.name,
        )

    @classmethod
    def at(cls, root: Path, **settings: object) -> Workspace:
        """Make a workspace without a file, for programs and tests; keywords as the fields."""
        models = {"offline": _OFFLINE, **settings.pop("models", {})}  # type: ignore[dict-item]  # the fields check
        return cls(root=Path(root).resolve(), models=models, **settings)  # type: ignore[arg-type]  # what they hold

    @property
    def cases(self) -> Path:
        """Folder of suites."""
        return self.root / self.places.cases

    @property
    def judges(self) -> Path:
        """Folder of rubrics."""
        return self.root / self.places.judges

    @property
    def reports(self) -> Path:
        """Folder of templates, baselines and output."""
        return self.root / self.places.reports

    @property
    def audit_log(self) -> Path:
        """The audit log's file."""
        return self.root / self.audit.file

    @property
    def store(self) -> Path:
        """The result store's file."""
        return self.root / self.places.store

    def agent(self, name: str) -> AgentSettings:
        """Settings of an agent.

        Raises:
            AgentError: when no agent has that name.
        """
        try:
            return self.agents[name]
        except KeyError:
            raise AgentError(
                f"unknown agent {name!r}", remedy=nearest(name, self.agents), where=self.where or None
            ) from None

    def inside(self, name: str, *, base: Path | None = None) -> Path:
        """Resolve a file that a suite names, refusing everything outside the workspace.

        Args:
            name: Path relative to `base`; absolute ones are refused.
            base: Folder of the naming file; by default the root.

        Raises:
            SuiteError: when it is missing, no regular file, too large or outside the root (through links too).
        """
        root = self.root.resolve()
        given = Path(name)
        if given.is_absolute() or "\\" in name or "\x00" in name:
            raise SuiteError(f"{name!r} is not a path inside the workspace", remedy="write a relative path with /")
        path = ((base or root) / given).resolve()
        if not path.is_relative_to(root):
            raise SuiteError(f"{name!r} leads out of the workspace", remedy="copy the file into the workspace")
        with os_errors(SuiteError, f"{name!r} cannot be read", remedy=_other_name(path)):
            status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise SuiteError(f"{name!r} is not a regular file", remedy="name a file, not a folder, pipe or device")
        if status.st_size > _FIXTURE_LIMIT_BYTES:
            raise SuiteError(f"{name!r} is larger than 16 MiB", remedy="keep fixtures small")
        return path


def _nearest_config(start: Path) -> Path | None:
    for folder in (start, *start.parents):
        candidate = folder / CONFIG_FILE
        if candidate.is_file():
            return candidate
    return None


def _other_name(path: Path) -> str:
    if not path.parent.is_dir():
        return f"there is no folder {path.parent.name!r}"
    return nearest(path.name, [item.name for item in path.parent.iterdir()])
