"""Turn what a suite writes under `assert` into checks.

- type: contains          the whole form
  value: AAPL
- contains: AAPL          the short form: its one value, or a mapping of its parameters
- is-json                 a check without parameters
- not-contains: error     the opposite
- $ref: polite            a template of the file
- The answer is polite.   a sentence that a judge decides
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, get_args, get_origin

from harness.document import Mistake, Site
from harness.errors import HarnessError, SuiteError, nearest
from harness.model import CheckSpec
from harness.registry import ALIASES, build, kind_of, kinds
from harness.shape import MisfitsError, Path, read, shape_of

from .shapes import CheckKeys

JUDGED: Final = "llm-rubric"
"""The check that a sentence under `assert` and a name under `judge` become."""

CODE: Final = "python"
"""The check that is a function of the workspace."""

NEGATED: Final = "not-"
_KEYS: Final = tuple(shape_of(CheckKeys))
_KEYS_SET: Final = frozenset(_KEYS)


@dataclass(slots=True)
class Reader:
    """Reads the checks of one file and collects what is wrong with them."""

    templates: dict[str, Any] = field(default_factory=dict)
    """Raw templates by name."""

    untrusted: bool = False
    """Whether checks that are code of the workspace are refused."""

    mistakes: list[Mistake] = field(default_factory=list)
    """What was wrong so far."""

    used: set[str] = field(default_factory=set)
    """Templates that were referred to."""

    rubrics: list[tuple[str, Site]] = field(default_factory=list)
    """Rubrics that were named, and where, for the caller to look up."""

    def checks(self, entries: tuple[Any, ...] | None, site: Site) -> tuple[CheckSpec, ...]:
        """Read a list of checks that stands at `site`."""
        if not entries:
            return ()
        read_entries = [self.check(entry, site.inside(index)) for index, entry in enumerate(entries)]
        return tuple(spec for spec in read_entries if spec is not None)

    def unused(self, site: Site) -> None:
        """Read the templates at `site` that nothing referred to; those with variables wait until something does."""
        for name, template in self.templates.items():
            if name not in self.used and "{{" not in str(template) and "file://" not in str(template):
                self.check(template, site.inside(name))

    def check(self, entry: Any, site: Site) -> CheckSpec | None:
        """Read one check; None when it is wrong."""
        if isinstance(entry, dict) and "$ref" in entry:
            self.used.add(template_name(entry))
        try:
            whole = normal(entry, self.templates)
            spec = spec_of(whole, site)
            self._refuse_code(spec)
            if not self._inner(whole.get("assert"), site.inside(*_written(entry, ("assert",)))):
                return None
            build(spec)
        except _WrongError as error:
            path = _written(entry, error.path)
            self.mistakes.append(site.mistake(error.problem, error.remedy, *path, at_key=error.at_key))
        except MisfitsError as error:
            moved = [replace(misfit, path=_written(entry, misfit.path)) for misfit in error.misfits]
            self.mistakes.extend(site.mistakes(MisfitsError(moved), known=_allowed(whole)))
        except HarnessError as error:
            path = _written(entry, ("type",))
            self.mistakes.append(site.mistake(error.problem, error.remedy, *path))
        else:
            if spec.type == JUDGED and isinstance(spec.params.get("rubric"), str):
                self.rubrics.append((spec.params["rubric"], site.inside(*_written(entry, ("rubric",)))))
            return spec
        return None

    def _inner(self, entries: Any, site: Site) -> bool:
        """Whether the checks inside a check, if there are any, are all right."""
        if not isinstance(entries, list):
            return True
        made = [self.check(entry, site.inside(index)) for index, entry in enumerate(entries)]
        return None not in made

    def _refuse_code(self, spec: CheckSpec) -> None:
        if self.untrusted and spec.type == CODE:
            raise _WrongError("a `python` check runs code, which --untrusted refuses", "use another check")


class _WrongError(SuiteError):
    """A check that cannot be understood, with the path inside it."""

    def __init__(self, problem: str, remedy: str, *path: str | int, at_key: bool = False) -> None:
        super().__init__(problem, remedy=remedy)
        self.path = path
        self.at_key = at_key


def spec_of(entry: Mapping[str, Any], site: Site | None = None) -> CheckSpec:
    """Make the specification of a check in its whole form.

    Raises:
        MisfitsError: for keys that every check takes and that do not fit.
    """
    kind, negate = _kind(entry["type"])
    where = None if site is None else site.where()
    if _KEYS_SET.isdisjoint(entry):
        params = {key: item for key, item in entry.items() if key != "type"}
        return CheckSpec(type=kind, params=params, negate=negate, where=where)
    keys: CheckKeys = read(CheckKeys, {key: entry[key] for key in _KEYS if key in entry})
    return CheckSpec(
        type=kind,
        params={key: item for key, item in entry.items() if key != "type" and key not in _KEYS_SET},
        negate=negate,
        severity=keys.severity,
        weight=keys.weight,
        metric=keys.metric,
        where=where,
    )


def normal(entry: Any, templates: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Write any form of a check as its whole form, with `type` and parameters; those inside `assert` too.

    Raises:
        SuiteError: when it is none.
    """
    if isinstance(entry, str):
        whole = _sentence(entry)
    elif not isinstance(entry, Mapping):
        raise _WrongError("a check is a mapping or a sentence", "write `- type: contains` and its parameters below")
    elif "$ref" in entry:
        return normal(_referred(entry, templates or {}), None)
    elif "type" in entry:
        whole = dict(entry)
        if not isinstance(whole["type"], str):
            raise _WrongError("type: expected the name of a check", f"use one of: {', '.join(kinds())}", "type")
    else:
        whole = _short(entry)
    if isinstance(whole.get("assert"), list):
        whole["assert"] = list(_inner(whole["assert"], templates))
    return whole


