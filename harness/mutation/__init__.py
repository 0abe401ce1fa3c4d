"""Plant defects in agents on purpose, to prove that the checks can see: see docs/mutants.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import exports

if TYPE_CHECKING:
    from .catalog import SEAMS, Mutant, Plant, benign, mutant
    from .editing import edit_json, edit_text
    from .moment import Moment
    from .places import PLACES

__all__ = ["PLACES", "SEAMS", "Moment", "Mutant", "Plant", "benign", "edit_json", "edit_text", "mutant"]

__getattr__, __dir__ = exports(
    __name__,
    {
        "editing": ("edit_json", "edit_text"),
        "moment": ("Moment",),
        "catalog": ("SEAMS", "Mutant", "Plant", "benign", "mutant"),
        "places": ("PLACES",),
    },
)
