"""The events of an audit log, and the fields that every entry may have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

EventName: TypeAlias = Literal[
    "USER_LOGIN",
    "ANALYSIS_TRIGGERED",
    "PLANNER_STARTED",
    "PLANNER_COMPLETED",
    "AGENT_STARTED",
    "AGENT_INVOKED",
    "AGENT_COMPLETED",
    "AGENT_FAILED",
    "CLASSIFICATION_RATIONALE",
    "TOKEN_USAGE",
    "ACTION_TAKEN",
    "GUARDRAIL_RESULT",
    "HUMAN_ASKED",
    "HUMAN_ANSWERED",
    "AI_DECISION",
    "USER_FEEDBACK",
    "LOG_OPENED",
    "LOG_RECOVERED",
    "LOG_PRUNED",
    "LOG_CHECKPOINT",
]

EVENTS: Final[Mapping[str, str]] = {
    "USER_LOGIN": "a user came in",
    "ANALYSIS_TRIGGERED": "work was asked for: by whom, of which agent, on what input",
    "PLANNER_STARTED": "an agent that delegates began",
    "PLANNER_COMPLETED": "it ended, with its status and how long it took",
    "AGENT_STARTED": "an agent that works alone began",
    "AGENT_INVOKED": "work was handed to another agent",
    "AGENT_COMPLETED": "an agent ended, with its status and how long it took",
    "AGENT_FAILED": "an agent ended because something failed",
    "CLASSIFICATION_RATIONALE": "the reasons of a classification",
    "TOKEN_USAGE": "what an agent's model calls used and cost",
    "ACTION_TAKEN": "a tool was called that changes something, such as an order",
    "GUARDRAIL_RESULT": "a guardrail concluded",
    "HUMAN_ASKED": "a person was asked to decide",
    "HUMAN_ANSWERED": "what they answered",
    "AI_DECISION": "an answer was given: what went in, what came out, which model, and whether it complies",
    "USER_FEEDBACK": "a user said what it was worth to them",
    "LOG_OPENED": "the log begins",
    "LOG_RECOVERED": "a line that a killed process had left unfinished was put aside",
    "LOG_PRUNED": "old entries were removed, by the rules of retention",
    "LOG_CHECKPOINT": "what stands in the place of removed entries: how many, from when to when, and the last one's hash",
}
"""Every event with what it means. A program's own events are welcome beside them, in CAPITALS_WITH_UNDERSCORES."""

LOGS_OWN: Final = frozenset({"LOG_OPENED", "LOG_RECOVERED", "LOG_PRUNED", "LOG_CHECKPOINT"})
"""Events that the log writes about itself, and nobody else may."""

_OWN: Final = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_LONGEST: Final = 64


def is_event(name: object) -> bool:
    """Whether a name can be that of an event: one of ours, or one's own in capitals."""
    return isinstance(name, str) and len(name) <= _LONGEST and _OWN.fullmatch(name) is not None


assert set(get_args(EventName)) == set(EVENTS)
