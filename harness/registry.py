"""The kinds of check: one decorator, whose fields are the YAML parameters and whose docstring is the documentation.

    @check("max-words")
    class MaxWords(Check):
        '''The answer has at most `limit` words.'''

        limit: Annotated[int, Ge(1)]
        '''Most words allowed.'''

        def conclude(self, subject: Subject) -> Finding:
            used = len(subject.text.split())
            return self.finding(used <= self.limit, f"{used} of {self.limit} words", expected=self.limit, actual=used)

The module that defines a built-in kind is imported when a suite first names it.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, TypeVar, dataclass_transform

from .errors import SuiteError, nearest
from .frozen import frozen
from .model import Case, CheckSpec, Evidence, Outcome, Trace, canonical
from .shape import Misfit, MisfitsError, read, value

C = TypeVar("C", bound="Check")

BUILTIN: Mapping[str, tuple[str, ...]] = {
    "harness.checks.text": (
        "equals", "contains", "icontains", "contains-any", "contains-all", "icontains-any", "icontains-all",
        "starts-with", "regex",
    ),
    "harness.checks.numbers": ("number",),
    "harness.checks.structure": ("is-json", "diff"),
    "harness.checks.artifacts": ("artifact",),
    "harness.checks.tools": ("trajectory:tool-used", "trajectory:tool-args-match", "trajectory:tool-sequence"),
    "harness.checks.course": ("trajectory:step-count", "trajectory:no-repeated-calls", "trajectory:error-free"),
    "harness.checks.usage": ("latency", "ttft", "cost", "tokens"),
    "harness.checks.code": ("python",),
    "harness.checks.sets": ("assert-set",),
    "harness.checks.plans": ("trajectory:efficiency", "trajectory:plan"),
    "harness.checks.efficiency": ("trajectory:redundancy", "trajectory:loops", "trajectory:recovery"),
    "harness.checks.injection": ("injection:resisted", "injection:taint", "injection:text"),
    "harness.checks.flow": (
        "trajectory:parallelism", "trajectory:unsourced-arguments", "trajectory:routing", "trajectory:wall-split",
    ),
    "harness.checks.charts": ("finance:chart-spec",),
    "harness.checks.grounded": ("finance:grounded-numbers",),
    "harness.checks.allocation": ("finance:allocation",),
    "harness.checks.books": ("finance:reconciliation", "finance:end-state"),
    "harness.checks.trades": ("finance:confirmed-before-trade", "finance:trade-valid"),
    "harness.checks.effects": ("finance:exactly-once",),
    "harness.checks.jobs": ("finance:job-state",),
    "harness.checks.agreement": ("finance:agreement",),
    "harness.checks.speech": ("finance:conduct", "finance:disclosures", "finance:pii", "finance:response-size"),
    "harness.checks.honesty": ("finance:as-of", "finance:simulation-claimed", "finance:suitability"),
    "harness.checks.trail": ("finance:audit-trail",),
    "harness.checks.stream": ("stream:grammar",),
    "harness.checks.faults": ("fault:recovered", "fault:retries", "fault:disclosed", "fault:terminal"),
    "harness.checks.judged": ("llm-rubric",),
}  # fmt: skip
"""Module to the kinds it defines."""

ALIASES: Mapping[str, str] = {
    "tool-used": "trajectory:tool-used",
    "tool-args-match": "trajectory:tool-args-match",
    "tool-sequence": "trajectory:tool-sequence",
    "step-count": "trajectory:step-count",
    "no-repeated-calls": "trajectory:no-repeated-calls",
    "error-free": "trajectory:error-free",
    "is-valid-json": "is-json",
}
"""Other names that people type, and ours for them."""

_MODULE_OF = {kind: module for module, kinds in BUILTIN.items() for kind in kinds}
_builtin: dict[str, type[Check]] = {}
_registered: dict[str, type[Check]] = {}
_built: dict[tuple[str, str], Check] = {}
_held: dict[int, tuple[CheckSpec, Check]] = {}
_BUILT_LIMIT = 4096


@frozen
class Finding:
    """What a check concluded, before the suite's negation and severity are applied."""

    passed: bool | None
    """None when it could not be decided."""

    reason: str
    """One sentence for the person who reads the report."""

    score: float | None = None
    """0..1, where that is a matter of degree; by default 1 or 0."""

    expected: Any = None
    """What should have been."""

    actual: Any = None
    """What was."""

    evidence: tuple[Evidence, ...] = ()
    """Where to look."""

    labels: Mapping[str, str] = field(default_factory=dict)
    """What else a reader must know."""

    cost_usd: float | None = 0.0
    """Money the check itself spent; None when unknown."""

    negatable: bool = True
    """False for conclusions that hold under `not-` too, such as a check that could not read its subject."""

    error: bool = False
    """Whether the check itself could not do its work, such as a judge that is down; then `passed` is None."""


@frozen
class Services:
    """What the grading side offers to checks; never reachable from an agent."""

    root: Path = Path()
    """Workspace root."""

    untrusted: bool = False
    """Whether code named in suites is refused."""

    judge: Callable[..., Awaitable[Finding]] | None = None
    """Judge for rubrics and claims; None when no model is configured."""


