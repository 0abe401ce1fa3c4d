"""The exit code that a run has earned, computed from what is stored and never from how far the program came."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, TypeAlias

from harness.errors import ExitCode

from .values import Summary

FailOn: TypeAlias = Literal["undecided"]
"""What a run may be asked to fail on besides failures and errors."""


def exit_code(summary: Summary, fail_on: Collection[FailOn] = (), *, errors_allowed: float = 0.0) -> ExitCode:
    """Say what the process tells its caller.

    Incomplete comes before failed: a failure among results that are not all there is not yet the answer.
    Trials that nothing failed and a required check could not decide (for example, no judge is configured) are reported
    and do not change the code unless asked, but a run in which nothing at all was decided is never green.

    Args:
        summary: The run.
        fail_on: `undecided` makes any undecided trial end in `INCOMPLETE`.
        errors_allowed: Share of the planned trials (0..1) that may be errored.
    """
    counts = summary.counts
    if counts.missing or counts.planned == 0 or counts.errored > errors_allowed * counts.planned:
        return ExitCode.INCOMPLETE
    if counts.failed:
        return ExitCode.FAILED
    if counts.undecided and ("undecided" in fail_on or not counts.decided):
        return ExitCode.INCOMPLETE
    return ExitCode.PASSED if counts.decided else ExitCode.INCOMPLETE
