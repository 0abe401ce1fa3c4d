"""Load the suites of a workspace: every case, or every mistake of every file."""

from __future__ import annotations

import gc
import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from harness.document import FileProblems, Mistake, Site, fetch, read_text
from harness.errors import SuiteError, UserError, nearest
from harness.frozen import frozen
from harness.model import Case, Where
from harness.shape import MisfitsError, read, shape_of
from harness.workspace import Workspace

from .assertions import Reader
from .cases import CaseReader
from .digests import digest_of
from .files import suite_files
from .fixtures import Fixtures
from .matrix import Filler
from .shapes import SUITE_NAMES, SuiteFile

MOST_CASES: Final = 100_000
"""Most cases that one load may make."""


@frozen
class Suite:
    """One file of cases."""

    name: str
    """Path relative to the cases folder, without suffix."""

    file: str
    """Path relative to the workspace root."""

    description: str = ""
    """What it is about, for people."""

    cases: tuple[Case, ...] = ()
    """Its cases, in the file's order."""

    digest: str = ""
    """SHA-256 of the file as it was read, hexadecimal."""


def load(workspace: Workspace, paths: Sequence[str] = (), *, untrusted: bool = False) -> tuple[Case, ...]:
    """Load cases.

    Args:
        workspace: Where to look.
        paths: Suite files, folders or suite names; by default everything under the cases folder.
        untrusted: Whether checks that are code of the workspace are refused.

    Raises:
        FileProblems: with every mistake of every file.
        UserError: when there is no suite, or no case in any.
    """
    return cases_of(load_suites(workspace, paths, untrusted=untrusted))


def cases_of(suites: Sequence[Suite]) -> tuple[Case, ...]:
    """The cases of suites.

    Raises:
        UserError: when there is none.
    """
    cases = tuple(case for suite in suites for case in suite.cases)
    if not cases:
        files = ", ".join(suite.file for suite in suites[:5])
        raise UserError(f"no cases in {files}", remedy="add cases, or name another suite")
    return cases


def load_suites(workspace: Workspace, paths: Sequence[str] = (), *, untrusted: bool = False) -> tuple[Suite, ...]:
    """Load suites, empty ones too; otherwise as `load`."""
    loader = _Loader(workspace, untrusted=untrusted)
    with _no_collection():
        suites = [loader.suite(name, file) for name, file in suite_files(workspace, paths)]
    loader.check_names(suites)
    loader.check_rubrics()
    if loader.mistakes:
        raise FileProblems(loader.mistakes)
    return tuple(suites)


