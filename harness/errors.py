"""Every error that a person is meant to read: what is wrong, where, and what to do.

    HarnessError                    printed without a traceback
    ├── UserError                   the user's mistake: nothing was spent            exit 2
    │   ├── SuiteError              a case, suite, rubric or fixture file
    │   ├── ConfigError             harness.toml, environment, flags
    │   ├── AgentError              an agent that cannot be loaded
    │   └── MissingExtra            an optional dependency that is not installed
    ├── StoreError                  the result store cannot be read or written       exit 3
    └── Incomplete                  the run ended before every trial had a result    exit 3

Anything else that escapes is our bug (exit 4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells its caller; fixed, and the same for every command."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    INCOMPLETE = 3
    BUG = 4
    INTERRUPTED = 130
    TERMINATED = 143


class HarnessError(Exception):
    """Base of every error that the command line prints without a traceback.

    Attributes:
        problem: What is wrong, in one sentence without a final full stop.
        remedy: The next thing to do about it.
        where: The place, as `file:line:column`, a setting's name or a path.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, problem: str, *, remedy: str, where: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.where = where

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.problem}\n  fix: {self.remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.problem, self.remedy, self.where))


def _rebuild(kind: type[HarnessError], problem: str, remedy: str, where: str | None) -> HarnessError:
    return kind(problem, remedy=remedy, where=where)


class UserError(HarnessError):
    """The user's mistake, found before anything was spent."""


class SuiteError(UserError):
    """A suite, rubric or fixture file that cannot be used."""


class ConfigError(UserError):
    """A setting in harness.toml, the environment or on the command line that cannot be used."""


class AgentError(UserError):
    """An agent that cannot be found or loaded."""


class MissingExtra(UserError):
    """An optional dependency that a requested feature needs and that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs an optional dependency that is not installed",
            remedy=f'pip install "finharness[{extra}]"',
        )
        self.feature = feature
        self.extra = extra

    def __reduce__(self) -> tuple[object, ...]:
        return (MissingExtra, (self.feature, self.extra))


class StoreError(HarnessError):
    """The result store cannot be opened, read or written."""

    exit_code = ExitCode.INCOMPLETE


class Incomplete(HarnessError):
    """A run that ended before every selected trial had a result."""

    exit_code = ExitCode.INCOMPLETE


class Problems(UserError):
    """Several user errors found in one pass, reported together."""

    def __init__(self, errors: Sequence[UserError]) -> None:
        self.errors = tuple(errors)
        count = len(self.errors)
        super().__init__(
            f"{count} problem{'s' if count != 1 else ''} found", remedy="correct the places listed and run again"
        )

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)

    def __reduce__(self) -> tuple[object, ...]:
        return (Problems, (self.errors,))


def nearest(name: str, known: Iterable[str]) -> str:
    """Write the remedy for an unknown name: the nearest known one, or all of them."""
    choices = sorted(known)
    near = get_close_matches(name, choices, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"use one of: {', '.join(choices)}" if choices else "none is defined"


@contextmanager
def os_errors(kind: type[HarnessError], problem: str, *, remedy: str, where: object = None) -> Iterator[None]:
    """Say what it means that the system refuses a file or an address, with the system's own words behind it.

    Raises:
        HarnessError: of this kind, for any OSError inside.
    """
    try:
        yield
    except OSError as error:
        place = None if where is None else str(where)
        raise kind(f"{problem} ({error.strerror})", remedy=remedy, where=place) from error
