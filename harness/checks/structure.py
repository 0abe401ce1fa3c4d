"""Checks on the JSON form of an answer."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

from harness.bounds import Ge
from harness.jsonpath import JsonPath, parse, written
from harness.model import Evidence
from harness.registry import Check, Finding, Subject, check

from .differences import differences, sentence
from .document import document
from .equality import Comparison, Place
from .numbers import path_of
from .patterns import SlowPattern
from .schema import mistakes, validator
from .wording import count, refuse

_SHOWN = 5


@check("is-json")
class IsJson(Check):
    """The answer is JSON and, if a schema is given, follows it.

    The structured answer is looked at where the agent gave one, otherwise the whole text: prose or a fence around it, NaN, and
    a key that occurs twice make it no JSON. Schemas are JSON Schema (2020-12 unless `$schema` says otherwise), at most 64 KiB,
    and refer to nothing outside themselves.
    """

    schema: dict[str, Any] | None = None
    """JSON Schema that the answer must follow."""

    value: dict[str, Any] | None = None
    """The same, as promptfoo writes it."""

    def __post_init__(self) -> None:
        if self.schema is not None and self.value is not None:
            raise refuse("value", "`schema` and `value` are the same parameter", "give one of them")
        _ = self._validator

    @cached_property
    def _validator(self) -> Any:
        field = "schema" if self.schema is not None else "value"
        schema = self.schema if self.schema is not None else self.value
        return None if schema is None else validator(schema, field)

    def conclude(self, subject: Subject) -> Finding:
        """Read, then validate."""
        found = document(subject)
        if found.problem:
            return self.finding(False, found.problem, expected="JSON", actual=subject.text)
        if self._validator is None:
            return self.finding(True, "the answer is JSON")
        try:
            wrong = mistakes(self._validator, found.value)
        except SlowPattern as slow:
            return self.finding(None, str(slow))
        if not wrong:
            return self.finding(True, "the answer is JSON and follows the schema")
        path, message = wrong[0]
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        evidence = tuple(Evidence(path=path, note=message) for path, message in wrong[:_SHOWN])
        return self.finding(False, f"at {path}: {message}{more}", actual=found.value, evidence=evidence)


@check("diff")
class Diff(Check):
    """The answer's JSON form differs from `expected` in nothing.

    Numbers are equal within `tolerance`; 1 is 1.0 and true is not 1. An answer without a JSON form, or without the place that
    `path` names, fails, under `not-` too.
    """

    expected: Any
    """What the answer must be."""

    path: str | None = None
    """JSON path of the part that is compared; by default the whole answer."""

    ignore: tuple[str, ...] = ()
    """JSON paths, from the top of `expected`, that may differ, such as `$.created_at` or `$.rows[*].id`."""

    tolerance: Annotated[float, Ge(0)] = 0.0
    """Most by which two numbers may differ."""

    ignore_order: bool = False
    """Whether the order of lists does not count."""

    def __post_init__(self) -> None:
        if self.expected is None:
            raise refuse("expected", "there is nothing to compare with", "write the expected answer")
        if self.path is not None and not path_of(self.path, "path").single:
            raise refuse("path", "[*] names many places", "name one place")
        _ = self._ignored

    @cached_property
    def _ignored(self) -> tuple[JsonPath, ...]:
        paths = tuple(path_of(text, "ignore") for text in self.ignore)
        if any(not path.parts for path in paths):
            raise refuse("ignore", "ignoring $ leaves nothing to compare", "name a part of the answer")
        return paths

    def _skip(self, place: Place) -> bool:
        return any(path.covers(place) for path in self._ignored)

    def conclude(self, subject: Subject) -> Finding:
        """Compare, and name the first places that differ."""
        found = document(subject)
        places = () if found.problem else parse(self.path or "$").find(found.value)
        if not places:
            reason = found.problem or f"the answer has nothing at {self.path}"
            return self.finding(False, reason, expected=self.expected, actual=subject.text, negatable=False)
        actual = places[0].value
        compare = Comparison(self.tolerance, self.ignore_order, self._skip if self._ignored else None)
        if compare.agree(self.expected, actual):
            return self.finding(True, "the answer is as expected")
        wrong = differences(self.expected, actual, compare)
        evidence = tuple(Evidence(path=written(item.place), note=sentence(item)) for item in wrong[:_SHOWN])
        reason = f"{count(len(wrong), 'difference')}: " + "; ".join(item.note for item in evidence)
        return self.finding(False, reason, expected=self.expected, actual=actual, evidence=evidence)
