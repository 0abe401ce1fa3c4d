"""The values that flow: frozen, and in one direction."""

from .case import Budget, Case, CheckSpec, PlanStep, Reference, Turn
from .event import KINDS, Event, EventKind
from .fold import fold
from .outcome import AGENT_FAULTS, Failure, Outcome, OutcomeStatus
from .result import Job, Result, RunManifest, TrialStatus, seed_of
from .trace import Step, StepKind, StepStatus, Trace, TurnTrace, Usage
from .value import Json, Severity, Where, canonical, fingerprint
from .verdict import Evidence, Verdict

__all__ = [
    "AGENT_FAULTS",
    "KINDS",
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
    "PlanStep",
    "Reference",
    "Result",
    "RunManifest",
    "Severity",
    "Step",
    "StepKind",
    "StepStatus",
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
