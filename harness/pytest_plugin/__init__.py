"""Run suites under pytest: `pytest cases -p harness.pytest_plugin`, with `-n auto` in several processes.

Every trial is a test item. A process starts all items it will run at once and each item waits for its own trial, so that
pytest's one-after-the-other costs no concurrency. Results travel on the test reports; only the controlling process stores.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from harness.errors import HarnessError
from harness.shape import plain
from harness.text import visible
from harness.workspace import Workspace

from .book import BOOK, Book
from .items import SuiteFile, TrialItem
from .limits import LIMITS, SessionLimits
from .planning import SUFFIXES, WORKSPACE
from .shares import SHARES, Shares

_REPORT_KEY: Final = "finharness"
_STATUS_KEY: Final = "finharness_status"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("finharness", "evaluation of agents")
    group.addoption("--eval-config", metavar="FILE", help="harness.toml to use, instead of the nearest one")
    group.addoption("--eval-agent", metavar="NAME", help="ask this agent, or agent@model, instead of the cases' own")
    group.addoption("--eval-repeat", type=int, metavar="K", help="trials of each case")
    group.addoption(
        "--eval-undecided", choices=["fail", "skip"], default="fail", help="what becomes of undecided trials"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Find the workspace; in the process that reports, open the book."""
    try:
        config.stash[WORKSPACE] = Workspace.find(config.invocation_params.dir, config=config.getoption("eval_config"))
    except HarnessError as error:
        raise pytest.UsageError(visible(str(error))) from error
    config.stash[SHARES] = Shares(config)
    config.stash[LIMITS] = SessionLimits(config)
    if not hasattr(config, "workerinput"):
        config.stash[BOOK] = Book(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take the suites under the cases folder."""
    workspace = parent.config.stash[WORKSPACE]
    cases = workspace.cases.resolve()
    if file_path.suffix in SUFFIXES and file_path.resolve().is_relative_to(cases):
        return SuiteFile.from_parent(parent, path=file_path)
    return None


# ---- reporting


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the result on the report, as text, so that it crosses processes unchanged."""
    report = yield
    if isinstance(item, TrialItem) and report.when == "call" and item.result is not None:
        setattr(report, _REPORT_KEY, json.dumps({"nodeid": item.nodeid, "result": plain(item.result)}))
        setattr(report, _STATUS_KEY, item.result.status)
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Name what is neither passed nor failed."""
    status = getattr(report, _STATUS_KEY, None)
    if str(report.outcome) == "rerun":
        return "rerun", "R", "RERUN"
    if report.when == "call" and report.failed and status == "errored":
        return "error", "E", "ERRORED"
    if report.when == "call" and report.failed and status == "undecided":
        return "failed", "?", "UNDECIDED"
    return None


# ---- storing


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin the run, once it is known which trials are wanted."""
    book = session.config.stash.get(BOOK, None)
    if book is not None:
        book.open([item.job for item in session.items if isinstance(item, TrialItem)])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell another process of the session where its limits are asked."""
    node.config.stash[LIMITS].tell(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """Begin the run with what the first worker has collected; the others have the same."""
    book = node.config.stash.get(BOOK, None)
    if book is not None:
        book.open_by_name(ids)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each worker its whole share at once, so that it can run it concurrently."""
    if config.getvalue("dist") != "load":
        return None
    from .scheduling import scheduler

    return scheduler(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str, report: Any, sched: Any) -> None:
    """Recover the trial that a process of the session crashed with."""
    from .scheduling import take_up

    take_up(crashitem, report, sched)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Store what a process had finished and pytest, stopping early, did not ask for any more."""
    book = node.config.stash.get(BOOK, None)
    if book is not None:
        for written in getattr(node, "workeroutput", {}).get(_REPORT_KEY, ()):
            book.keep(written)


class _Listener:
    """Hears reports in the process that stores."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Store what came."""
        written = getattr(report, _REPORT_KEY, None)
        if written is not None:
            self._book.keep(written)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Listen where reports arrive."""
    book = session.config.stash.get(BOOK, None)
    if book is not None:
        session.config.pluginmanager.register(_Listener(book), "finharness-listener")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """End what is running, and the run."""
    shares = session.config.stash[SHARES]
    shares.stop()
    session.config.stash[LIMITS].close()
    unasked = [json.dumps({"result": plain(result)}) for result in shares.unasked()]
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[_REPORT_KEY] = unasked
    book = session.config.stash.get(BOOK, None)
    if book is not None:
        for written in unasked:
            book.keep(written)
        book.close(interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say where the results are."""
    book = config.stash.get(BOOK, None)
    words = book.words() if book is not None else None
    if words is not None:
        terminalreporter.write_line(f"finharness: {words}")
