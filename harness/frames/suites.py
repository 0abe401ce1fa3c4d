"""Suites as files and as tables: their cases with how they did, their text, their commits, and a copy under examination."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from harness.document import FileProblems, fetch
from harness.errors import HarnessError
from harness.frozen import frozen
from harness.model import Case
from harness.suites import Suite, load_suites, load_text
from harness.suites.files import suite_files
from harness.summary.stored import RunTotals, case_row
from harness.text import one_line
from harness.workspace import Workspace

from .places import case_link
from .words import shown, status_of

if TYPE_CHECKING:
    from pandas import DataFrame

CASE_COLUMNS = (
    "result",
    "case",
    "description",
    "last",
    "rates",
    "checks",
    "repeat",
    "severity",
    "must_pass",
    "agent",
    "tags",
    "line",
    "link",
)
COMMIT_COLUMNS = ("commit", "when", "who", "what")
MISTAKE_COLUMNS = ("place", "problem", "remedy")
_COMMITS: Final = 30
_GIT_S: Final = 5.0
_SEPARATOR: Final = "\x1f"


@frozen
class Opened:
    """A suite's file."""

    file: str
    """Path relative to the root."""

    text: str
    """What is in it; empty when it cannot be read."""

    suite: Suite | None
    """Its cases; None when it has mistakes."""

    mistakes: tuple[Mapping[str, str], ...] = ()
    """What is wrong with it."""


def names(workspace: Workspace) -> dict[str, str]:
    """File of each suite, by the suite's name.

    Raises:
        SuiteError: when there is none.
    """
    return dict(suite_files(workspace))


def open_suite(workspace: Workspace, file: str) -> Opened:
    """Read a suite's file and its cases."""
    try:
        text = fetch(workspace.inside(file), file).decode("utf-8", "replace")
    except HarnessError as error:
        return Opened(file, "", None, (_mistake(file, error.problem, error.remedy),))
    try:
        (suite,) = load_suites(workspace, [file])
    except HarnessError as error:
        return Opened(file, text, None, mistakes_of(error))
    return Opened(file, text, suite)


def checked_copy(workspace: Workspace, file: str, text: str) -> tuple[Suite | None, tuple[Mapping[str, str], ...]]:
    """Validate a text as if it stood in the file: its suite, or its mistakes; nothing is written."""
    try:
        return load_text(workspace, file, text), ()
    except HarnessError as error:
        return None, mistakes_of(error)


def mistakes_of(error: HarnessError) -> tuple[Mapping[str, str], ...]:
    """Each mistake with its place and what to do."""
    if isinstance(error, FileProblems):
        return tuple(_mistake(str(item.where), item.problem, item.remedy) for item in error.mistakes)
    return (_mistake(str(error.where or ""), error.problem, error.remedy),)


def mistake_rows(mistakes: Sequence[Mapping[str, str]]) -> DataFrame:
    """One row per mistake."""
    return _frame(MISTAKE_COLUMNS, mistakes)


def suite_cases(suite: Suite, runs: Sequence[RunTotals]) -> DataFrame:
    """One row per case: what it is, and how it did in the runs, which come newest first."""
    history: dict[str, list[tuple[RunTotals, Any]]] = defaultdict(list)
    for run in runs:
        for item in run.cases:
            if item.suite == suite.name:
                history[item.case].append((run, item))
    return _frame(CASE_COLUMNS, (_case(case, history[case.id]) for case in suite.cases))


def snippet(opened: Opened, case_id: str) -> str:
    """The lines of a case in its file; the whole file where they cannot be told."""
    cases = opened.suite.cases if opened.suite else ()
    starts = sorted({case.where.line for case in cases if case.where})
    line = next((case.where.line for case in cases if case.id == case_id and case.where), None)
    if line is None:
        return opened.text
    end = next((start for start in starts if start > line), None)
    lines = opened.text.splitlines()
    return "\n".join(lines[line - 1 : None if end is None else end - 1]).rstrip()


def commits(workspace: Workspace, file: str) -> DataFrame:
    """The commits that changed a file, newest first; none where git does not know it."""
    form = _SEPARATOR.join(("%h", "%aI", "%an", "%s"))
    words = ["git", "log", f"--max-count={_COMMITS}", f"--format={form}", "--", file]
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, and a file of the workspace after `--`
            words, cwd=workspace.root, capture_output=True, timeout=_GIT_S, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return _frame(COMMIT_COLUMNS, ())
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    parts = [line.split(_SEPARATOR) for line in lines]
    return _frame(
        COMMIT_COLUMNS,
        (
            {"commit": part[0], "when": part[1][:16].replace("T", " "), "who": one_line(part[2], 60), "what": one_line(part[3], 200)}
            for part in parts
            if len(part) == len(COMMIT_COLUMNS)
        ),
    )  # fmt: skip


def _case(case: Case, history: Sequence[tuple[RunTotals, Any]]) -> dict[str, Any]:
    newest = history[0] if history else None
    counts = case_row(newest[1]).counts if newest else None
    rates = [item.passed / (item.passed + item.failed) for _, item in reversed(history) if item.passed + item.failed]
    return {
        "result": shown(status_of(counts)) if counts else "not run",
        "case": one_line(case.id, 80),
        "description": one_line(case.description, 200),
        "last": f"{counts.passed} of {counts.planned} passed" if counts else "",
        "rates": rates,
        "checks": len(case.checks),
        "repeat": case.repeat,
        "severity": case.severity,
        "must_pass": case.must_pass,
        "agent": case.agent,
        "tags": one_line(", ".join(f"{key}={value}" if value else key for key, value in case.tags.items()), 120),
        "line": case.where.line if case.where else None,
        "link": case_link(newest[0].run.id, newest[1]) if newest else "",
    }


def _mistake(place: str, problem: str, remedy: str) -> Mapping[str, str]:
    return {"place": one_line(place, 200), "problem": one_line(problem, 400), "remedy": one_line(remedy, 300)}


def _frame(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns))
