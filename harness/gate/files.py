"""Where a gate's files are: the workspace's own, or those of the base branch that a pull request cannot change."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.errors import ConfigError, UserError
from harness.frozen import frozen
from harness.workspace import Workspace

from .baseline import Baseline, find_baseline, read_baseline
from .limits import Limits, read_limits
from .quarantine import Quarantined, read_quarantine


@frozen
class GateFiles:
    """Everything that a gate measures by."""

    limits: Limits
    """What is tolerated."""

    quarantine: tuple[Quarantined, ...]
    """Who does not decide."""

    baselines: dict[str, Baseline]
    """Baselines of the suites that were run."""

    gone: tuple[Baseline, ...]
    """Baselines of suites that went, or were left out: deleting cases must not make a gate green."""


def read_files(workspace: Workspace, suites: Iterable[str], *, base: str | None, baseline: str | None) -> GateFiles:
    """Read settings, quarantine and baselines.

    Args:
        workspace: Where the run is.
        suites: Suites that were run.
        base: Checkout of the base branch; by default the workspace itself.
        baseline: Another file or folder with baselines.

    Raises:
        UserError: when there is nothing to measure by, or it cannot be used.
    """
    reports = _reports(workspace, base)
    ran = tuple(suites)
    folder = reports / "baselines" if baseline is None else Path(baseline)
    one = baseline is not None and not folder.is_dir()
    return GateFiles(
        limits=read_limits(reports / "gate.yaml"),
        quarantine=read_quarantine(reports / "quarantine.yaml"),
        baselines=_one(folder, ran) if one else _all(folder, ran),
        gone=() if one else _gone(workspace, folder, ran, all_must_run=base is not None),
    )


def _reports(workspace: Workspace, base: str | None) -> Path:
    if base is None:
        return workspace.reports
    root = Path(base)
    if not root.is_dir():
        raise ConfigError(
            "there is no such folder", remedy="name a checkout of the base branch", where=f"--base {base}"
        )
    try:
        within = workspace.reports.relative_to(workspace.root)
    except ValueError:
        within = Path("reports")
    return root / within


def _one(path: Path, suites: tuple[str, ...]) -> dict[str, Baseline]:
    found = read_baseline(path)
    if found.suite not in suites:
        raise ConfigError(
            f"this is the baseline of suite {found.suite!r}; the run has {', '.join(suites) or 'no suite'}",
            remedy="name the baseline of a suite that was run",
            where=str(path),
        )
    return {found.suite: found}


def _all(folder: Path, suites: tuple[str, ...]) -> dict[str, Baseline]:
    known = {suite: one for suite in suites if (one := find_baseline(folder, suite)) is not None}
    if not known:
        raise UserError(
            f"no baseline for {', '.join(suites) or 'this run, which has no suite'}",
            remedy="say that a run is good: finharness bless",
            where=str(folder),
        )
    return known


def _gone(workspace: Workspace, folder: Path, ran: tuple[str, ...], *, all_must_run: bool) -> tuple[Baseline, ...]:
    """Suites whose file is gone; against a base branch, also those that were left out of the run."""
    found = []
    for path in sorted(folder.rglob("*.json")) if folder.is_dir() else ():
        suite = path.relative_to(folder).with_suffix("").as_posix()
        here = any((workspace.cases / f"{suite}{suffix}").exists() for suffix in (".yaml", ".yml"))
        if suite not in ran and (all_must_run or not here):
            found.append(read_baseline(path))
    return tuple(found)
