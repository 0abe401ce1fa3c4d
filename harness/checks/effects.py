"""Check that effects happened exactly once, however often they were asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Annotated, Any

from harness.bounds import Ge, Len
from harness.jsonpath import parse
from harness.model import Evidence, canonical
from harness.registry import Check, Finding, Subject, check
from harness.steps.calls import named

from .numbers import path_of
from .placed import id_of
from .wording import count, refuse, shown

_SHOWN = 10
_NAMES = frozenset({"id", "order_id", "idempotency_key", "key", "hash", "sha256", "receipt", "token"})
_TIMES = ("_at", "_time", "timestamp", "date")


@check("finance:exactly-once")
class ExactlyOnce(Check):
    """Each effect happened once: no order, payment or job is there twice, however often it was tried.

    Effects are the rows of an `artifact` (of those that `where` picks), or the successful calls of a `tool`. Two are the same
    effect when they agree in everything that `by` names; by default in everything but ids, keys and times. A call whose result
    carries an id that an earlier one returned, or `replayed: true`, is a retry and no second effect. With `count`, so many
    different effects must have happened.
    """

    artifact: Annotated[str, Len(1)] | None = None
    """Artifact with a list of effects, such as `orders`."""

    path: str = "$"
    """JSON path of the list in it; `[*]` collects several."""

    tool: Annotated[str, Len(1)] | None = None
    """Tool that has the effect, such as `submit_order`; `*` stands for any characters."""

    where: dict[str, Any] = field(default_factory=dict)
    """What a row must have to count: a value, or a list of values, such as `{status: [filled, queued]}`."""

    by: tuple[str, ...] = ()
    """Members that make two effects the same."""

    count: Annotated[int, Ge(0)] | None = None
    """How many different effects there must be."""

    def __post_init__(self) -> None:
        if (self.artifact is None) == (self.tool is None):
            raise refuse("artifact", "effects are looked for in one place", "give `artifact` or `tool`")
        path_of(self.path, "path")

    def conclude(self, subject: Subject) -> Finding:
        """Count equal effects."""
        if self.artifact is not None and self.artifact not in subject.trace.artifacts:
            return self.finding(None, f"the trial recorded no artifact {self.artifact!r}")
        effects = list(self._rows(subject) if self.artifact is not None else self._calls(subject))
        seen = Counter(self._sameness(effect) for _, effect in effects)
        twice = [(place, effect) for place, effect in effects if seen[self._sameness(effect)] > 1]
        if twice:
            reason = f"{shown(self._kept(twice[0][1]))} happened {seen[self._sameness(twice[0][1])]} times"
            return self.finding(False, reason, actual=len(effects), evidence=tuple(one for one, _ in twice[:_SHOWN]))
        places = tuple(place for place, _ in effects[:_SHOWN])
        passed = self.count is None or len(effects) == self.count
        wanted = "" if self.count is None else f", expected {self.count}"
        reason = f"{count(len(effects), 'effect')}, each once{wanted}"
        return self.finding(passed, reason, expected=self.count, actual=len(effects), evidence=places)

    def _rows(self, subject: Subject) -> Iterator[tuple[Evidence, Mapping[str, Any]]]:
        for found in parse(self.path).find(subject.trace.artifacts[self.artifact or ""]):
            rows: Sequence[Any] = found.value if isinstance(found.value, list | tuple) else [found.value]
            for place, row in enumerate(rows):
                effect = row if isinstance(row, Mapping) else {"value": row}
                if self._counts(effect):
                    inner = f"{found.path}[{place}]" if rows is found.value else found.path
                    yield Evidence(path=f"{self.artifact}:{inner}", note=shown(self._kept(effect))), effect

    def _calls(self, subject: Subject) -> Iterator[tuple[Evidence, Mapping[str, Any]]]:
        known: set[str] = set()
        for call in subject.trace.tools:
            if not named(call.name, (self.tool or "",)) or call.status != "ok" or not self._counts(call.args):
                continue
            result = call.result if isinstance(call.result, Mapping) else {}
            name = id_of(result)
            if result.get("replayed") is True or (name and name in known):
                continue
            known.add(name)
            effect = {"tool": call.name, **call.args}
            yield Evidence(step=call.id, note=shown(self._kept(effect))), effect

    def _counts(self, effect: Mapping[str, Any]) -> bool:
        return all(_fits(effect.get(name), wanted) for name, wanted in self.where.items())

    def _kept(self, effect: Mapping[str, Any]) -> dict[str, Any]:
        if self.by:
            return {name: effect.get(name) for name in self.by}
        return {name: item for name, item in effect.items() if name not in _NAMES and not name.endswith(_TIMES)}

    def _sameness(self, effect: Mapping[str, Any]) -> str:
        return canonical(self._kept(effect))


def _fits(item: Any, wanted: Any) -> bool:
    return item in wanted if isinstance(wanted, list | tuple) else bool(item == wanted)
