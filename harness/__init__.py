"""finharness: an evaluation and observability harness for financial agents.

The names below are the whole public interface for programs; each is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .adapters import AgentReply, Context, Request
    from .api import Evaluation, assertion, evaluate, evaluate_async, expect
    from .errors import HarnessError
    from .model import Case, CheckSpec, Event, Evidence, Outcome, Reference, Result, Step, Trace, Turn, Verdict
    from .registry import Check, Finding, Services, Subject

_HOMES = {
    "adapters": ("AgentReply", "Context", "Request"),
    "api": ("Evaluation", "assertion", "evaluate", "evaluate_async", "expect"),
    "errors": ("HarnessError",),
    "model": ("Case", "CheckSpec", "Event", "Evidence", "Outcome", "Reference", "Result", "Step", "Trace", "Turn", "Verdict"),
    "registry": ("Check", "Finding", "Services", "Subject"),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AgentReply",
    "Case",
    "Check",
    "CheckSpec",
    "Context",
    "Evaluation",
    "Event",
    "Evidence",
    "Finding",
    "HarnessError",
    "Outcome",
    "Reference",
    "Request",
    "Result",
    "Services",
    "Step",
    "Subject",
    "Trace",
    "Turn",
    "Verdict",
    "assertion",
    "evaluate",
    "evaluate_async",
    "expect",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
