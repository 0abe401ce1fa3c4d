"""Write down what is needed to understand a run later: version, commit, settings, models."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.frozen import frozen
from harness.model import Job, RunManifest
from harness.shape import plain
from harness.workspace import Workspace

from .code import code_of
from .loadable import variant
from .options import RunOptions

_GIT_WAIT_S = 2.0
_SECRET = re.compile(r"(?i)(api_?key|token|secret|password|credential)s?$")


@frozen
class Commit:
    """State of the workspace's work tree; None where it is not under git."""

    id: str | None = None
    """Commit."""

    dirty: bool | None = None
    """Whether tracked files differ from it."""


class CommitLookup:
    """Asks git while other things are done."""

    def __init__(self, root: Path) -> None:
        self._id = head_of(root)
        self._process: subprocess.Popen[bytes] | None = None
        if self._id is not None:
            try:
                self._process = subprocess.Popen(
                    ["git", "status", "--porcelain", "--untracked-files=no"],  # noqa: S607 - the user's own git
                    cwd=root,
                    env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            except OSError:  # no git here; the commit alone is still known
                self._process = None

    def commit(self) -> Commit:
        """The answer, waiting for it no longer than two seconds."""
        if self._process is None:
            return Commit(self._id)
        try:
            said, _ = self._process.communicate(timeout=_GIT_WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            return Commit(self._id)
        return Commit(self._id, bool(said.strip()) if self._process.returncode == 0 else None)


def head_of(root: Path) -> str | None:
    """The commit that is checked out at a folder, read from its .git without starting git."""
    git = next((folder / ".git" for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    try:
        if git is not None and git.is_file():  # a linked work tree
            git = (git.parent / git.read_text().removeprefix("gitdir:").strip()).resolve()
        if git is None:
            return None
        head = (git / "HEAD").read_text().strip()
        return _resolved(git, head.removeprefix("ref:").strip()) if head.startswith("ref:") else head
    except (OSError, UnicodeDecodeError):
        return None


def _resolved(git: Path, name: str) -> str | None:
    common = git / "commondir"
    shared = (git / common.read_text().strip()).resolve() if common.is_file() else git
    for folder in (git, shared):
        if (folder / name).is_file():
            return (folder / name).read_text().strip()
    packed = shared / "packed-refs"
    lines = packed.read_text().splitlines() if packed.is_file() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {name}")), None)


def new_id(now: datetime | None = None) -> str:
    """A sortable identity for a run, such as `20261121-101502-3f9c21`."""
    return f"{now or datetime.now(UTC):%Y%m%d-%H%M%S}-{os.urandom(3).hex()}"


def manifest_of(
    jobs: Sequence[Job],
    workspace: Workspace,
    options: RunOptions,
    *,
    seed: int,
    commit: Commit,
    digests: Mapping[str, str] | None = None,
    **about: Any,
) -> RunManifest:
    """Describe a run that is about to begin.

    Args:
        jobs: What will be run.
        workspace: Where.
        options: How.
        seed: Seed of the run.
        commit: State of the work tree.
        digests: SHA-256 of the suite files as they were read.
        about: Other fields of the manifest, such as `source` and `command`.
    """
    now = datetime.now(UTC)
    agents = {name: variant(workspace, name) for name in dict.fromkeys(job.variant for job in jobs)}
    return RunManifest(
        id=new_id(now),
        started_at=now.isoformat(timespec="seconds"),
        suites=tuple(sorted({job.case.suite for job in jobs})),
        files={file: (digests or {})[file] for file in _files_of(jobs) if file in (digests or {})},
        git_commit=commit.id,
        git_dirty=commit.dirty,
        packages=_packages(agents.values(), workspace),
        config={
            "run": plain(options) | {"concurrency": options.concurrency},
            "agents": without_secrets(plain(agents)),
            "code": code_of(tuple(agents.values()), workspace.root),
        },
        models={name: _model_id(agent.model, workspace) for name, agent in agents.items() if agent.model}
        | ({"judge": _model_id(workspace.judge.model, workspace)} if workspace.judge.model else {}),
        price_table=_price_table(agents.values(), workspace),
        host=socket.gethostname(),
        seed=seed,
        **about,
    )


def _files_of(jobs: Sequence[Job]) -> list[str]:
    return sorted({job.case.where.file for job in jobs if job.case.where is not None})


def without_secrets(settings: Any) -> Any:
    """Settings with everything blanked whose name says that it is secret."""
    if isinstance(settings, dict):
        return {key: "***" if _SECRET.search(key) else without_secrets(item) for key, item in settings.items()}
    return [without_secrets(item) for item in settings] if isinstance(settings, list) else settings


def _model_id(name: str, workspace: Workspace) -> str:
    settings = workspace.models.get(name)
    return name if settings is None else settings.id or name


_LIBRARIES = {"anthropic": "anthropic", "bedrock": "boto3", "litellm": "litellm"}


def _packages(agents: Any, workspace: Workspace) -> dict[str, str]:
    from harness.version import __version__

    used = {workspace.models[agent.model].provider for agent in agents if agent.model in workspace.models}
    libraries = sorted(filter(None, map(_LIBRARIES.get, used)))
    found = {"python": ".".join(map(str, sys.version_info[:3])), "finharness": __version__}
    return found | {name: _installed(name) for name in libraries}


def _installed(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _price_table(agents: Any, workspace: Workspace) -> str:
    if all(workspace.models[agent.model].provider == "offline" for agent in agents if agent.model in workspace.models):
        return ""
    from harness.llm import prices

    return prices.table_version()
