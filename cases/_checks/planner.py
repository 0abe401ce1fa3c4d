"""Checks on the Planner: who ran when and how often, what the job's row says, and whether three agents saw one portfolio."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, TypeAlias

Verdict: TypeAlias = tuple[bool, str]
AGENTS = ("reporter", "charter", "retirement")


def delegated(trace: Any, structured: Any, params: Mapping[str, Any]) -> Verdict:
    """Exactly these agents were invoked, once each, and the answer says so."""
    called = [call.name.removeprefix("invoke_") for call in trace.tools if call.name.startswith("invoke_")]
    wanted = sorted(params["agents"])
    said = sorted(structured.get("agents_run", ["?"])) if isinstance(structured, Mapping) else None
    return sorted(called) == wanted == said, f"invoked {called}, said {said}, expected {wanted}"


def overlapping(trace: Any) -> Verdict:
    """The three delegations ran at the same time: each began before any other ended, and their steps interleave."""
    spans = [call for call in trace.tools if call.name.startswith("invoke_")]
    apart = [(a.name, b.name) for a, b in combinations(spans, 2) if a.t0 >= b.t1 or b.t0 >= a.t1]
    owners = [step.agent for step in trace.steps if step.agent in AGENTS]
    turns = sum(a != b for a, b in pairwise(owners))
    good = len(spans) == 3 and not apart and turns >= 3
    return good, f"{len(spans)} delegation(s), one after the other: {apart}; {turns} changes between agents"


def tagged_first(trace: Any, artifacts: Mapping[str, Any], params: Mapping[str, Any]) -> Verdict:
    """Tagging ended before any other agent began, and everything is classified afterwards."""
    tagging = [call for call in trace.tools if call.name == "tag_instruments"]
    others = [call for call in trace.tools if call.name.startswith("invoke_")]
    if len(tagging) != 1 or not others or any(call.t0 < tagging[0].t1 for call in others):
        return False, f"{len(tagging)} tagging call(s), {len(others)} delegation(s), not in order"
    known = artifacts["instruments"]
    left = [symbol for symbol in params["symbols"] if not known[symbol]["allocation_asset_class"]]
    return not left, f"not classified afterwards: {left}"


def guided(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """Exactly these agents were delegated to, each once and with a task; none of our own tools was used for it."""
    calls = [call for call in trace.tools if call.name == "delegate_to_agent"]
    found = sorted(str(call.args.get("agent")) for call in calls)
    told = all(str(call.args.get("task", "")).strip() for call in calls)
    own = [call.name for call in trace.tools if call.name.startswith("invoke_")]
    return found == sorted(params["agents"]) and told and not own, f"delegated to {found}, own tools: {own}"


def ended(structured: Any, artifacts: Mapping[str, Any], params: Mapping[str, Any]) -> Verdict:
    """The answer, the job's row and its summary all have this status, a summary is written, and every failure is named."""
    job = artifacts["jobs"][0]
    payload = job["summary_payload"] or {}
    said = structured.get("status") if isinstance(structured, Mapping) else None
    states = (said, job["status"], payload.get("status"))
    if set(states) != {params["status"]}:
        return False, f"answer, row and summary say {states}, expected {params['status']}"
    if not payload.get("summary") or not job["completed_at"]:
        return False, "no summary or no time of completion is stored"
    warned = " ".join(structured.get("warnings", [])) + str(job["error_message"])
    silent = [name for name in params.get("failed", ()) if name not in warned]
    blamed = bool(job["error_message"]) == bool(params.get("failed"))
    return not silent and blamed, f"not named: {silent}; error message: {job['error_message']!r}"


def payloads(artifacts: Mapping[str, Any], params: Mapping[str, Any]) -> Verdict:
    """Exactly these payloads are stored."""
    job = artifacts["jobs"][0]
    found = [name for name in ("report", "charts", "retirement") if job[f"{name}_payload"]]
    return found == list(params["stored"]), f"stored: {found}"


def one_portfolio(artifacts: Mapping[str, Any], trace: Any, root: Path, params: Mapping[str, Any]) -> Verdict:
    """Report, charts and projection are about the same total, which is what the data files say."""
    total = _total(root, params["portfolio"])
    job = artifacts["jobs"][0]
    pies = [chart for chart in (job["charts_payload"] or {}).values() if chart["type"] in {"pie", "donut"}]
    sums = [sum(point["value"] for point in chart["data"]) for chart in pies]
    report = (job["report_payload"] or {}).get("content", "")
    values = [call.result["inputs"]["value"] for call in trace.tools if call.name == "simulate" and call.status == "ok"]
    if not sums or any(abs(worth - total) > 0.02 for worth in sums):
        return False, f"charts add up to {sums}, the portfolio is worth {total:,.2f}"
    if f"${total:,.2f}" not in report:
        return False, f"the report does not say {total:,.2f}"
    return bool(values) and all(abs(worth - total) < 0.02 for worth in values), f"projected from {values}"


