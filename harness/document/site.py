"""A part of a document that messages point into."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from harness.errors import nearest
from harness.frozen import frozen
from harness.model import Where
from harness.shape import Misfit, MisfitsError, Path

from .document import Document
from .mistake import Mistake

_UNDERSCORES = re.compile(r"the text '(\d[\d_]*_\d[\d_]*)'")


@frozen
class Site:
    """Where a mapping or list was written, and how to point at what is inside."""

    document: Document
    """The file."""

    box: object
    """The mapping or list, as it was read: its identity is its place."""

    base: Path = ()
    """Path from there, for sites inside."""

    def inside(self, *path: str | int) -> Site:
        """The site of something inside."""
        return Site(self.document, self.box, (*self.base, *path))

    def where(self, *path: str | int, at_key: bool = False) -> Where:
        """Place of what a path leads to."""
        return self.document.place((*self.base, *path), at_key=at_key, start=self.box)

    def mistake(self, problem: str, remedy: str, *path: str | int, at_key: bool = False) -> Mistake:
        """A mistake at the place of a path."""
        return Mistake(self.where(*path, at_key=at_key), problem, remedy)

    def mistakes(
        self, error: MisfitsError, *, names: Mapping[str, str] | None = None, known: Iterable[str] = ()
    ) -> Iterator[Mistake]:
        """Say where the misfits of this part are.

        Args:
            error: What `harness.shape.read` raised.
            names: Field name to the name that files use, where they differ.
            known: Keys that are right at the top of this part besides those the shape knows.
        """
        names, known = names or {}, tuple(known)
        for misfit in error.misfits:
            path = tuple(names.get(part, part) if isinstance(part, str) else part for part in misfit.path)
            remedy = _remedy(misfit, path, known)
            yield self.mistake(_problem(misfit, path, names), remedy, *path, at_key=misfit.at_key)


def _problem(misfit: Misfit, path: Path, names: Mapping[str, str]) -> str:
    problem = misfit.problem
    for field, written in names.items():
        problem = problem.replace(f"'{field}' is missing", f"'{written}' is missing")
    if misfit.at_key or not path or problem.endswith("is missing"):
        return problem
    last = path[-1] if isinstance(path[-1], str) else f"item {path[-1] + 1}"
    return f"{last}: {problem}"


def _remedy(misfit: Misfit, path: Path, known: tuple[str, ...]) -> str:
    if misfit.at_key and len(path) == 1 and known:
        return nearest(str(path[0]), known)
    if not path and known and misfit.remedy.startswith("write keys:"):
        return f"write keys: {', '.join(known)}"
    written = _UNDERSCORES.search(misfit.problem)
    if written is not None:
        return f"write {written[1].replace('_', '')}, without underscores"
    return misfit.remedy
