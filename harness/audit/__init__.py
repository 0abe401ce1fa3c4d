"""What happened, who decided it and on what grounds, as lines that nobody can change unnoticed.

from harness.audit import AuditLog

log = AuditLog("audit.jsonl", policy_version="2026-11")
with log.about(job_id="job-7", user="ann", agent="reporter"):
    log.event("AGENT_INVOKED")
    log.decide(input=request, output=report, model="claude", duration_ms=812, checks={"finance:conduct": True})
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import exports

if TYPE_CHECKING:
    from .anonymous import Pseudonyms
    from .canonical import canonical_json, content_hash
    from .catalogue import EVENTS, EventName
    from .complying import Compliance, ComplianceResult, compliance
    from .jsonlog import JsonFormatter, configure
    from .log import AuditLog, Decision
    from .pages import audit_page
    from .pruning import prune
    from .trial import trial_entries
    from .verifying import Problem, Verification, verify, verify_lines

__all__ = [
    "EVENTS",
    "AuditLog",
    "Compliance",
    "ComplianceResult",
    "Decision",
    "EventName",
    "JsonFormatter",
    "Problem",
    "Pseudonyms",
    "Verification",
    "audit_page",
    "canonical_json",
    "compliance",
    "configure",
    "content_hash",
    "prune",
    "trial_entries",
    "verify",
    "verify_lines",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "anonymous": ("Pseudonyms",),
        "canonical": ("canonical_json", "content_hash"),
        "catalogue": ("EVENTS", "EventName"),
        "complying": ("Compliance", "ComplianceResult", "compliance"),
        "log": ("AuditLog", "Decision"),
        "jsonlog": ("JsonFormatter", "configure"),
        "pages": ("audit_page",),
        "pruning": ("prune",),
        "trial": ("trial_entries",),
        "verifying": ("Problem", "Verification", "verify", "verify_lines"),
    },
)