def _inner(entries: list[Any], templates: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    for index, entry in enumerate(entries):
        try:
            yield normal(entry, templates)
        except _WrongError as error:
            path = ("assert", index, *error.path)
            raise _WrongError(error.problem, error.remedy, *path, at_key=error.at_key) from error


def _sentence(text: str) -> dict[str, Any]:
    if not text.strip():
        raise _WrongError("the check is empty", "write a sentence that must hold of the answer")
    if _kind(text)[0] in kinds():
        return {"type": text}
    return {"type": JUDGED, "value": text}


def _short(entry: Mapping[str, Any]) -> dict[str, Any]:
    names = [key for key in entry if key not in _KEYS_SET]
    if len(names) != 1:
        raise _no_single(names)
    name = names[0]
    if " " in name:
        raise _WrongError("a sentence with a colon must be quoted", f'write "{name}: ..."', name, at_key=True)
    if _kind(name)[0] not in kinds():
        raise _WrongError(
            f"unknown check type {name!r}", nearest(name, [*kinds(), *ALIASES, "type"]), name, at_key=True
        )
    given = entry[name]
    common = {key: item for key, item in entry.items() if key != name}
    if given is None:
        return {"type": name, **common}
    fields = parameters(_kind(name)[0])
    if not fields:
        raise _WrongError(f"{name} takes no parameters", "leave the value out", name)
    first = "value" if "value" in fields else fields[0]
    if isinstance(given, Mapping) and (_KEYS_SET.union(fields).issuperset(given) or not _takes_mapping(name, first)):
        return {"type": name, **given, **common}
    return {"type": name, first: given, **common}


def _no_single(names: list[str]) -> _WrongError:
    """What is wrong with a mapping without `type` that has not exactly one key of its own."""
    checks = [name for name in names if _kind(name)[0] in kinds()]
    others = [name for name in names if name not in checks]
    if len(checks) > 1:
        return _WrongError("two checks in one", "give each a dash of its own", checks[1], at_key=True)
    if checks:
        remedy = nearest(others[0], [*_KEYS, *parameters(_kind(checks[0])[0])])
        return _WrongError(f"unknown key {others[0]!r} beside the short form", remedy, others[0], at_key=True)
    return _WrongError("'type' is missing", "add `type:`, the name of a check")


def _takes_mapping(name: str, parameter: str) -> bool:
    """Whether a mapping can be the value of a parameter, and so need not be the parameters themselves."""
    kind: Any = kind_of(_kind(name)[0])
    annotation, _ = shape_of(kind)[kind.spelled.get(parameter, parameter)]
    kinds_of_it = [annotation, *get_args(annotation)]
    return Any in kinds_of_it or any(get_origin(item) in (dict, Mapping) for item in kinds_of_it)


def _written(entry: Any, path: Path) -> Path:
    """Where a part of a check's whole form stands in what was written: the short form has it under the check's name."""
    if not isinstance(entry, Mapping) or not path or path[0] in entry or not {"type", "$ref"}.isdisjoint(entry):
        return path
    name = next((key for key in entry if key not in _KEYS_SET), "")
    given = entry.get(name)
    return (name, *path) if isinstance(given, Mapping) and path[0] in given else (name, *path[1:])


def _referred(entry: Mapping[str, Any], templates: Mapping[str, Any]) -> Any:
    name = template_name(entry)
    if name not in templates:
        remedy = nearest(name, templates) if templates else "add `templates:` to the suite"
        raise _WrongError(f"unknown template {name!r}", remedy, "$ref")
    template = templates[name]
    if isinstance(template, Mapping) and "$ref" in template:
        raise _WrongError(f"the template {name!r} refers to another template", "write its check out", "$ref")
    others = {key: item for key, item in entry.items() if key != "$ref"}
    return {**normal(template), **others}


def template_name(entry: Mapping[str, Any]) -> str:
    """The template that `$ref: name`, or `$ref: "#/templates/name"`, means."""
    return str(entry["$ref"]).removeprefix("#/").removeprefix("templates/")


def _kind(name: str) -> tuple[str, bool]:
    """Registered name, and whether it is negated."""
    negate = name.startswith(NEGATED)
    bare = name.removeprefix(NEGATED)
    return ALIASES.get(bare, bare), negate


def parameters(name: str) -> tuple[str, ...]:
    """Parameters of a registered kind as suites write them, in the order of its documentation."""
    kind: Any = kind_of(name)
    written = {field: name for name, field in kind.spelled.items()}
    return tuple(written.get(field, field) for field in shape_of(kind))


def _allowed(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Every key that a check of this kind takes."""
    return (*parameters(_kind(entry["type"])[0]), *_KEYS, "type")
