"""finharness: an evaluation and observability harness for financial agents.

The names below are the whole public interface for programs; each is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import exports
from .version import __version__ as __version__

if TYPE_CHECKING:
    from .adapters import AgentReply, Context, Request
    from .api import Evaluation, assertion, evaluate, evaluate_async, expect
    from .errors import HarnessError
    from .model import Case, CheckSpec, Event, Evidence, Outcome, Reference, Result, Step, Trace, Turn, Verdict
    from .registry import Check, Finding, Services, Subject

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

__getattr__, __dir__ = exports(__name__, {
    "adapters": ("AgentReply", "Context", "Request"),
    "api": ("Evaluation", "assertion", "evaluate", "evaluate_async", "expect"),
    "errors": ("HarnessError",),
    "model": ("Case", "CheckSpec", "Event", "Evidence", "Outcome", "Reference", "Result", "Step", "Trace", "Turn", "Verdict"),
    "registry": ("Check", "Finding", "Services", "Subject"),
})  # fmt: skip
