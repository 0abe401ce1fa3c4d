"""Read a promptfoo configuration as cases: prompts times tests, with what `defaultTest` adds to each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from harness.errors import UserError
from harness.importers.mapped import Mapped, Names, Unmapped
from harness.importers.reading import content
from harness.model import Case, CheckSpec

from .asserts import UnmappedError, spec_of
from .templates import TemplateError, combinations, filled, settled

_REMEDY: Final = "give a promptfooconfig.yaml with `prompts` and `tests`"
_ELSEWHERE: Final = {
    "providers": "agents are in harness.toml; --agent names the one that the cases are for",
    "targets": "agents are in harness.toml; --agent names the one that the cases are for",
    "redteam": "attacks are made by promptfoo itself; our injection checks are in docs/injection.md",
    "nunjucksFilters": "templates are filled in with names alone",
    "extensions": "it is code for another program",
    "outputPath": "`finharness eval -o FILE` writes reports",
}
_CODE_KEYS: Final = ("transform", "transformVars", "postprocess")
_MOST_FILES: Final = 100


def read_promptfoo(path: Path, *, suite: str = "promptfoo", agent: str = "recorded") -> Mapped:
    """Read a configuration, and the files of tests and prompts beside it.

    Raises:
        UserError: for anything that is no such configuration.
    """
    return _Reader(path, suite, agent).read()


@dataclass
class _Reader:
    """One configuration being read."""

    path: Path
    suite: str
    agent: str
    unmapped: list[Unmapped] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    names: Names = field(default_factory=Names)
    cases: list[Case] = field(default_factory=list)

    def read(self) -> Mapped:
        whole = self._yaml(self.path)
        if not isinstance(whole, Mapping) or not whole.get("tests", whole.get("scenarios")):
            raise UserError("there are no tests in it", remedy=_REMEDY, where=str(self.path))
        for key, why in _ELSEWHERE.items():
            if key in whole:
                self._note(key, key, why)
        prompts = list(self._prompts(whole.get("prompts") or ["{{ input }}"]))
        default = self._default(whole.get("defaultTest"))
        templates = whole.get("assertionTemplates") or {}
        for place, test in self._tests(whole.get("tests") or [], "tests"):
            self._test(place, _joined(default, test), prompts, templates)
        for place, test in self._scenarios(whole.get("scenarios") or []):
            self._test(place, _joined(default, test), prompts, templates)
        if not self.cases:
            raise UserError("nothing of it can be checked here", remedy=_first(self.unmapped), where=str(self.path))
        return Mapped(tuple(self.cases), tuple(self.unmapped), tuple(self.left_out))

    # ---- what a configuration is made of

    def _prompts(self, found: Any) -> Iterator[tuple[str, str]]:
        """Label and text of each prompt."""
        for number, item in enumerate(found if isinstance(found, list) else [found]):
            place, label, text = f"prompts[{number}]", "", item
            if isinstance(item, Mapping):
                label, text = str(item.get("label") or item.get("id") or ""), item.get("raw") or item.get("id")
            if isinstance(text, str) and text.startswith("file://"):
                file = self.path.parent / text.removeprefix("file://")
                if file.suffix not in {".txt", ".md"}:
                    self._note(place, text, "only prompts in .txt and .md files are read; write it out")
                    continue
                text = self._inside(file).decode("utf-8", "replace")
            if isinstance(text, str) and text.strip():
                yield label or f"p{number + 1}", text
            else:
                self._note(place, "prompt", "it is no text; chats and functions are the agent's own business")

    def _default(self, found: Any) -> Mapping[str, Any]:
        if isinstance(found, str) and found.startswith("file://"):
            found = self._yaml(self.path.parent / found.removeprefix("file://"))
        return found if isinstance(found, Mapping) else {}

    def _tests(self, found: Any, place: str, depth: int = 0) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Each test with its place; a text names a file of them."""
        for number, item in enumerate(found if isinstance(found, list) else [found]):
            here = f"{place}[{number}]"
            if isinstance(item, Mapping) and "path" not in item:
                yield here, item
                continue
            name = item.get("path") if isinstance(item, Mapping) else item
            if not isinstance(name, str) or "://" in name.removeprefix("file://") or depth > 2:
                self._note(here, "tests", "they are elsewhere; give a file beside the configuration")
                continue
            yield from self._file(name.removeprefix("file://"), here, depth)

    def _file(self, name: str, place: str, depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
        paths = sorted(self.path.parent.glob(name))[:_MOST_FILES] if "*" in name else [self.path.parent / name]
        for path in paths:
            if path.suffix == ".csv":
                yield from _rows(self._inside(path).decode("utf-8-sig", "replace"), f"{place} {path.name}")
            elif path.suffix in {".yaml", ".yml", ".json"}:
                yield from self._tests(self._yaml(path), f"{place} {path.name}", depth + 1)
            else:
                self._note(place, path.name, "only .yaml, .json and .csv files of tests are read")

    def _scenarios(self, found: list[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for number, scenario in enumerate(found):
            place = f"scenarios[{number}]"
            if not isinstance(scenario, Mapping):
                self._note(place, "scenario", "it is in a file; write it out")
                continue
            for at, setting in enumerate(scenario.get("config") or [{}]):
                for here, test in self._tests(scenario.get("tests") or [{}], f"{place}.tests"):
                    if isinstance(setting, Mapping):
                        yield f"{here}, config[{at}]", _joined(setting, test)

    # ---- a test as cases

    def _test(self, place: str, test: Mapping[str, Any], prompts: list[tuple[str, str]], templates: Any) -> None:
        options = _mapping(test.get("options"))
        for key in _CODE_KEYS:
            if key in options:
                self._note(place, f"options.{key}", "it is code for another program, so the answer is checked as it is")
        given = test.get("vars") or {}
        if not isinstance(given, Mapping):
            self._note(place, "vars", "they are in a file; write them out")
            self.left_out.append(place)
            return
        sets = list(combinations(given))
        for variables in sets:
            for label, prompt in prompts:
                self._case(place, test, variables, (label if len(prompts) > 1 else "", prompt), templates)

    def _case(
        self, place: str, test: Mapping[str, Any], variables: dict[str, Any], prompt: tuple[str, str], templates: Any
    ) -> None:
        label, text = prompt
        try:
            variables = settled(variables)
            asked = filled(text, {**variables, "input": variables.get("input", variables.get("prompt", ""))})
        except TemplateError as error:
            self._note(place, "prompt", f"it has {error}")
            self.left_out.append(place)
            return
        checks = self._checks(test.get("assert") or [], variables, f"{place}.assert", templates)
        if not checks or not asked:
            self.left_out.append(place)
            return
        described = str(test.get("description") or "")
        metadata = _mapping(test.get("metadata"))
        known = {str(key): str(item) for key, item in metadata.items() if isinstance(item, str | int | float)}
        name = " ".join(part for part in (described, label) if part) if described else None
        self.cases.append(
            Case(
                id=self.names.of(name, {"input": asked, "vars": variables}),
                suite=self.suite,
                agent=self.agent,
                description=described,
                input=asked,
                checks=tuple(self._set(checks, test.get("threshold"))),
                tags={key: item for key, item in known.items() if key.replace("-", "").replace("_", "").isalnum()},
            )
        )

    def _checks(self, found: Any, variables: Mapping[str, Any], place: str, templates: Any) -> list[CheckSpec]:
        checks: list[CheckSpec] = []
        for number, given in enumerate(found if isinstance(found, list) else []):
            here, item = f"{place}[{number}]", _referred(given, templates)
            if not isinstance(item.get("type"), str):
                self._note(here, "assertion", "it has no type")
                continue
            try:
                checks.append(self._check(item, variables, here, templates))
            except (UnmappedError, TemplateError) as error:
                why = str(error) if isinstance(error, UnmappedError) else f"it has {error}"
                self._note(here, item["type"], why)
        return checks

    def _check(self, item: Mapping[str, Any], variables: Mapping[str, Any], place: str, templates: Any) -> CheckSpec:
        if item["type"].removeprefix("not-") != "assert-set":
            spec = spec_of(item["type"], filled(dict(item), variables))
            if spec.type == "llm-rubric" and "threshold" in item:
                self._note(place, item["type"], "its threshold is left out: a judge finds that a claim holds, or not")
            return spec
        inner = self._checks(item.get("assert") or [], variables, f"{place}.assert", templates)
        if not inner:
            raise UnmappedError("none of its assertions can be said here")
        return next(iter(self._set(inner, item.get("threshold"), always=True)))

    @staticmethod
    def _set(checks: list[CheckSpec], threshold: Any, *, always: bool = False) -> Iterator[CheckSpec]:
        """Checks of which a weighted share is enough, where the test says so."""
        share = threshold if isinstance(threshold, int | float) and 0 < threshold <= 1 else None
        if share is None and not always:
            yield from checks
            return
        from harness.importers.suite import check_data

        joined = {"mode": "all"} if share is None else {"threshold": float(share)}
        yield CheckSpec(type="assert-set", params={"assert": [check_data(item) for item in checks], **joined})

    # ---- files

    def _yaml(self, path: Path) -> Any:
        from harness.document import FileProblems, read_text

        try:
            return read_text(self._inside(path), path.name).data
        except FileProblems as error:
            raise UserError(f"it cannot be read ({error})", remedy=_REMEDY, where=str(path)) from error

    def _inside(self, path: Path) -> bytes:
        root = self.path.parent.resolve()
        if not path.resolve().is_relative_to(root):
            raise UserError("the file is outside the configuration's folder", remedy="copy it there", where=str(path))
        return content(path, _REMEDY)

    def _note(self, place: str, what: str, why: str) -> None:
        found = Unmapped(place, what, why)
        if found not in self.unmapped:
            self.unmapped.append(found)


def _joined(default: Mapping[str, Any], test: Mapping[str, Any]) -> dict[str, Any]:
    """A test with what holds for all: variables, options and metadata are joined, assertions added."""
    joined = {**default, **test}
    for key in ("vars", "options", "metadata"):
        both = [item for item in (default.get(key), test.get(key)) if isinstance(item, Mapping)]
        if both:
            joined[key] = {name: item for part in both for name, item in part.items()}
    joined["assert"] = [*(default.get("assert") or []), *(test.get("assert") or [])]
    return joined


def _referred(item: Any, templates: Any) -> Mapping[str, Any]:
    """An assertion, or the template that it refers to with what it says besides."""
    if not isinstance(item, Mapping):
        return {}
    name = item.get("$ref")
    template = (
        templates.get(name.rpartition("/")[2]) if isinstance(name, str) and isinstance(templates, Mapping) else None
    )
    return {**template, **item} if isinstance(template, Mapping) else item


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _rows(text: str, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Tests of a CSV file: a column for each variable, `__expected` and numbered ones for assertions."""
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), 2):
        expected = [item for key, item in row.items() if key and key.startswith("__expected") and item]
        variables = {key: item for key, item in row.items() if key and not key.startswith("__")}
        test = {"vars": variables, "assert": [_expected(item) for item in expected]}
        yield (
            f"{place} line {number}",
            test | ({"description": row["__description"]} if row.get("__description") else {}),
        )


def _expected(text: str) -> dict[str, Any]:
    kind, colon, value = text.partition(":")
    name, bracket, rest = kind.partition("(")
    if not colon or not name.replace("-", "").isalpha() or " " in kind:
        return {"type": "equals", "value": text}
    if name == "grade":
        name = "llm-rubric"
    limit = {"threshold": float(rest.rstrip(")"))} if bracket and rest.rstrip(")").replace(".", "", 1).isdigit() else {}
    if name in {"latency", "cost"} and not limit and value.strip().replace(".", "", 1).isdigit():
        limit = {"threshold": float(value)}
    return {"type": name, "value": value.strip(), **limit}


def _first(unmapped: list[Unmapped]) -> str:
    return str(unmapped[0]) if unmapped else _REMEDY
