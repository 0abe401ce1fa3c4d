"""Run suites under pytest: `pytest cases -p harness.pytest_plugin`, with `-n auto` in several processes.

Every trial is a test item. A process starts all items it will run at once and each item waits for its own trial, so that
pytest's one-after-the-other costs no concurrency. Results travel on the test reports; only the controlling process stores.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest

from harness.errors import HarnessError
from harness.model import Job, Result, RunManifest, Verdict
from harness.shape import plain, read
from harness.text import one_line, shorten, visible
from harness.workspace import Workspace

_SUFFIXES: Final = (".yaml", ".yml")
_REPORT_KEY: Final = "finharness"
_STATUS_KEY: Final = "finharness_status"
_WORKSPACE: Final = pytest.StashKey[Workspace]()
_SHARES: Final = pytest.StashKey["_Shares"]()
_BOOK: Final = pytest.StashKey["_Book"]()


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
        config.stash[_WORKSPACE] = Workspace.find(config.invocation_params.dir, config=config.getoption("eval_config"))
    except HarnessError as error:
        raise pytest.UsageError(visible(str(error))) from error
    config.stash[_SHARES] = _Shares(config)
    if not hasattr(config, "workerinput"):
        config.stash[_BOOK] = _Book(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take the suites under the cases folder."""
    workspace = parent.config.stash[_WORKSPACE]
    cases = workspace.cases.resolve()
    if file_path.suffix in _SUFFIXES and file_path.resolve().is_relative_to(cases):
        return SuiteFile.from_parent(parent, path=file_path)
    return None


class SuiteFile(pytest.File):
    """One suite."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item per trial."""
        config = self.config
        try:
            jobs = _jobs(config, [str(self.path)])
        except HarnessError as error:
            raise self.CollectError(visible(str(error))) from error
        for job in jobs:
            yield TrialItem.from_parent(self, name=_name(job, config), job=job)


