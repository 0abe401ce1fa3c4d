"""One thing wrong at one place of a file, before it becomes an error that a person reads."""

from __future__ import annotations

from collections.abc import Iterable

from harness.errors import Problems, SuiteError
from harness.frozen import frozen
from harness.model import Where
from harness.text import one_line


@frozen
class Mistake:
    """What is wrong, where, and what to do about it."""

    where: Where
    """The place."""

    problem: str
    """What is wrong, without a final full stop."""

    remedy: str
    """What would be right."""

    def error(self) -> SuiteError:
        """The error that a person reads."""
        return SuiteError(one_line(self.problem, 400), remedy=one_line(self.remedy, 400), where=str(self.where))


class FileProblems(Problems):
    """Every mistake found in files, by file and place, each said once.

    Attributes:
        mistakes: The mistakes in that order.
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(
            sorted(
                set(mistakes),
                key=lambda item: (item.where.file, item.where.line, item.where.column, item.problem),
            )
        )
        super().__init__([item.error() for item in self.mistakes])

    def __reduce__(self) -> tuple[object, ...]:
        return (FileProblems, (self.mistakes,))
