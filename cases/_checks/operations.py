"""Checks of the harness's operations, computed once more and in another way than the harness computes them."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Verdict: TypeAlias = tuple[bool, str]

_WANTED = {
    "errors": (lambda values: sum(values) >= 5, 1),
    "agent-success": (lambda values: 10 * sum(values) < 9 * len(values), 20),
    "routing-accuracy": (lambda values: 20 * sum(values) < 17 * len(values), 20),
    "budget-50": (lambda values: 2 * max(values) >= 1, 1),
    "budget-80": (lambda values: 5 * max(values) >= 4, 1),
    "budget-100": (lambda values: max(values) >= 1, 1),
}


def _trail(artifacts: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = artifacts.get("audit_trail")
    return list(found) if isinstance(found, Sequence) else []


def _decision(artifacts: Mapping[str, Any]) -> dict[str, Any]:
    found = [entry["details"] for entry in _trail(artifacts) if entry["event"] == "AI_DECISION"]
    return found[-1] if found else {}


def _sha(data: object) -> str:
    """SHA-256 of sorted JSON, as the guide computes it; the same as the harness's where all numbers are whole."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def input_hash(artifacts: Mapping[str, Any], input: Any) -> Verdict:  # noqa: A002 - the name that checks ask by
    """The hash is that of what was asked, computed by other means."""
    found = _decision(artifacts).get("input_hash")
    return found == _sha(input), f"the entry has {found}, the input {_sha(input)}"


def output_summary(artifacts: Mapping[str, Any], structured: Any) -> Verdict:
    """Size, type, duration and model of the answer are those of the trial."""
    details = _decision(artifacts)
    output = details.get("output") or {}
    text = json.dumps(structured, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    rough = len(text.encode())  # numbers such as 1.0 are a little longer than in the canonical form
    problems = [
        f"type {output.get('type')!r}" if output.get("type") != "dict" else "",
        f"{output.get('size_bytes')} bytes of {rough}"
        if not 0.9 * rough <= (output.get("size_bytes") or 0) <= rough
        else "",
        "no duration" if not (details.get("duration_ms") or 0) > 0 else "",
        f"model {details.get('model')!r}" if details.get("model") != "offline" else "",
    ]
    found = "; ".join(filter(None, problems))
    return not found, found or f"{output['size_bytes']} bytes by {details['model']}"


def compliance_of_guardrails(artifacts: Mapping[str, Any], trace: Any) -> Verdict:
    """FAIL where a guardrail of the trial objected, PASS where all were content."""
    said = [item.get("passed") for item in trace.guardrails]
    wanted = "FAIL" if False in said else "UNDECIDED" if None in said else "PASS" if said else "NOT_CHECKED"
    found = (_decision(artifacts).get("compliance") or {}).get("result")
    return bool(said) and found == wanted, f"guardrails said {said}, compliance is {found}"


def one_job(artifacts: Mapping[str, Any]) -> Verdict:
    """Every entry but the log's own names the same job, a pseudonym of the user, and who acted."""
    entries = [entry for entry in _trail(artifacts) if not entry["event"].startswith("LOG_")]
    jobs = {entry.get("job_id") for entry in entries}
    named = all(entry.get("agent") and str(entry.get("user", "")).startswith("user-") for entry in entries)
    stored = {job["id"] for job in artifacts.get("jobs") or []}
    return bool(entries) and named and jobs == stored, f"jobs {sorted(map(str, jobs))} in {len(entries)} entries"


def nobody_named(artifacts: Mapping[str, Any], trace: Any) -> Verdict:
    """Neither the user's own id nor the token of the confirmation is in the log."""
    text = json.dumps(_trail(artifacts))
    ledger = artifacts.get("ledger") or {}
    secrets = [str(ledger.get("user") or ""), *(str(call.args.get("confirmation_token", "")) for call in trace.tools)]
    found = [secret for secret in secrets if len(secret) > 3 and secret in text]
    return bool(_trail(artifacts)) and not found, f"{len(found)} of {len(secrets)} are there"


def tampering_found(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """The place and the kind are those of what was done."""
    edit = input["edit"]
    wanted = edit.get("at", edit["line"]), edit["found"]
    found = (structured.get("line"), structured.get("kind")) if isinstance(structured, Mapping) else None
    return found == wanted, f"found {found}, done {wanted}"


def verdict_read(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """A reply is what it says, or cannot be used."""
    found, wanted = _said(structured, "verdict"), input["reply"]["verdict"]
    return found == wanted, f"read as {found}, it is {wanted}"


def preference(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """What is preferred, in whichever order it was asked."""
    found = _said(structured, "preferred"), _said(structured, "agreed")
    wanted = input["judge"]["preferred"], input["judge"]["agreed"]
    return found == wanted, f"preferred and agreed: {found}, expected {wanted}"


def _said(structured: Any, name: str) -> Any:
    return structured.get(name, "(nothing)") if isinstance(structured, Mapping) else "(nothing)"


def alarms(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """Alarms of a whole run by brute force: shares of all samples, sums over every stretch of 300 s."""
    if not isinstance(structured, Mapping):
        return False, "no states"
    wanted = sorted(name for name, values in _groups(input).items() if _raised(name.partition(" ")[0], values))
    return sorted(structured.get("raised") or []) == wanted, f"raised {structured.get('raised')}, expected {wanted}"


def _groups(given: Mapping[str, Any]) -> dict[str, list[tuple[float, float]]]:
    metrics = {"errors": "Errors", "agent-success": "AgentSuccess", "routing-accuracy": "RoutingCorrect"}
    found: dict[str, list[tuple[float, float]]] = {}
    for rule in given["rules"]:
        rows = given["samples"]
        if isinstance(rows, Mapping):
            rows = [[0, rows["metric"], int(place < rows["right"]), rows["agent"]] for place in range(rows["of"])]
        for at_s, metric, value, agent in rows:
            if metric == metrics.get(rule, "BudgetShare") and math.isfinite(value):
                found.setdefault(f"{rule} [agent={agent}]" if agent else rule, []).append((at_s, value))
    return found


def _raised(rule: str, samples: Sequence[tuple[float, float]]) -> bool:
    breaches, least = _WANTED[rule]
    if rule != "errors":
        return len(samples) >= least and breaches([value for _, value in samples])
    return any(breaches([value for other, value in samples if 0 <= other - at_s < 300]) for at_s, _ in samples)