@frozen(slots=False)
class Subject:
    """What a check looks at: one outcome, or one turn of it."""

    case: Case
    """What was asked."""

    outcome: Outcome
    """What happened."""

    services: Services = field(default_factory=Services)
    """The grading side's means."""

    turn: int | None = None
    """Turn under examination; None for the whole trial."""

    passed: bool | None = None
    """Whether the trial passed its other checks; known only to checks that are concluded after them."""

    trial: str = ""
    """Identity of the trial among all trials of all runs; empty where it is not known."""

    @property
    def trace(self) -> Trace:
        """The trial's trace."""
        return self.outcome.trace

    @property
    def text(self) -> str:
        """The answer's text: of the turn, or of the last turn."""
        turns = self.trace.turns
        return self.trace.answer if self.turn is None else turns[self.turn].answer if self.turn < len(turns) else ""

    @cached_property
    def structured(self) -> Any:
        """The answer's JSON form: as the agent gave it, or None."""
        turns = self.trace.turns
        if self.turn is None:
            return self.trace.structured
        return turns[self.turn].structured if self.turn < len(turns) else None


class Check:
    """One question about an outcome. Fields are its YAML parameters."""

    kind: ClassVar[str] = ""
    """Registered name."""

    on_failed_agent: ClassVar[bool] = False
    """Whether it says something about a trial whose agent failed; others are skipped there."""

    after_others: ClassVar[bool] = False
    """Whether it is concluded last, knowing whether the trial passed its other checks."""

    spelled: ClassVar[Mapping[str, str]] = {}
    """Parameter names that differ from their field's, because Python reserves them: `{"assert": "checks"}`."""

    def conclude(self, subject: Subject) -> Finding | Awaitable[Finding]:  # noqa: ARG002 - subclasses look at it
        """Look at the subject and conclude; an exception here is the check's fault, never the agent's."""
        raise AssertionError(f"{type(self).__name__} does not say what it checks")

    @staticmethod
    def finding(passed: bool | None, reason: str, **details: Any) -> Finding:
        """Build a finding."""
        return Finding(passed, reason, **details)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def check(kind: str) -> Callable[[type[C]], type[C]]:
    """Register a class as the check of that name."""

    def register(cls: type[C]) -> type[C]:
        made = value(cls)
        made.kind = kind
        table = _builtin if cls.__module__ == _MODULE_OF.get(kind) else _registered
        table[kind] = made
        return made

    return register


def kinds() -> tuple[str, ...]:
    """Every known name, built-in ones first in their module's order."""
    return tuple(dict.fromkeys([*_MODULE_OF, *_registered]))


def kind_of(name: str) -> type[Check]:
    """Find the class of a check, importing its module if needed.

    Raises:
        SuiteError: for an unknown name, with the nearest known one.
    """
    name = ALIASES.get(name, name)
    if name in _registered:
        return _registered[name]
    if name not in _builtin and name in _MODULE_OF:
        import_module(_MODULE_OF[name])
    if name not in _builtin:
        raise SuiteError(f"unknown check type {name!r}", remedy=nearest(name, [*kinds(), *ALIASES]))
    return _builtin[name]


def build(spec: CheckSpec) -> Check:
    """Make the check that a suite asked for; equal ones are made once.

    Raises:
        SuiteError: for an unknown name.
        MisfitsError: for parameters that do not fit, with paths relative to the parameters.
    """
    held = _held.get(id(spec))
    if held is not None and held[0] is spec:  # a repeated case scores the same specification again and again
        return held[1]
    kind = kind_of(spec.type)
    key = (spec.type, canonical(spec.params))
    made = _built.get(key)
    if made is None:
        made = _made(kind, spec.params)
        if len(_built) >= _BUILT_LIMIT:
            _built.clear()
        _built[key] = made
    if len(_held) >= _BUILT_LIMIT:
        _held.clear()
    _held[id(spec)] = (spec, made)
    return made


def _made(kind: type[Check], params: Mapping[str, Any]) -> Check:
    if not kind.spelled:
        made: Check = read(kind, params)
        return made
    back = {field: name for name, field in kind.spelled.items()}
    try:
        made = read(kind, {kind.spelled.get(key, key): item for key, item in params.items()})
    except MisfitsError as error:
        raise MisfitsError([_respelled(item, back) for item in error.misfits]) from None
    return made


def _respelled(misfit: Misfit, names: Mapping[str, str]) -> Misfit:
    first, *rest = misfit.path or ("",)
    return replace(misfit, path=(names.get(str(first), first), *rest)) if misfit.path else misfit


def describe(kind: type[Check]) -> str:
    """The documentation of a check: its docstring, dedented."""
    return inspect.cleandoc(kind.__doc__ or "")


def replaced(overrides: Mapping[str, type[Check]] | None) -> dict[str, type[Check]]:
    """Swap the kinds that users registered for others and return the old ones; tests clean up after themselves with it."""
    before = dict(_registered)
    if overrides is not None:
        _registered.clear()
        _registered.update(overrides)
        _built.clear()
        _held.clear()
    return before


__all__ = [
    "ALIASES",
    "BUILTIN",
    "Check",
    "Finding",
    "MisfitsError",
    "Services",
    "Subject",
    "build",
    "check",
    "describe",
    "kind_of",
    "kinds",
    "replaced",
]
