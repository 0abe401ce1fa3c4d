"""The Tagger's answer: reasons first, then allocations whose parts add up to 100."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model, model_serializer, model_validator

from .vocabulary import ASSET_CLASSES, REGIONS, SECTORS, TOLERANCE, AssetClass, InstrumentType

Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class Allocation(BaseModel):
    """Percentages of one whole; keys that are left out are zero."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def parts(self) -> dict[str, float]:
        """The keys that are not zero, in the order of the vocabulary."""
        return {name: content for name in type(self).model_fields if (content := getattr(self, name)) > 0}

    @model_validator(mode="after")
    def _whole(self) -> Allocation:
        total = sum(self.parts.values())
        if abs(total - 100) > TOLERANCE:
            raise ValueError(f"the parts add up to {total:g}, not to 100")
        return self

    @model_serializer
    def _short(self) -> dict[str, float]:
        return self.parts


def _allocation(name: str, keys: tuple[str, ...], what: str) -> type[Allocation]:
    # One optional field per key instead of a free mapping: strict structured output knows no free mappings.
    fields: dict[str, Any] = dict.fromkeys(keys, (Percent, 0.0))
    return create_model(name, __base__=Allocation, __doc__=what, **fields)


if TYPE_CHECKING:  # made from the vocabulary at run time, which a type checker cannot follow

    class AssetClassAllocation(Allocation):
        """Percentages by asset class."""

    class RegionAllocation(Allocation):
        """Percentages by region."""

    class SectorAllocation(Allocation):
        """Percentages by sector."""
else:
    AssetClassAllocation = _allocation("AssetClassAllocation", ASSET_CLASSES, "Percentages by asset class.")
    RegionAllocation = _allocation("RegionAllocation", REGIONS, "Percentages by region.")
    SectorAllocation = _allocation("SectorAllocation", SECTORS, "Percentages by sector.")


class Classification(BaseModel):
    """One instrument, classified."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rationale: Annotated[str, Field(min_length=1, max_length=2000)] = Field(
        description="Why, written before anything else: what the name and the given text say, and what is uncertain."
    )
    symbol: str = Field(description="The symbol exactly as given.")
    name: str = Field(description="The name exactly as given.")
    instrument_type: InstrumentType
    asset_class: AssetClass = Field(description="The class with the largest share.")
    allocation_asset_class: AssetClassAllocation
    allocation_regions: RegionAllocation
    allocation_sectors: SectorAllocation
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = Field(
        description="How sure you are; at most 0.3 for an instrument you do not know."
    )
    sources: list[str] = Field(description="What the classification rests on, such as `general knowledge` or `name`.")

    @model_validator(mode="after")
    def _consistent(self) -> Classification:
        shares = self.allocation_asset_class.parts
        if shares.get(self.asset_class, 0) < max(shares.values()):
            raise ValueError(f"asset_class is {self.asset_class!r}, but another class has a larger share")
        if self.instrument_type == "stock" and len(self.allocation_sectors.parts) != 1:
            raise ValueError("a stock belongs to exactly one sector")
        return self
