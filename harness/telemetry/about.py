"""Whose trial it was: the job, the user by a pseudonym, and the facts that an enterprise filters traces by."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from harness.frozen import frozen
from harness.model import Result, RunManifest


@frozen
class About:
    """What a trial says of itself beside its answer."""

    session: str
    """The job that it worked on; the run where there is none."""

    user: str = ""
    """Pseudonym of the user it worked for: the same user always has the same."""

    metadata: Mapping[str, str | int | float] = field(default_factory=dict)
    """Facts such as `job_id`, `account_count` and `total_value`."""

    tags: tuple[str, ...] = ()
    """Labels of the agent's own."""


def about(manifest: RunManifest, result: Result) -> About:
    """Read what is known from a trial's artifacts.

    An agent says it itself in an artifact named `trace`: `{session, user, tags, metadata}`. Else the last row of `jobs` names
    job and user, and `ledger` the accounts.
    """
    artifacts = result.outcome.trace.artifacts
    own, job, ledger = _mapping(artifacts.get("trace")), _job(artifacts), _mapping(artifacts.get("ledger"))
    session = _text(own.get("session")) or _text(job.get("id"))
    user = _text(own.get("user")) or _text(job.get("clerk_user_id")) or _text(ledger.get("user"))
    metadata = {
        "agent": result.job.variant,
        **({"job_id": session} if session else {}),
        **_accounts(ledger),
        **{str(key): item for key, item in _mapping(own.get("metadata")).items() if _is_fact(item)},
    }
    return About(session or manifest.id, pseudonym(user) if user else "", metadata, _tags(own.get("tags")))


def pseudonym(user: str) -> str:
    """Name a user without naming them."""
    return f"user-{hashlib.sha256(user.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _job(artifacts: Mapping[str, Any]) -> Mapping[str, Any]:
    jobs = artifacts.get("jobs")
    return _mapping(jobs[-1]) if isinstance(jobs, Sequence) and not isinstance(jobs, str) and jobs else {}


def _accounts(ledger: Mapping[str, Any]) -> dict[str, int | float]:
    accounts = ledger.get("accounts")
    if not isinstance(accounts, Sequence) or isinstance(accounts, str):
        return {}
    totals = [_mapping(item).get("total_value") for item in accounts]
    known = [item for item in totals if isinstance(item, int | float) and _is_number(item)]
    total = {"total_value": math.fsum(known)} if accounts and len(known) == len(accounts) else {}
    return {"account_count": len(accounts), **total}


def _tags(items: object) -> tuple[str, ...]:
    if not isinstance(items, Sequence) or isinstance(items, str):
        return ()
    return tuple(item for item in items if isinstance(item, str))


def _is_fact(item: object) -> bool:
    return isinstance(item, str) or _is_number(item)


def _is_number(item: object) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item)


def _mapping(item: object) -> Mapping[str, Any]:
    return item if isinstance(item, Mapping) else {}


def _text(item: object) -> str:
    return item if isinstance(item, str) else str(item) if isinstance(item, int) and not isinstance(item, bool) else ""