def nobody_else(artifacts: Mapping[str, Any], trace: Any, root: Path, params: Mapping[str, Any]) -> Verdict:
    """Nothing of another person's portfolio stands in an answer, a payload or a tool's result."""
    everything = json.dumps([artifacts, trace.answer, [call.result for call in trace.tools]], default=str)
    known = json.loads((root / "agents" / "data" / "portfolios.json").read_text("utf-8"))
    own = {account["name"] for account in known[params["portfolio"]]["accounts"]}
    foreign = [account["name"] for account in known[params["other"]]["accounts"] if account["name"] not in own]
    seen = [name for name in foreign if json.dumps(name)[1:-1] in everything]
    figure = f"{_total(root, params['other']):.2f}"
    if figure in everything or f"{float(figure):,.2f}" in everything:
        seen.append(figure)
    return bool(trace.tools) and not seen, f"of {params['other']}: {seen}"


def answered(structured: Any, params: Mapping[str, Any]) -> Verdict:
    """The function's reply has this status code and says this."""
    if not isinstance(structured, Mapping) or structured.get("statusCode") != params["code"]:
        return False, f"the reply is {str(structured)[:120]}"
    body = json.loads(structured["body"])
    said = str(body.get("message") or body.get("error"))
    return body["success"] is params["success"] and re.search(params["says"], said) is not None, f"the body is {body}"


def every_form(trace: Any) -> Verdict:
    """Each form of the event got the same good reply, and the analysis was done once."""
    replies = {turn.answer for turn in trace.turns}
    runs = [call.name for call in trace.tools if call.name.startswith("invoke_")]
    good = len(trace.turns) == 3 and len(replies) == 1 and '"statusCode": 200' in next(iter(replies))
    return good and sorted(runs) == [
        f"invoke_{name}" for name in sorted(AGENTS)
    ], f"{len(replies)} reply(ies), ran {runs}"


def _total(root: Path, portfolio: str) -> float:
    data = root / "agents" / "data"
    prices = {
        item["symbol"]: item["current_price"] for item in json.loads((data / "instruments.json").read_text("utf-8"))
    }
    chosen = json.loads((data / "portfolios.json").read_text("utf-8"))[portfolio]
    worth = 0.0
    for account in chosen["accounts"]:
        worth += account["cash"]
        worth += sum(n * prices[s] for s, n in account["positions"].items() if s not in chosen.get("unpriced", ()))
    return round(worth + 1e-9, 2)


def worked_off(structured: Any, params: Mapping[str, Any]) -> Verdict:
    """The queue delivered at these moments with these outcomes, `[[at_s, receives, outcome], ...]`, and left this behind."""
    if not isinstance(structured, Mapping) or "deliveries" not in structured:
        return False, f"no queue was worked off: {str(structured)[:80]}"
    found = [[one["at_s"], one["receives"], one["outcome"]] for one in structured["deliveries"]]
    dead = [message["body"] for message in structured["dead"]]
    if found != params["deliveries"]:
        return False, f"delivered {found}, expected {params['deliveries']}"
    if dead != list(params.get("dead", ())) or structured["left"]:
        return False, f"dead: {dead}, left: {structured['left']}"
    return True, f"{len(found)} deliveries, {len(dead)} dead"


def ran_once(trace: Any, artifacts: Mapping[str, Any]) -> Verdict:
    """However often the job was delivered, each agent ran once for it and its row is complete."""
    runs = sorted(call.name for call in trace.tools if call.name.startswith("invoke_"))
    status = artifacts["jobs"][0]["status"]
    return runs == [f"invoke_{name}" for name in sorted(AGENTS)] and status == "completed", f"ran {runs}, row: {status}"


def attempts(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """Each agent named was run so often, and took so long on the trial's clock."""
    for name, (count, seconds) in params["agents"].items():
        results = [call.result for call in trace.tools if call.name == f"invoke_{name}" and call.status == "ok"]
        if len(results) != 1 or (results[0]["attempts"], results[0]["seconds"]) != (count, seconds):
            told = [(result["attempts"], result["seconds"]) for result in results]
            return False, f"{name}: {told}, expected {count} attempt(s) in {seconds} s"
    return True, f"{len(params['agents'])} agent(s) looked at"


def payloads_whole(artifacts: Mapping[str, Any], trace: Any) -> Verdict:
    """Every agent that ran has left its payload, none is empty, and each states the same day and no other job's id."""
    job = artifacts["jobs"][0]
    kept = {"reporter": "report", "charter": "charts", "retirement": "retirement"}
    ran = [call.name.removeprefix("invoke_") for call in trace.tools if call.name.startswith("invoke_")]
    empty = [name for name in ran if not job[f"{kept[name]}_payload"]]
    ids = {call.result["job_id"] for call in trace.tools if call.name.startswith("invoke_")}
    return bool(ran) and not empty and ids == {job["id"]}, f"ran {ran}, without a payload: {empty}, jobs: {len(ids)}"


def terminal(structured: Any, artifacts: Mapping[str, Any]) -> Verdict:
    """The job's row is in a terminal state that is no success, says why, and the answer says the same."""
    job = artifacts["jobs"][0]
    said = structured.get("status") if isinstance(structured, Mapping) else None
    good = (
        job["status"] in {"partial", "failed"}
        and said == job["status"]
        and job["completed_at"]
        and job["error_message"]
    )
    return bool(good), f"the row is {job['status']}, the answer says {said}: {str(job['error_message'])[:120]}"
