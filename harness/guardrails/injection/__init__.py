"""The injection guardrail: what others' text tells the agent to do, and whether it did so."""

from __future__ import annotations

from .behaviour import TaskPolicy, check_behaviour, guard_call
from .report import BehaviourReport, Breach, Flag, TextReport
from .text import scan, scan_text

__all__ = [
    "BehaviourReport",
    "Breach",
    "Flag",
    "TaskPolicy",
    "TextReport",
    "check_behaviour",
    "guard_call",
    "scan",
    "scan_text",
]