class TrialItem(pytest.Item):
    """One trial."""

    def __init__(self, *, job: Job, **known: Any) -> None:
        super().__init__(**known)
        self.job = job
        self.result: Result | None = None
        for tag in job.case.tags:
            self.keywords[tag] = True

    def runtest(self) -> None:
        """Wait for the trial, which is running already, and say how it ended."""
        self.result = self.config.stash[_SHARES].wait(self)
        status = self.result.status
        if status == "undecided" and self.config.getoption("eval_undecided") == "skip":
            pytest.skip(f"undecided: {_undecided_reason(self.result)}")
        if status != "passed":
            raise NotPassedError(self.result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Say what did not hold, rather than where in pytest that was noticed."""
        if isinstance(excinfo.value, NotPassedError):
            return "\n".join(_explained(excinfo.value.result))
        if isinstance(excinfo.value, HarnessError):
            return visible(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case is written."""
        where = self.job.case.where
        return self.path, where.line - 1 if where is not None else 0, self.name


class NotPassedError(Exception):
    """A trial that did not pass; carries its result."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.job.key)
        self.result = result


# ---- running


class _Shares:
    """What this process runs: everything that it is known to be asked for, at once."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._of: dict[str, Any] = {}
        self._shares: list[Any] = []

    def wait(self, item: TrialItem) -> Result:
        if item.job.key not in self._of:
            self._start([item, *(other for other in self._known(item) if other.job.key not in self._of)])
        result: Result = self._of[item.job.key].wait(item.job.key)
        return result

    def stop(self) -> None:
        for share in self._shares:
            share.stop()

    def _start(self, items: Iterable[TrialItem]) -> None:
        from harness.engine.share import Share

        jobs = list({item.job.key: item.job for item in items}.values())
        workspace = self._config.stash[_WORKSPACE]
        share = Share(jobs, workspace, _options(self._config, workspace), _services(workspace))
        self._shares.append(share)
        for job in jobs:
            self._of[job.key] = share

    def _known(self, item: TrialItem) -> list[TrialItem]:
        """The items that this process will run: all of them, or under xdist those in its queue."""
        items = item.session.items
        if hasattr(self._config, "workerinput"):
            queue = next(
                (q for p in self._config.pluginmanager.get_plugins() if (q := getattr(p, "torun", None))), None
            )
            if queue is None:
                return []
            with queue.lock() as numbers:
                items = [items[number] for number in numbers if isinstance(number, int)]
                following = getattr(self._plugin(), "nextitem_index", None)
            if isinstance(following, int):
                items = [item.session.items[following], *items]
        return [other for other in items if isinstance(other, TrialItem)]

    def _plugin(self) -> object:
        return next((p for p in self._config.pluginmanager.get_plugins() if hasattr(p, "torun")), None)


def _options(config: pytest.Config, workspace: Workspace) -> Any:
    from dataclasses import replace

    from harness.engine.options import RunOptions

    options = RunOptions.of(workspace.run)
    processes = _worker_count(config)
    if processes > 1:
        options = replace(options, concurrency=max(1, options.concurrency // processes), workers=options.workers or 1)
    return options


def _worker_count(config: pytest.Config) -> int:
    return int(getattr(config, "workerinput", {}).get("workercount", 1))


def _services(workspace: Workspace) -> Any:
    from harness.registry import Services

    if workspace.judge.model is None:
        return Services(root=workspace.root)
    from harness.judge import make

    return Services(root=workspace.root, judge=make(workspace, os.environ))


def _jobs(config: pytest.Config, paths: Sequence[str]) -> tuple[Job, ...]:
    from harness.plan import Selection, plan
    from harness.suites import load

    workspace = config.stash[_WORKSPACE]
    selection = Selection(agent=config.getoption("eval_agent"), repeat=config.getoption("eval_repeat"))
    return plan(load(workspace, paths), workspace, selection, seed=workspace.run.seed)


def _name(job: Job, config: pytest.Config) -> str:
    repeated = (config.getoption("eval_repeat") or job.case.repeat) > 1
    return f"{job.case.id}[{job.index}]" if repeated else job.case.id


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
    if report.when == "call" and report.failed and status == "errored":
        return "error", "E", "ERRORED"
    if report.when == "call" and report.failed and status == "undecided":
        return "failed", "?", "UNDECIDED"
    return None


def _explained(result: Result) -> Iterator[str]:
    outcome, case = result.outcome, result.job.case
    yield f"{result.status}: {one_line(result.job.key)}" + (f" ({case.where})" if case.where is not None else "")
    if case.description:
        yield f"  {one_line(case.description)}"
    if outcome.status != "completed" and outcome.error is not None:
        yield f"  {outcome.status}: {one_line(outcome.error.message, 1000)}"
        yield from (f"    {line}" for line in visible(outcome.error.traceback).splitlines())
    for verdict in result.verdicts:
        if verdict.passed is not True:
            yield from _told(verdict)
    if outcome.trace.answer:
        yield f"  answer: {one_line(outcome.trace.answer, 400)}"


def _told(verdict: Verdict) -> Iterator[str]:
    sign = "?" if verdict.passed is None else "✗"
    yield f"  {sign} {one_line(verdict.check)}: {one_line(verdict.reason, 600)}"
    for label, content in (("expected", verdict.expected), ("actual", verdict.actual)):
        if content is not None and verdict.passed is False:
            yield f"      {label}: {one_line(shorten(_written(content), 600), 700)}"
    if verdict.where:
        yield f"      asked at: {one_line(verdict.where)}"


def _written(content: object) -> str:
    return content if isinstance(content, str) else json.dumps(plain(content), ensure_ascii=False, default=str)


def _undecided_reason(result: Result) -> str:
    return next((one_line(item.reason) for item in result.verdicts if item.passed is None), "nothing was decided")


# ---- storing, in the one process that sees all reports


class _Book:
    """Stores a session's results as one run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._store: Any = None
        self._manifest: RunManifest | None = None
        self._planned = 0
        self._stored = 0

    def open(self, jobs: Sequence[Job]) -> None:
        if not jobs or self._store is not None or self._config.getoption("collectonly"):
            return
        from harness.engine.manifest import CommitLookup, manifest_of
        from harness.store import Store

        workspace = self._config.stash[_WORKSPACE]
        self._manifest = manifest_of(
            jobs,
            workspace,
            _options(self._config, workspace),
            seed=workspace.run.seed,
            commit=CommitLookup(workspace.root).commit(),
            command=" ".join(["pytest", *self._config.invocation_params.args]),
            source="pytest",
        )
        self._store = Store.open(workspace.store)
        self._store.begin(self._manifest, jobs)
        self._planned = len(jobs)

    def open_by_name(self, names: Sequence[str]) -> None:
        """Open with the jobs that the workers have collected; they are planned here again, from the same files."""
        if self._store is None:
            root, wanted = self._config.rootpath, set(names)
            jobs = _jobs(self._config, sorted({name.partition("::")[0] for name in names if _is_suite(name)}, key=str))
            workspace = self._config.stash[_WORKSPACE]
            self.open([job for job in jobs if _nodeid(job, self._config, workspace, root) in wanted])

    def keep(self, written: str) -> None:
        if self._store is not None and self._manifest is not None:
            result: Result = read(Result, json.loads(written)["result"])
            self._store.add(self._manifest.id, [result])
            self._stored += 1

    def close(self, *, interrupted: bool) -> None:
        if self._store is not None and self._manifest is not None:
            missing = "interrupted" if interrupted else "incomplete"
            self._store.end(self._manifest.id, "complete" if self._stored >= self._planned else missing)
            self._store.close()

    def words(self) -> str | None:
        if self._manifest is None:
            return None
        return f"{self._stored} of {self._planned} trials stored; look: finharness report {self._manifest.id}"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin the run, once it is known which trials are wanted."""
    book = session.config.stash.get(_BOOK, None)
    if book is not None:
        book.open([item.job for item in session.items if isinstance(item, TrialItem)])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """Begin the run with what the first worker has collected; the others have the same."""
    book = node.config.stash.get(_BOOK, None)
    if book is not None:
        book.open_by_name(ids)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each worker its whole share at once, so that it can run it concurrently."""
    if config.getvalue("dist") != "load":
        return None
    from xdist.scheduler import LoadScheduling

    class ShareScheduling(LoadScheduling):  # type: ignore[misc]  # xdist has no types
        """Splits the items among the workers at the beginning."""

        def _send_tests(self, node: Any, num: int) -> None:
            unserved = sum(not pending for pending in self.node2pending.values())
            super()._send_tests(node, max(num, -(-len(self.pending) // max(1, unserved))))

    return ShareScheduling(config, log)


class _Listener:
    """Hears reports in the process that stores."""

    def __init__(self, book: _Book) -> None:
        self._book = book

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Store what came."""
        written = getattr(report, _REPORT_KEY, None)
        if written is not None:
            self._book.keep(written)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Listen where reports arrive."""
    book = session.config.stash.get(_BOOK, None)
    if book is not None:
        session.config.pluginmanager.register(_Listener(book), "finharness-listener")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """End what is running, and the run."""
    session.config.stash[_SHARES].stop()
    book = session.config.stash.get(_BOOK, None)
    if book is not None:
        book.close(interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say where the results are."""
    book = config.stash.get(_BOOK, None)
    words = book.words() if book is not None else None
    if words is not None:
        terminalreporter.write_line(f"finharness: {words}")


def _is_suite(name: str) -> bool:
    return name.partition("::")[0].endswith(_SUFFIXES)


def _nodeid(job: Job, config: pytest.Config, workspace: Workspace, root: Path) -> str:
    assert job.case.where is not None
    path = workspace.root / job.case.where.file
    with suppress(ValueError):
        path = path.relative_to(root)
    return f"{path.as_posix()}::{_name(job, config)}"
