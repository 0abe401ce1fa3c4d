"""Checks of traces that were sent: how many spans and scores a trial has, how they hang together, and what each of them says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Verdict: TypeAlias = tuple[bool, str]


def _said(structured: Any, name: str) -> Any:
    return structured.get(name) if isinstance(structured, Mapping) else None


def _delegates(given: Mapping[str, Any]) -> set[str]:
    return {data["agent"] for _, data in given["events"] if data.get("agent", given["agent"]) != given["agent"]}


def _steps(given: Mapping[str, Any]) -> list[str]:
    models = [f"chat {data['model']}" for kind, data in given["events"] if kind == "llm_call"]
    return models + [f"execute_tool {data['name']}" for kind, data in given["events"] if kind == "tool_call"]


def _names(given: Mapping[str, Any]) -> list[str]:
    """Names of the spans of one trial: itself, its agents, its steps and its checks."""
    agents = [f"invoke_agent {name}" for name in (given["agent"], *sorted(_delegates(given)))]
    return ["invoke_workflow EX-1", *agents, *_steps(given), *(f"evaluate {kind}" for kind, _ in given["checks"])]


def _sizes(given: Mapping[str, Any]) -> tuple[int, int]:
    """Spans and scores of all trials: a trial has a status, a score, and one for each check."""
    times = given.get("times", 1)
    return times * len(_names(given)), times * (2 + len(given["checks"]))


def only_the_others(structured: Any, input: Any) -> Verdict:  # noqa: A002 - the name that checks ask by
    """The file has every span, Langfuse was not asked, and the trial ended as it does."""
    spans, _ = _sizes(input)
    wanted = [{"name": "jsonl", "complete": True, "accepted": spans}]
    found = _said(structured, "sent"), _said(structured, "requests"), _said(structured, "status")
    return found == (wanted, 0, ["passed"]), f"sent {found[0]}, {found[1]} requests, trials {found[2]}"


def all_arrived(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """Every span and every score arrived, once however often they were sent, and all hang together."""
    spans, scores = _sizes(input)
    sent = _said(structured, "sent")
    if not isinstance(sent, Sequence) or not sent:
        return False, "nothing was sent"
    each = [(item["accepted"], item["delivered"], item["scores_accepted"], item["scores_delivered"]) for item in sent]
    found = (
        _said(structured, "spans"),
        _said(structured, "scores"),
        _said(structured, "orphans"),
        _said(structured, "astray"),
    )
    good = each == [(spans, spans, scores, scores)] * (2 if input.get("twice") else 1) and found == (
        spans,
        scores,
        0,
        0,
    )
    named = _said(structured, "names") == sorted(set(_names(input)))
    return (
        good and named,
        f"{spans} spans, {scores} scores expected; told {each}; spans, scores, orphans, astray: {found}",
    )


def losses_told(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """What did not arrive is counted, kept for later and explained, and no trial ends in another way for it."""
    spans, scores = _sizes(input)
    sent = _said(structured, "sent")
    if not isinstance(sent, Sequence) or len(sent) != 1:
        return False, "nothing was sent"
    item, refused = sent[0], input["fault"].get("reject_scores", 0)
    arrived = (spans, scores - refused) if refused else (0, 0)
    told = (item["delivered"], item["scores_delivered"]), item["failed"], item["spooled"]
    there = _said(structured, "spans"), _said(structured, "scores")
    good = told == (arrived, spans - arrived[0], spans - arrived[0]) and there == arrived and bool(item["reason"])
    status = _said(structured, "status") == ["passed"] * input.get("times", 1)
    return (
        good and status,
        f"told {told}, there {there}, because {item['reason']!r}; trials {_said(structured, 'status')}",
    )


def filters(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """Session, user, tags and facts are those of the trial, the same on every span, and the person's own id is nowhere."""
    states = {data["name"]: data["value"] for kind, data in input["events"] if kind == "state"}
    job, accounts = states["jobs"][-1], states["ledger"]["accounts"]
    user = "user-" + hashlib.sha256(input["person"].encode()).hexdigest()[:12]
    facts = {
        "job_id": job["id"],
        "account_count": len(accounts),
        "total_value": sum(item["total_value"] for item in accounts),
    }
    tags = {f"agent:{input['agent']}", f"env:{input['environment']}", "version:0123456789ab"}
    found = {name: _said(structured, name) or [] for name in ("sessions", "users", "tags", "facts")}
    if any(len(item) != 1 for item in found.values()):
        return False, f"not one of each: {found}"
    told = {name: json.loads(text) for name, text in found["facts"][0]}
    wrong = [name for name, item in facts.items() if told.get(name) != item]
    good = found["sessions"] == [job["id"]] and found["users"] == [user] and tags <= set(found["tags"][0]) and not wrong
    private = _said(structured, "named") == 0 and _said(structured, "spans") == _sizes(input)[0]
    return good and private, f"{found['sessions']} of {found['users']}, {found['tags']}; wrong facts: {wrong}"


def tree(structured: Any, params: Mapping[str, Any]) -> Verdict:
    """Every span stands where it belongs, inside of the time of its parent."""
    found = sorted(map(tuple, _said(structured, "tree") or []))
    wanted = sorted((name, parent) for parent, names in params["under"].items() for name in names)
    outside = _said(structured, "outside")
    return (
        found == wanted and outside == [],
        f"more {set(found) - set(wanted)}, missing {set(wanted) - set(found)}, outside {outside}",
    )


def failed_spans(structured: Any, params: Mapping[str, Any]) -> Verdict:
    """What failed says so, and nothing else."""
    found = dict(_said(structured, "failed") or [])
    wanted = params["are"]
    good = set(found) == set(wanted) and all(text in found[name] for name, text in wanted.items())
    return good, f"failed: {found}"


def the_same(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """Each exporter told the same spans, as many as there are, and the console shows each of them."""
    told, console = _said(structured, "told") or {}, _said(structured, "console") or ""
    names = sorted(_names(input))
    found = {name: spans for name, spans in told.items() if sorted(span[3] for span in spans) == names}
    alike = len({json.dumps(spans) for spans in told.values()}) == 1
    shown = [name for name in names if name in console]
    good = set(found) == set(input["exporters"]) and alike and shown == names
    return (
        good,
        f"{ {name: len(spans) for name, spans in told.items()} } of {len(names)} spans, {len(shown)} on the console",
    )
