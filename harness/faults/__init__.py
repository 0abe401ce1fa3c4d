"""Make things go wrong around an agent, as a case says, and prove that they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import exports

if TYPE_CHECKING:
    from harness.model.fault import KINDS_OF, Fault, FaultKind, Seam

    from .errors import InjectedError, InjectedToolError
    from .plan import NOTHING, FaultPlan, Strike, here

__all__ = [
    "KINDS_OF",
    "NOTHING",
    "Fault",
    "FaultKind",
    "FaultPlan",
    "InjectedError",
    "InjectedToolError",
    "Seam",
    "Strike",
    "here",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "errors": ("InjectedError", "InjectedToolError"),
        "plan": ("KINDS_OF", "NOTHING", "Fault", "FaultKind", "FaultPlan", "Seam", "Strike", "here"),
    },
)
