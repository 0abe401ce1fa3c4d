"""The values that flow: frozen, and in one direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import exports

if TYPE_CHECKING:
    from .case import Budget, Case, CheckSpec, Turn
    from .event import KINDS, Event, EventKind
    from .folding import fold
    from .outcome import AGENT_FAULTS, Attempt, Failure, Outcome, OutcomeStatus
    from .plan import PlanCall, PlanStep, Reference, ToolFacts
    from .result import Job, Result, RunManifest, TrialStatus, seed_of
    from .trace import Step, StepKind, StepStatus, Trace, TurnTrace, Usage
    from .value import Json, Severity, Where, canonical, fingerprint
    from .verdict import Evidence, Verdict

__all__ = [
    "AGENT_FAULTS",
    "KINDS",
    "Attempt",
    "Budget",
    "Case",
    "CheckSpec",
    "Event",
    "EventKind",
    "Evidence",
    "Failure",
    "Job",
    "Json",
    "Outcome",
    "OutcomeStatus",
    "PlanCall",
    "PlanStep",
    "Reference",
    "Result",
    "RunManifest",
    "Severity",
    "Step",
    "StepKind",
    "StepStatus",
    "ToolFacts",
    "Trace",
    "TrialStatus",
    "Turn",
    "TurnTrace",
    "Usage",
    "Verdict",
    "Where",
    "canonical",
    "fingerprint",
    "fold",
    "seed_of",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "case": (
            "Budget",
            "Case",
            "CheckSpec",
            "Turn",
        ),
        "event": (
            "KINDS",
            "Event",
            "EventKind",
        ),
        "folding": ("fold",),
        "outcome": (
            "AGENT_FAULTS",
            "Attempt",
            "Failure",
            "Outcome",
            "OutcomeStatus",
        ),
        "plan": (
            "PlanCall",
            "PlanStep",
            "Reference",
            "ToolFacts",
        ),
        "result": (
            "Job",
            "Result",
            "RunManifest",
            "TrialStatus",
            "seed_of",
        ),
        "trace": (
            "Step",
            "StepKind",
            "StepStatus",
            "Trace",
            "TurnTrace",
            "Usage",
        ),
        "value": (
            "Json",
            "Severity",
            "Where",
            "canonical",
            "fingerprint",
        ),
        "verdict": (
            "Evidence",
            "Verdict",
        ),
    },
)
