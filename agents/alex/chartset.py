"""The Charter's answer: a handful of charts in the original's Recharts shape."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Label = Annotated[str, Field(min_length=1, max_length=80)]
MOST_SLICES = 8
MOST_BARS = 11


class Point(BaseModel):
    """One slice or bar."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Label
    value: Dollars = Field(description="US dollars.")
    color: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]


class Chart(BaseModel):
    """One chart."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    title: Label
    type: Literal["pie", "donut", "bar", "horizontalBar"]
    description: Annotated[str, Field(max_length=300)]
    data: Annotated[list[Point], Field(min_length=2, max_length=MOST_BARS)]

    @model_validator(mode="after")
    def _readable(self) -> Chart:
        if len({point.name for point in self.data}) < len(self.data):
            raise ValueError("two rows have the same name")
        if len({point.color.upper() for point in self.data}) < len(self.data):
            raise ValueError("two rows have the same color")
        values = [point.value for point in self.data if point.name != "Other"]
        if values != sorted(values, reverse=True):
            raise ValueError("the rows are not sorted by value, the largest first")
        if self.type in {"pie", "donut"} and len(self.data) > MOST_SLICES:
            raise ValueError(f"more than {MOST_SLICES} slices; put the smallest into Other")
        return self


class ChartSet(BaseModel):
    """All charts of one portfolio."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    charts: Annotated[list[Chart], Field(max_length=6)]
    total: Dollars
    notes: list[Annotated[str, Field(min_length=1, max_length=300)]] = []
    error: str | None = None

    @model_validator(mode="after")
    def _honest(self) -> ChartSet:
        if bool(self.charts) == bool(self.error):
            raise ValueError("give either charts or an error that says why there are none")
        if len({chart.key for chart in self.charts}) < len(self.charts):
            raise ValueError("two charts have the same key")
        if self.charts and self.total <= 0:
            raise ValueError("total must be positive where there are charts")
        return self

    def plain(self) -> dict[str, Any]:
        """The answer as JSON-plain data, without what is empty."""
        return self.model_dump(exclude_none=True)