def load_text(workspace: Workspace, file: str, text: str, *, untrusted: bool = False) -> Suite:
    """Load a suite from a text as if it stood in a file, which it may take the place of; nothing is written.

    Args:
        workspace: Where the file would be.
        file: Its path relative to the root.
        text: What would be in it.
        untrusted: Whether checks that are code of the workspace are refused.

    Raises:
        FileProblems: with every mistake of the text.
    """
    loader = _Loader(workspace, untrusted=untrusted)
    name = os.path.relpath(workspace.inside(file), workspace.cases).removesuffix(".yaml").removesuffix(".yml")
    suite = loader.suite(name, file, text.encode("utf-8", "surrogatepass"))
    loader.check_names([suite])
    loader.check_rubrics()
    if loader.mistakes:
        raise FileProblems(loader.mistakes)
    return suite


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector from walking all that was read, again and again: a quarter of the time of a large load."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(slots=True)
class _Loader:
    """What is shared between the files of one load."""

    workspace: Workspace
    untrusted: bool
    mistakes: list[Mistake] = field(default_factory=list)
    named_rubrics: list[tuple[str, Site]] = field(default_factory=list)
    count: int = 0
    fixtures: Fixtures = field(init=False)

    def __post_init__(self) -> None:
        self.fixtures = Fixtures(self.workspace)

    def suite(self, name: str, file: str, text: bytes | None = None) -> Suite:
        """Read one file, or a text that may take its place; what is wrong with it joins the mistakes."""
        try:
            path = self._path(file)
            data = fetch(path, file) if text is None else text
            document = read_text(data, file)
            site = Site(document, document.data)
            shape, written = self._shape(document.data, site)
        except SuiteError as error:
            self.mistakes.append(Mistake(Where(file=file), error.problem, error.remedy))
            return Suite(name, file)
        except FileProblems as error:
            self.mistakes.extend(error.mistakes)
            return Suite(name, file)
        filler = Filler(self.fixtures, path.parent) if b"{{" in data or b"file://" in data else None
        checks = Reader(templates=dict(shape.templates or {}), untrusted=self.untrusted)
        reader = CaseReader(name, shape, site, self.workspace.agents, checks, filler, written)
        cases = self._take(reader, file)
        self.mistakes += [*reader.mistakes, *checks.mistakes, *(filler.mistakes if filler else ())]
        self.named_rubrics += checks.rubrics
        return Suite(name, file, shape.description or "", cases, digest_of(data))

    def _path(self, file: str) -> Path:
        if not file.isprintable():
            raise SuiteError("the file's name has characters that cannot be shown", remedy="rename it")
        return self.workspace.inside(file)

    def _take(self, reader: CaseReader, file: str) -> tuple[Case, ...]:
        cases = []
        for case in reader.cases():
            self.count += 1
            if self.count > MOST_CASES:
                remedy = "select fewer suites, or use shorter lists of variables"
                raise FileProblems([Mistake(Where(file=file), f"more than {MOST_CASES} cases in all", remedy)])
            cases.append(case)
        return tuple(cases)

    def _shape(self, data: Any, site: Site) -> tuple[SuiteFile, dict[str, str]]:
        """Read the top of the file, and under which names it writes fields; keys that are wrong are noted and left out, so that the cases are checked too."""
        if data is None:
            return SuiteFile(), {}
        written = {SUITE_NAMES[key]: key for key in data if key in SUITE_NAMES} if isinstance(data, dict) else {}
        if isinstance(data, dict):
            for other, name in SUITE_NAMES.items():
                if other in data and name in {SUITE_NAMES.get(key, key) for key in data if key != other}:
                    problem = f"{other!r} is another name of {name!r}, which is given too"
                    self.mistakes.append(site.mistake(problem, "keep one of them", other, at_key=True))
        renamed = {SUITE_NAMES.get(key, key): item for key, item in data.items()} if isinstance(data, dict) else data
        try:
            shape: SuiteFile = read(SuiteFile, renamed)
        except MisfitsError as error:
            self.mistakes.extend(site.mistakes(error, names=written, known=(*shape_of(SuiteFile), *SUITE_NAMES)))
            wrong = {misfit.path[0] for misfit in error.misfits if misfit.path}
            rest = {key: item for key, item in renamed.items() if key not in wrong} if isinstance(data, dict) else {}
            shape = read(SuiteFile, rest)
        return shape, written

    def check_names(self, suites: Iterable[Suite]) -> None:
        """Refuse a case id that stands twice, or twice but for case."""
        seen: dict[str, Case] = {}
        for suite in suites:
            for case in suite.cases:
                first = seen.setdefault(unicodedata.normalize("NFC", case.id).casefold(), case)
                if first is not case and case.where is not None:
                    same = "is" if first.id == case.id else f"differs only by case from {first.id!r}, which is"
                    problem = f"the id {case.id!r} {same} already used at {first.where}"
                    self.mistakes.append(Mistake(case.where, problem, "give one of them another id"))

    def check_rubrics(self) -> None:
        """Look up the rubrics that cases name; read them only if any does."""
        if not self.named_rubrics:
            return
        from harness import rubrics

        known, mistakes = rubrics.survey(self.workspace)
        self.mistakes += mistakes
        folder = os.path.relpath(self.workspace.judges, self.workspace.root)
        for name, site in self.named_rubrics:
            if name not in known:
                remedy = nearest(name, known) if known else f"add {folder}/{name}.yaml"
                self.mistakes.append(site.mistake(f"unknown rubric {name!r}", remedy))
