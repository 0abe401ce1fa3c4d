"""One offline policy for a whole team that shares a model: the system prompt says who is asked, as it does for a real model."""

from __future__ import annotations

from typing import Final

from harness.llm.request import ModelReply, ModelRequest

from . import charter, planner, report_judge, reporter, retirement, tagger

_ROLES: Final = {
    "You plan": planner.policy,
    "You classify": tagger.policy,
    "You write the report": reporter.policy,
    "You judge reports": report_judge.policy,
    "You make the charts": charter.policy,
    "You assess": retirement.policy,
}


def policy(request: ModelRequest, *, seed: int, noise: float) -> ModelReply:
    """Answer in the role that the system prompt gives."""
    for words, role in _ROLES.items():
        if request.system.startswith(words):
            return role(request, seed=seed, noise=noise)
    return ModelReply("I do not know what my part in this is.", stop_reason="end")
