"""Turn one file's raw cases into cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from harness.document import Mistake, Site
from harness.errors import SuiteError, nearest
from harness.model import Budget, Case, CheckSpec, Reference, Turn, fingerprint
from harness.shape import MisfitsError, read, shape_of

from .assertions import JUDGED, Reader, template_name
from .matrix import Filler, combinations, has_spots, mentioned
from .shapes import CASE_NAMES, CaseFile, DefaultsFile, SuiteFile, TurnFile
from .sound import LONGEST_ID, unsound

_FIELD_NAMES: Final = {field_name: name for name, field_name in CASE_NAMES.items()}
_NO_DEFAULTS: Final = DefaultsFile()
_NO_BUDGET: Final = Budget()


@dataclass(slots=True)
class CaseReader:
    """Reads the cases of one file and collects what is wrong with them."""

    suite: str
    """Name of the suite."""

    file: SuiteFile
    """What the file says for all of them."""

    site: Site
    """The file's top."""

    agents: Mapping[str, Any]
    """Agents of the workspace."""

    checks: Reader
    """Reads their checks."""

    filler: Filler | None
    """Fills in variables and fixtures; None when the file has neither."""

    written: Mapping[str, str] = field(default_factory=dict)
    """Field of the file to the name it is written under, where they differ."""

    mistakes: list[Mistake] = field(default_factory=list)
    """What was wrong so far."""

    _variables: dict[str, Any] = field(default_factory=dict)
    _defaults: tuple[DefaultsFile, tuple[CheckSpec, ...]] | None = None

    def cases(self) -> Iterator[Case]:
        """Read them all."""
        if self.filler is not None:
            self._variables = self.filler.variables(self.file.vars, self._part("vars"))
        if not self.file.cases:
            self._defaults_of(self.file.defaults)
        for index, raw in enumerate(self.file.cases or ()):
            site = Site(self.site.document, raw) if isinstance(raw, dict) else self._part("cases").inside(index)
            if self.filler is None:
                case = self._case(raw, self.file.defaults, site)
                if case is not None:
                    yield case
            else:
                yield from self._filled(raw, site, self.filler)
        self.checks.unused(self._part("templates"))

    def _filled(self, raw: Any, site: Site, filler: Filler) -> Iterator[Case]:
        """One case per combination of variables."""
        defaults = self.file.defaults
        own = _mapping(_mapping(raw).get("vars"))
        shared = _mapping(_mapping(defaults).get("vars"))
        default_site = self._part("defaults")
        variables = {
            **self._variables,
            **filler.variables(shared, default_site.inside("vars")),
            **filler.variables(own, site.inside("vars")),
        }
        templates = {name: _mapping(self.file.templates)[name] for name in self._referred([raw, defaults])}
        used = mentioned([raw, defaults, *templates.values()])
        for name in own:
            if name not in used:
                self.mistakes.append(
                    site.mistake(
                        f"the variable {name!r} is never used",
                        f"write {{{{ {name} }}}} in the case",
                        "vars",
                        name,
                        at_key=True,
                    )
                )
        try:
            for suffix, chosen in combinations(variables, used):
                filled = filler.fill(raw, chosen, site)
                self.checks.templates |= filler.fill(templates, chosen, self._part("templates"))
                shared_filled = filler.fill(defaults, chosen, default_site) if has_spots(defaults) else defaults
                case = self._case(filled, shared_filled, site)
                if case is not None:
                    yield replace(case, id=_suffixed(case.id, suffix))
        except SuiteError as error:
            self.mistakes.append(site.mistake(error.problem, error.remedy, "vars"))

    def _referred(self, item: Any) -> set[str]:
        """Templates that plain data refers to with `$ref`."""
        if isinstance(item, dict):
            found = {template_name(item)} if "$ref" in item else set()
            return found.intersection(self.file.templates or ()).union(*map(self._referred, item.values()))
        return set().union(*map(self._referred, item)) if isinstance(item, list) else set()

    def _case(self, raw: Any, raw_defaults: Any, site: Site) -> Case | None:
        defaults, shared = self._defaults_of(raw_defaults)
        try:
            file: CaseFile = read(CaseFile, _renamed(raw))
        except MisfitsError as error:
            self.mistakes.extend(site.mistakes(error, names=_FIELD_NAMES, known=_KNOWN))
            entries = _mapping(raw).get("assert")
            if isinstance(entries, list):
                self.checks.checks(tuple(entries), site.inside("assert"))
            return None
        agent = file.agent or defaults.agent or self.file.agent
        turns = self._turns(file.turns, site.inside("turns"))
        own = self.checks.checks(file.checks, site.inside("assert"))
        judged = self._judged(file.judge, site.inside("judge"))
        content = file.input if file.input is not None or turns else defaults.input
        case = Case(
            id=file.id,
            suite=self.suite,
            agent=agent or "",
            description=file.description or "",
            input=content,
            turns=turns,
            world=_joined(defaults.world, file.world),
            as_of=file.as_of or defaults.as_of,
            checks=(*own, *shared, *judged),
            budget=_budget(defaults.budget, file.budget),
            reference=_reference(defaults.reference, file.reference),
            faults=file.faults if file.faults is not None else defaults.faults or (),
            repeat=file.repeat or defaults.repeat or 1,
            tags=_joined(_tags(defaults.tags), _tags(file.tags)),
            severity=file.severity or defaults.severity or "major",
            must_pass=bool(defaults.must_pass if file.must_pass is None else file.must_pass),
            where=site.where(),
        )
        self.mistakes.extend(unsound(case, file, site))
        self._check_agent(agent, file, defaults, site)
        if not case.checks and not _asserts(raw) and not _asserts(raw_defaults):
            self.mistakes.append(site.mistake("the case asserts nothing", "add `assert:` with what must hold"))
        return case

    def _check_agent(self, agent: str | None, file: CaseFile, defaults: DefaultsFile, site: Site) -> None:
        if agent is None:
            self.mistakes.append(site.mistake("the case names no agent", "add `agent:` to the suite or the case"))
        elif agent not in self.agents:
            source = site if file.agent else self._part("defaults") if defaults.agent else self.site
            remedy = nearest(agent, self.agents) if self.agents else f"add [agents.{agent}] to harness.toml"
            self.mistakes.append(source.mistake(f"unknown agent {agent!r}", remedy, "agent"))

    def _part(self, name: str) -> Site:
        """Site of a part of the file, under the name that the file uses."""
        return self.site.inside(self.written.get(name, name))

    def _defaults_of(self, raw: Any) -> tuple[DefaultsFile, tuple[CheckSpec, ...]]:
        """Defaults and their checks; those without variables are read once."""
        if raw is None:
            return _NO_DEFAULTS, ()
        if raw is not self.file.defaults:
            return self._read_defaults(raw)
        if self._defaults is None:
            self._defaults = self._read_defaults(raw)
        return self._defaults

    def _read_defaults(self, raw: Any) -> tuple[DefaultsFile, tuple[CheckSpec, ...]]:
        site = self._part("defaults")
        try:
            defaults: DefaultsFile = read(DefaultsFile, _renamed(raw))
        except MisfitsError as error:
            self.mistakes.extend(site.mistakes(error, names=_FIELD_NAMES, known=_KNOWN_DEFAULTS))
            return _NO_DEFAULTS, ()
        own = self.checks.checks(defaults.checks, site.inside("assert"))
        return defaults, (*own, *self._judged(defaults.judge, site.inside("judge")))

    def _turns(self, raw: tuple[Any, ...] | None, site: Site) -> tuple[Turn, ...]:
        return tuple(self._turn(item, site.inside(index)) for index, item in enumerate(raw or ()))

    def _turn(self, raw: Any, site: Site) -> Turn:
        try:
            turn: TurnFile = read(TurnFile, {"input": raw} if isinstance(raw, str) else _renamed(raw))
        except MisfitsError as error:
            self.mistakes.extend(site.mistakes(error, names=_FIELD_NAMES, known=("input", "assert")))
            return Turn(input="")
        if turn.input is None:
            self.mistakes.append(site.mistake("the turn says nothing", "add `input:`"))
        return Turn(input=turn.input, checks=self.checks.checks(turn.checks, site.inside("assert")))

    def _judged(self, names: str | tuple[str, ...] | None, site: Site) -> tuple[CheckSpec, ...]:
        if names is None:
            return ()
        if isinstance(names, str):
            spec = self.checks.check({"type": JUDGED, "rubric": names}, site)
            return () if spec is None else (spec,)
        return self.checks.checks(tuple({"type": JUDGED, "rubric": name} for name in names), site)


