"""Suites and trials as pytest collects and runs them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.model import Job, Result
from harness.text import visible

from .planning import jobs_of, name_of
from .shares import SHARES
from .words import explained, undecided_reason


class SuiteFile(pytest.File):
    """One suite."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item per trial."""
        config = self.config
        try:
            jobs = jobs_of(config, [str(self.path)])
        except HarnessError as error:
            raise self.CollectError(visible(str(error))) from error
        for job in jobs:
            yield TrialItem.from_parent(self, name=name_of(job, config), job=job)


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
        self.result = self.config.stash[SHARES].wait(self)
        status = self.result.status
        if status == "undecided" and self.config.getoption("eval_undecided") == "skip":
            pytest.skip(f"undecided: {undecided_reason(self.result)}")
        if status != "passed":
            raise NotPassedError(self.result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Say what did not hold, rather than where in pytest that was noticed."""
        if isinstance(excinfo.value, NotPassedError):
            return "\n".join(explained(excinfo.value.result))
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
