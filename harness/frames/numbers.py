"""Numbers of statistics as people read them."""

from __future__ import annotations


def p_text(p: float | None) -> str:
    """A p-value; never a flat zero."""
    return "–" if p is None else "< 0.0001" if p < 0.0001 else f"{p:.4f}"


def mean_of(values: list[float]) -> float | None:
    """The mean; None of nothing."""
    return sum(values) / len(values) if values else None
