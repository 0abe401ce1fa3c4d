"""An agent that runs the harness's own operations on what a case gives: for cases that examine alarms, logs, costs and judges."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from harness.alarms import LambdaLoad, Sample, monthly_cost, rules_of, states, worst_of_run
from harness.audit import AuditLog, verify_lines
from harness.errors import UserError, nearest
from harness.judge import pairwise, prompt, reading
from harness.llm.request import ModelReply
from harness.rubrics import Criterion
from harness.testing import QueuedModel
from harness.workspace import AlarmSettings

if TYPE_CHECKING:
    from harness.adapters import Context, Request
    from harness.llm.request import ModelRequest

_STATES: Final = ("ALARM", "INSUFFICIENT_DATA", "OK")


async def operations(request: Request, context: Context) -> dict[str, Any]:  # noqa: ARG001 - an agent's signature
    """Do the `task` of the input: `alarms`, `trail`, `cost`, `verdict` or `preference`.

    Raises:
        UserError: for an unknown task.
    """
    task = request.input.get("task") if isinstance(request.input, Mapping) else None
    if task not in _TASKS:
        raise UserError(f"there is no task {task!r}", remedy=nearest(str(task), _TASKS))
    done: Any = _TASKS[str(task)](request.input)
    made: dict[str, Any] = await done if inspect.isawaitable(done) else done
    return made


def _alarms(given: Mapping[str, Any]) -> dict[str, Any]:
    """`{rules, samples, now_s, previous}`: what each rule says, worst first.

    Samples are `[[at_s, metric, value, agent]]`, or `{metric, agent, right, of}`. Without `now_s` they are a whole run.
    """
    samples = [
        Sample(float(at_s), metric, float(value), (("agent", agent),) if agent else ())
        for at_s, metric, value, agent in _rows(given["samples"])
    ]
    rules = [rule for rule in rules_of(AlarmSettings()) if rule.name in given["rules"]]
    if "now_s" in given:
        found = states(rules, samples, float(given["now_s"]), previous=given.get("previous"))
    else:
        found = worst_of_run(rules, samples)
    ordered = sorted(found, key=lambda state: _STATES.index(state.state))
    return {
        "raised": [state.name for state in ordered if state.state == "ALARM"],
        "states": {state.name: state.state for state in ordered},
        "reasons": [state.reason for state in ordered],
    }


def _rows(given: Any) -> list[Any]:
    """Samples as rows: one a second, the right ones first, where only their number is given."""
    if not isinstance(given, Mapping):
        return list(given)
    return [[second, given["metric"], int(second < given["right"]), given["agent"]] for second in range(given["of"])]


def _trail(given: Mapping[str, Any]) -> dict[str, Any]:
    """`{events: [...], edit: {kind, line, ...}}`: a log of these events, tampered with, and what verifying it finds."""
    log = AuditLog()
    for event in given["events"]:
        log.event(event)
    lines = log.lines
    edit = given.get("edit") or {}
    line = int(edit.get("line", 1)) - 1
    match edit.get("kind"):
        case "edited":
            lines[line] = lines[line].replace(edit["old"], edit["new"])
        case "missing":
            del lines[line]
        case "repeated":
            lines.insert(line, lines[line])
        case "reordered":
            lines[line], lines[line + 1] = lines[line + 1], lines[line]
    found = verify_lines([text.encode() for text in lines])
    told = {"ok": found.ok, "entries": found.entries}
    if found.problem is None:
        return told
    return {**told, "line": found.problem.line, "kind": found.problem.kind, "remedy": found.problem.remedy}


def _cost(given: Mapping[str, Any]) -> dict[str, Any]:
    """`{loads: {name: [calls, seconds, memory_mb]}}`: US dollars a month, to the cent."""
    loads = {
        name: LambdaLoad(int(calls), float(seconds), int(memory))
        for name, (calls, seconds, memory) in given["loads"].items()
    }
    return {
        "usd": {name: float(round(monthly_cost([load]).compute_usd, 2)) for name, load in loads.items()},
        "total_usd": float(round(monthly_cost(loads.values()).compute_usd, 2)),
    }


def _verdict(given: Mapping[str, Any]) -> dict[str, Any]:
    """`{answer, reply: {text}}`: how a judge's reply is read. TICKET stands for the ticket of the request."""
    asked = Criterion(id="claim", ask="Does it say how much is in bonds?")
    sealed = prompt.seal({"answer": given["answer"]}, [asked], timeout_s=1.0)
    reply = ModelReply(text=given["reply"]["text"].replace("TICKET", sealed.ticket))
    try:
        items = reading.read_reply(reply, sealed, [asked], given["answer"])
    except reading.UnusableError as error:
        return {"verdict": "unusable", "why": str(error)}
    return {"verdict": items["claim"].vote, "why": items["claim"].rationale}


async def _preference(given: Mapping[str, Any]) -> dict[str, Any]:
    """`{first, second, judge: {likes}}`: what a judge with this taste prefers, asked in both orders."""
    taste = given["judge"]["likes"]
    found = await pairwise.prefer(
        QueuedModel(lambda request: _tasted(request, taste)),
        "What should I do?",
        given["first"],
        given["second"],
        by="It is of use.",
    )
    return {"preferred": found.preferred, "agreed": found.agreed, "reason": found.reason}


def _tasted(request: ModelRequest, taste: object) -> ModelReply:
    """The reply of a judge that looks at place or length alone."""
    text = request.messages[-1].text
    ticket = text.rpartition("ticket ")[2].rstrip(".")
    answers = [part.partition(">\n")[2].partition("\n<")[0] for part in text.split("<answer-")[1:]]
    longer = "A" if len(answers[0]) > len(answers[1]) else "B"
    better = {
        "first": "A", "second": "B", "longer": longer, "shorter": "B" if longer == "A" else "A", "neither": "neither",
    }.get(str(taste), taste)  # fmt: skip
    return ModelReply(text=json.dumps({"ticket": ticket, "rationale": "A matter of taste.", "better": better}))


_TASKS: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "alarms": _alarms,
    "trail": _trail,
    "cost": _cost,
    "verdict": _verdict,
    "preference": _preference,
}
