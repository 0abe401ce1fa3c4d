"""Defects of the Charter."""

from __future__ import annotations

from typing import Any

from harness.mutation import edit_json, mutant


@mutant("CH-M07", agent="charter", seam="T", severity=2, expects=["finance:chart-spec", "is-json"], cases=["CH-01"])
def radar(reply: Any) -> Any:
    """A chart has a type that nothing draws."""
    return edit_json(reply, lambda data: data["charts"][0].update(type="radar"))
