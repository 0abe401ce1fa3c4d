"""What can be valued: a holding with a known symbol, a price and a positive quantity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def flaw(holding: Mapping[str, Any]) -> str | None:
    """Why a holding cannot be valued, or None; such a holding is left out and named, never counted as something else."""
    if not holding["is_known"]:
        return "the symbol is not known"
    if holding["current_price"] is None:
        return "no price is known"
    quantity = holding["quantity"]
    good = quantity is not None and math.isfinite(quantity) and quantity > 0
    return None if good else "its quantity is not a positive number"
