"""The canonical chart: one pydantic model per type, told apart by `type`."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter
from pydantic_core import PydanticCustomError

TYPES = ("pie", "donut", "bar", "horizontalBar", "line", "area", "radar", "scatter", "treemap", "composed")


def _number(value: Any) -> Decimal:
    """Accept a finite JSON number and nothing that only looks like one."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        kind = "null" if value is None else type(value).__name__
        raise PydanticCustomError("finite_number", "must be a number, not {kind}", {"kind": kind})
    finite = value.is_finite() if isinstance(value, Decimal) else isinstance(value, int) or math.isfinite(value)
    if not finite:
        raise PydanticCustomError("finite_number", "must be a finite number, not {kind}", {"kind": str(value)})
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if abs(number) >= Decimal("1e30"):
        raise PydanticCustomError("finite_number", "must be smaller than 1e30", {})
    return number


Number = Annotated[Decimal, BeforeValidator(_number)]
Label = Annotated[str, Field(strict=True, min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)


class Point(_Model):
    """A named amount: a slice, a bar, a place on a line or an axis of a radar."""

    name: Label
    """Label as shown."""

    value: Number
    """Amount."""

    color: str | None = None
    """Hex colour."""


class Row(_Model):
    """A label with one amount per series, under the series' data keys."""

    name: Label
    """Label as shown."""


class Node(_Model):
    """A treemap's node: an amount, or children."""

    name: Label
    """Label as shown."""

    value: Number | None = None
    """Amount of a leaf."""

    color: str | None = None
    """Hex colour."""

    children: tuple[Point, ...] = ()
    """Leaves below it."""


class Place(_Model):
    """A dot of a scatter chart."""

    x: Number
    """Across."""

    y: Number
    """Up."""

    z: Number | None = None
    """Size, if it has one."""

    name: str | None = None
    """Label, if it has one."""

    color: str | None = None
    """Hex colour."""


class Series(_Model):
    """One of several things drawn in a chart."""

    dataKey: Label  # noqa: N815  (the name on the wire)
    """Key of its amounts in each row."""

    name: str | None = None
    """Name in the legend."""

    kind: Literal["line", "bar", "area"] | None = None
    """How a composed chart draws it."""

    stackId: str | None = None  # noqa: N815  (the name on the wire)
    """Series with the same one are stacked."""

    color: str | None = None
    """Hex colour."""


class _Chart(_Model):
    key: Label
    """Unique name of the chart."""

    title: str | None = None
    """Heading."""

    description: str | None = None
    """What it shows."""

    unit: Literal["USD", "percent", "count"] | None = None
    """Unit of the amounts."""

    whole: Literal["portfolio", "account", "none"] | None = None
    """What the parts add up to."""


class _Parts(_Chart):
    data: tuple[Point, ...]
    """Slices."""


class Pie(_Parts):
    """Parts of a whole as a pie."""

    type: Literal["pie"]
    """Discriminator."""


class Donut(_Parts):
    """Parts of a whole as a ring."""

    type: Literal["donut"]
    """Discriminator."""


class Treemap(_Chart):
    """Parts of a whole as areas."""

    type: Literal["treemap"]
    """Discriminator."""

    data: tuple[Node, ...]
    """Top nodes."""


class _Axes(_Chart):
    series: tuple[Series, ...] = ()
    """Set when each row has several amounts."""

    data: tuple[Row, ...]
    """Rows in order; without series each has a `value`."""


class Bar(_Axes):
    """Upright bars."""

    type: Literal["bar"]
    """Discriminator."""


class HorizontalBar(_Axes):
    """Lying bars."""

    type: Literal["horizontalBar"]
    """Discriminator."""


class Line(_Axes):
    """Lines over an ordered axis."""

    type: Literal["line"]
    """Discriminator."""


class Area(_Axes):
    """Filled lines over an ordered axis."""

    type: Literal["area"]
    """Discriminator."""


class Radar(_Axes):
    """Amounts on axes around a centre."""

    type: Literal["radar"]
    """Discriminator."""


class Composed(_Axes):
    """Lines, bars and areas over one axis."""

    type: Literal["composed"]
    """Discriminator."""

    series: Annotated[tuple[Series, ...], Field(min_length=1)]
    """What is drawn."""


class Scatter(_Chart):
    """Dots."""

    type: Literal["scatter"]
    """Discriminator."""

    data: tuple[Place, ...]
    """Dots in any order."""


Chart = Annotated[
    Pie | Donut | Treemap | Bar | HorizontalBar | Line | Area | Radar | Composed | Scatter, Field(discriminator="type")
]
CHART: TypeAdapter[Any] = TypeAdapter(Chart)
NUMBER: TypeAdapter[Decimal] = TypeAdapter(Number)
