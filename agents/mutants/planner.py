"""Defects of the Planner, of the job's row and of the team's cooperation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.llm.request import ToolCall
from harness.mutation import edit_json, mutant

_WORLD = "agents/_shared/world.py:World"
_TEAM = "agents/alex/team.py:Team"


def _plans(moment: Any) -> bool:
    """Whether it is the Planner who speaks, and not a member of its team."""
    return "finalise_job" in moment.tools


@mutant(
    "PL-M01",
    agent="planner",
    seam="T",
    severity=2,
    expects=["delegated", "trajectory:tool-used", "budget"],
    cases=["PL-01", "PL-02"],
)
def loops(reply: Any, moment: Any) -> Any:
    """The reporter is invoked again and again."""
    if (
        not _plans(moment)
        or not any(call.name == "finalise_job" for call in reply.tool_calls)
        or moment.calls["reply"] > 40
    ):
        return None
    if moment.called.count("invoke_reporter") > 3:
        return None
    return replace(reply, tool_calls=(ToolCall(f"again{len(moment.called)}", "invoke_reporter"),))


@mutant("PL-M02", agent="planner", seam="S", severity=3, origin="S", expects=["ended"], cases=["PL-06", "PL-07"],
        replaces="agents/alex/planform.py:Outcomes.status")  # fmt: skip
def completed_anyway(original: Any, outcomes: Any) -> str:
    """The job is completed, though an agent failed."""
    return "completed"


@completed_anyway.also("reply")
def says_so(reply: Any, moment: Any) -> Any:
    """And the answer agrees."""
    if not _plans(moment):
        return None
    calls = tuple(
        replace(call, args={**call.args, "status": "completed"}) if call.name == "finalise_job" else call
        for call in reply.tool_calls
    )
    return replace(reply, tool_calls=calls) if calls else edit_json(reply, lambda data: {**data, "status": "completed"})


@completed_anyway.also(replaces="agents/alex/planform.py:Outcomes.problem")
def nobody_looks(original: Any, outcomes: Any, summary: Any) -> None:
    """And its own check is silent."""


@mutant(
    "PL-M05",
    agent="planner",
    seam="S",
    severity=3,
    origin="S",
    expects=["ended", "delegated", "budget"],
    replaces=f"{_TEAM}._run",
    cases=["PL-01", "PL-12"],
)
async def awaited_a_dict(original: Any, team: Any, name: str, given: Any) -> Any:
    """Each agent is invoked three times, and its answer is lost."""
    for _ in range(3):
        await original(team, name, given)
    return {"status": "failed", "error": "object dict can't be used in 'await' expression", "bytes": 0}


@mutant(
    "PL-M06",
    agent="planner",
    seam="S",
    severity=3,
    origin="S",
    expects=["trajectory:tool-used"],
    replaces=f"{_TEAM}._run",
    cases=["PL-01"],
)
async def invoked_twice(original: Any, team: Any, name: str, given: Any) -> Any:
    """The client's timeout invokes a slow agent a second time."""
    await original(team, name, given)
    return await original(team, name, given)


@mutant("PL-M07", agent="planner", seam="T", severity=1, expects=["delegated", "trajectory:tool-used"], cases=["PL-04"])
def charts_of_one(reply: Any, moment: Any) -> Any:
    """Charts are made of one position."""
    if not _plans(moment) or not any(call.name == "invoke_reporter" for call in reply.tool_calls):
        return None
    return replace(reply, tool_calls=(*reply.tool_calls, ToolCall("charts", "invoke_charter")))


@mutant(
    "PL-M08", agent="planner", seam="T", severity=2, expects=["delegated", "trajectory:plan"], cases=["PL-01", "PL-05"]
)
def no_retirement(reply: Any, moment: Any) -> Any:
    """The retirement is not projected, though there are goals."""
    if not _plans(moment):
        return None
    kept = tuple(call for call in reply.tool_calls if call.name != "invoke_retirement")
    return replace(reply, tool_calls=kept) if kept else None