_KNOWN: Final = tuple(_FIELD_NAMES.get(name, name) for name in shape_of(CaseFile))
_KNOWN_DEFAULTS: Final = tuple(_FIELD_NAMES.get(name, name) for name in shape_of(DefaultsFile))
_BUDGET_FIELDS: Final = tuple(item.name for item in fields(Budget))


def _renamed(raw: Any) -> Any:
    """A case's keys by the names of the fields that hold them."""
    if isinstance(raw, dict) and "assert" in raw and "checks" not in raw:
        return {CASE_NAMES.get(key, key): item for key, item in raw.items()}
    return raw


def _mapping(item: Any) -> Mapping[str, Any]:
    return item if isinstance(item, dict) else {}


def _asserts(raw: Any) -> bool:
    """Whether a case or its defaults write any check, be it a wrong one."""
    given = _mapping(raw)
    turns = given.get("turns")
    inside = any(_mapping(turn).get("assert") for turn in turns) if isinstance(turns, list) else False
    return bool(given.get("assert") or given.get("judge") or inside)


def _joined(first: Mapping[str, Any] | None, second: Mapping[str, Any] | None) -> dict[str, Any]:
    return {**(first or {}), **(second or {})}


def _budget(first: Budget | None, second: Budget | None) -> Budget:
    if first is None or second is None:
        return first or second or _NO_BUDGET
    given = {name: getattr(second, name) for name in _BUDGET_FIELDS if getattr(second, name) is not None}
    return replace(first, **given)


def _reference(default: Reference | None, own: Reference | None) -> Reference | None:
    """The case's own reference, or that of all cases; what is known of tools is joined."""
    if own is None or default is None or not default.tools:
        return own or default
    return replace(own, tools={**default.tools, **own.tools})


def _tags(given: Mapping[str, Any] | tuple[str, ...] | None) -> dict[str, str]:
    if isinstance(given, tuple):
        return dict.fromkeys(given, "")
    return {name: str(item).lower() if isinstance(item, bool) else str(item) for name, item in (given or {}).items()}


def _suffixed(case_id: str, suffix: str) -> str:
    whole = case_id + suffix
    return whole if len(whole) <= LONGEST_ID else f"{case_id[: LONGEST_ID - 10]}[{fingerprint(whole)[:8]}]"
