"""A gateway between agents in any language and their models: usage plans, limits, budgets, a usage log, and the trajectory."""

from .app import Gateway
from .opening import open_gateway
from .plans import load_plans
from .serving import Serving, serving
from .values import Budget, Plan, PlanFile, RateLimits

__all__ = ["Budget", "Gateway", "Plan", "PlanFile", "RateLimits", "Serving", "load_plans", "open_gateway", "serving"]
