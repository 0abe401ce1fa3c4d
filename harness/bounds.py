"""Bounds on numbers and lengths, for `Annotated`: Gt Ge Lt Le Len.

They are named as in `annotated_types`, which `harness.shape` understands too; importing that library would cost every start
more than all of our values together.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, ClassVar

from .frozen import frozen


@frozen
class Bound:
    """What all bounds share: how pydantic learns of them."""

    keyword: ClassVar[tuple[str, ...]] = ()
    """Their names in a JSON Schema, in the order of the fields."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        written = dict(handler(schema))
        limits = (getattr(self, field.name) for field in fields(self))
        return written | {name: limit for name, limit in zip(self.keyword, limits, strict=True) if limit is not None}

    def _checked(self, item: Any) -> Any:
        wrong = outside(self, item)
        if wrong:
            raise ValueError(wrong)
        return item


@frozen
class Gt(Bound):
    """Greater than."""

    keyword: ClassVar = ("exclusiveMinimum",)
    gt: float


@frozen
class Ge(Bound):
    """At least."""

    keyword: ClassVar = ("minimum",)
    ge: float


@frozen
class Lt(Bound):
    """Less than."""

    keyword: ClassVar = ("exclusiveMaximum",)
    lt: float


@frozen
class Le(Bound):
    """At most."""

    keyword: ClassVar = ("maximum",)
    le: float


@frozen
class Len(Bound):
    """So many items or characters."""

    keyword: ClassVar = ("minLength", "maxLength")
    min_length: int = 0
    max_length: int | None = None

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        written = dict(handler(schema))
        names = ("minItems", "maxItems") if written.get("type") == "array" else self.keyword
        if written.get("type") == "object":
            names = ("minProperties", "maxProperties")
        limits = (self.min_length or None, self.max_length)
        return written | {name: limit for name, limit in zip(names, limits, strict=True) if limit is not None}


def outside(bound: object, item: Any) -> str | None:
    """Say how a value misses a bound, ours or one of `annotated_types`; None when it does not, or it is no bound."""
    for name, meets, wording in _RULES:
        limit = getattr(bound, name, None)
        if limit is not None and not meets(item, limit):
            return f"must be {wording} {limit}"
    low, high = getattr(bound, "min_length", None), getattr(bound, "max_length", None)
    if low is None or (len(item) >= low and (high is None or len(item) <= high)):
        return None
    return f"must have at least {low} item(s)" if high is None else f"must have {low} to {high} items"


_RULES: tuple[tuple[str, Any, str], ...] = (
    ("gt", lambda item, limit: item > limit, "greater than"),
    ("ge", lambda item, limit: item >= limit, "at least"),
    ("lt", lambda item, limit: item < limit, "less than"),
    ("le", lambda item, limit: item <= limit, "at most"),
)