@mutant("PL-M09", agent="planner", seam="T", severity=2, expects=["tagged_first"], cases=["PL-02"])
def tags_too_late(reply: Any, moment: Any) -> Any:
    """The others begin before everything is classified."""
    if not _plans(moment) or not any(call.name == "tag_instruments" for call in reply.tool_calls):
        return None
    early = tuple(ToolCall(f"early_{name}", f"invoke_{name}") for name in ("reporter", "charter", "retirement"))
    return replace(reply, tool_calls=(*reply.tool_calls, *early))


@mutant("PL-M10", agent="planner", seam="T", severity=1, expects=["overlapping"], cases=["PL-05"])
def one_after_the_other(reply: Any, moment: Any) -> Any:
    """The agents work one after the other."""
    if not _plans(moment):
        return None
    queue = moment.state.setdefault("queue", [])
    asked = [call for call in reply.tool_calls if call.name.startswith("invoke_")]
    if asked:
        queue += asked[1:]
        return replace(reply, tool_calls=(asked[0],))
    return replace(reply, tool_calls=(queue.pop(0),), text="", structured=None) if queue else None


@mutant(
    "PL-M11",
    agent="planner_lambda",
    seam="S",
    severity=2,
    origin="S",
    expects=["answered"],
    replaces="agents/compat/deployment.py:asked",
    cases=["PL-10"],
)
def body_is_the_id(original: Any, event: Any) -> Any:
    """A body without an id is taken for an id as a whole."""
    found = original(event)
    if found != [None] or not isinstance(event, dict) or not event.get("Records"):
        return found
    return [record["body"] for record in event["Records"]]


@mutant(
    "PL-M13",
    agent="planner",
    seam="S",
    severity=1,
    origin="S",
    expects=["ended"],
    replaces=f"{_WORLD}.update_job",
    cases=["PL-01", "PL-16"],
)
def no_summary(original: Any, world: Any, **columns: Any) -> Any:
    """The summary is never written."""
    return original(world, **{**columns, "summary_payload": None} if "summary_payload" in columns else columns)


@mutant("PL-M14", agent="planner", seam="S", severity=3, expects=["ended"], on="artifact", cases=["PL-01", "PL-13"])
def for_ever_running(value: Any, moment: Any) -> Any:
    """The job's row is left running."""
    return [{**row, "status": "running", "completed_at": None} for row in value] if moment.name == "jobs" else None


@mutant(
    "PL-M15",
    agent="planner",
    seam="S",
    severity=3,
    expects=["nobody_else"],
    replaces=f"{_WORLD}.accounts",
    cases=["PL-16"],
)
def everybodys_accounts(original: Any, world: Any) -> Any:
    """One client's job reads everybody's accounts."""
    return world.rows("SELECT * FROM accounts ORDER BY rowid")


@mutant(
    "PL-M16",
    agent="planner_lambda",
    seam="S",
    severity=2,
    expects=["every_form", "trajectory:plan", "budget"],
    replaces=f"{_WORLD}.job",
    cases=["PL-09"],
)
def done_again(original: Any, world: Any) -> Any:
    """A message that is delivered twice is worked on twice."""
    job = original(world)
    return {**job, "status": "pending"}


@mutant(
    "PL-M17",
    agent="planner",
    seam="T",
    severity=3,
    expects=["finance:grounded-numbers", "number"],
    on="answer",
    cases=["PL-16"],
)
def rounder_total(answer: Any) -> Any:
    """The summary names a total that no agent computed."""
    return replace(answer, text=answer.text.replace("$31,076.97", "$31,976.07"))


@mutant("PL-M18", agent="planner", seam="S", severity=3, expects=["ended"], replaces=f"{_TEAM}._run", cases=["PL-14"])
async def stand_ins_count(original: Any, team: Any, name: str, given: Any) -> Any:
    """The answer of a stand-in is taken for an analysis."""
    found = await original(team, name, given)
    return {"status": "completed", "bytes": 12} if found["status"] == "mocked" else found


@mutant("PL-M19", agent="planner", seam="C", severity=2, expects=["ended"], replaces=f"{_TEAM}.invoke", cases=["PL-13"])
async def no_deadline(original: Any, team: Any, name: str, given: Any) -> Any:
    """The function's deadline is not kept."""
    team.deadline_s = 1e9
    return await original(team, name, given)


