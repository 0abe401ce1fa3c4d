"""A gateway between agents in any language and their models: usage plans, limits, budgets, a usage log, and the trajectory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import exports

if TYPE_CHECKING:
    from .app import Gateway
    from .hosting import Serving, serving
    from .opening import Surroundings, open_gateway
    from .plans import load_plans
    from .values import Budget, Plan, PlanFile, RateLimits

__all__ = [
    "Budget",
    "Gateway",
    "Plan",
    "PlanFile",
    "RateLimits",
    "Serving",
    "Surroundings",
    "load_plans",
    "open_gateway",
    "serving",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "app": ("Gateway",),
        "opening": ("Surroundings", "open_gateway"),
        "plans": ("load_plans",),
        "hosting": ("Serving", "serving"),
        "values": ("Budget", "Plan", "PlanFile", "RateLimits"),
    },
)