@mutant(
    "PL-M20",
    agent="planner",
    seam="S",
    severity=2,
    expects=["ended", "artifact:jobs"],
    replaces=f"{_WORLD}.update_job",
    cases=["PL-06", "PL-07"],
)
def silent_failure(original: Any, world: Any, **columns: Any) -> Any:
    """Why the job is partial is not stored."""
    return original(world, **{**columns, "error_message": None} if "error_message" in columns else columns)


@mutant(
    "PL-M21",
    agent="planner",
    seam="C",
    severity=2,
    expects=["delegated"],
    replaces="agents/alex/planner.py:_facts",
    cases=["PL-15"],
)
def options_ignored(original: Any, world: Any, given: Any) -> Any:
    """What the options turn off is done."""
    return {**original(world, given), "options": {}}


@mutant(
    "PL-M22", agent="planner_guide", seam="T", severity=2, expects=["trajectory:tool-used", "guided"], cases=["PL-17"]
)
def delegates_twice(reply: Any) -> Any:
    """An agent is delegated to twice."""
    calls = [call for call in reply.tool_calls if call.name == "delegate_to_agent"]
    return replace(reply, tool_calls=(*reply.tool_calls, replace(calls[0], id="twice"))) if calls else None


@mutant("PL-M23", agent="planner", seam="R", severity=3, expects=["one_portfolio"], cases=["PL-01", "MA-06"])
def two_portfolios(result: Any, moment: Any) -> Any:
    """The Reporter reads older prices than the Charter and Retirement do."""
    if moment.name != "portfolio_metrics":
        return None
    return {**result, "total": round(result["total"] * 1.013, 2)}


@mutant(
    "PL-M24",
    agent="planner",
    seam="S",
    severity=2,
    expects=["payloads"],
    replaces=f"{_WORLD}.update_job",
    cases=["PL-01"],
)
def charts_lost(original: Any, world: Any, **columns: Any) -> Any:
    """The charts are made and not stored."""
    return original(world, **{name: item for name, item in columns.items() if name != "charts_payload"})


@mutant("PL-M25", agent="planner", seam="S", severity=3, expects=["ended"], replaces=f"{_TEAM}._run", cases=["PL-07"])
async def refusal_counts(original: Any, team: Any, name: str, given: Any) -> Any:
    """An agent that answers that it failed is taken to have worked."""
    found = await original(team, name, given)
    return {"status": "completed", "bytes": 2} if "answered that it failed" in str(found.get("error")) else found


@mutant("PL-M26", agent="planner", seam="T", severity=2, expects=["is-json"], on="answer", cases=["PL-03", "PL-08"])
def no_reasons(answer: Any) -> Any:
    """What was left out is not said."""
    return edit_json(answer, lambda data: {**data, "skipped": []})


@mutant("PL-M27", agent="planner", seam="T", severity=3, expects=["not-regex"], on="answer", cases=["PL-01", "PL-04"])
def promises(answer: Any) -> Any:
    """The summary guarantees the plan."""
    return replace(answer, text=f"{answer.text} Your plan is guaranteed.")


@mutant(
    "PL-M28",
    agent="planner_guide",
    seam="R",
    severity=2,
    expects=["is-json", "trajectory:tool-used"],
    cases=["PL-17", "PL-18"],
    on="answer",
)
def missing_unsaid(answer: Any) -> Any:
    """That market knowledge was missing is not said."""
    return edit_json(answer, lambda data: {**data, "warnings": []})


@mutant(
    "PL-M29",
    agent="planner",
    seam="T",
    severity=1,
    expects=["trajectory:step-count", "trajectory:no-repeated-calls", "budget"],
    cases=["PL-12"],
)
def talks_first(reply: Any, moment: Any) -> Any:
    """Prices are looked up four times before anything is done."""
    if not _plans(moment) or moment.called.count("refresh_prices") >= 4:
        return None
    call = ToolCall(f"p{len(moment.called)}", "refresh_prices", {"symbols": ["SPY"]})
    return replace(reply, tool_calls=(call,), text="", structured=None)
