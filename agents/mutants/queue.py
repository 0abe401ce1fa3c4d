"""Defects of queue, store, faults and of the Reporter's judge: what goes wrong around agents and between them."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

from harness.mutation import edit_json, mutant

from ..alex.review import Grade

_LAMBDAS = "agents/compat/lambdas.py"
_TEAM = "agents/alex/team.py:Team"


@mutant("PL-M04", agent="planner_queue", seam="S", severity=3, origin="S", expects=["worked_off"], replaces=f"{_LAMBDAS}:drain",
        cases=["FI-10", "FI-11"])  # fmt: skip
def returned_500(original: Any, queue: Any, handler: Any, **known: Any) -> Any:
    """Every exception becomes a returned 500, so the message is deleted and never comes again."""

    def handle(event: Any) -> Any:
        try:
            return handler(event)
        except Exception as error:  # noqa: BLE001 - that is the defect
            return {"statusCode": 500, "body": str(error)}

    return original(queue, handle, **known)


@mutant("PL-M12", agent="planner_queue", seam="S", severity=2, origin="S", expects=["worked_off", "ran_once"], replaces=f"{_LAMBDAS}:drain",
        cases=["FI-12", "FI-13"])  # fmt: skip
def first_record_only(original: Any, queue: Any, handler: Any, **known: Any) -> Any:
    """Of a batch only the first record is handled, and all are deleted."""

    def handle(event: Any) -> Any:
        return handler({"Records": event["Records"][:1]})

    return original(queue, handle, **{**known, "batch": 10})


@mutant("PL-M30", agent="planner_queue", seam="S", severity=3, expects=["ran_once", "budget"], replaces="agents/_shared/world.py:World.job",
        cases=["FI-12", "FI-15"])  # fmt: skip
def row_never_locked(original: Any, world: Any) -> Any:
    """A job that is done is taken for a new one, so every delivery works on it again."""
    return {**original(world), "status": "pending"}


@mutant(
    "PL-M31", agent="planner_queue", seam="S", severity=2, expects=["worked_off"], on="input", cases=["FI-14-queue"]
)
def short_visibility(request: Any) -> Any:
    """The queue shows a message again while it is still worked on."""
    shift = copy.deepcopy(request.input)
    return replace(request, input={**shift, "settings": {"visibility_s": 60.0}})


@mutant(
    "PL-M32", agent="planner_queue", seam="S", severity=2, expects=["worked_off"], on="input", cases=["FI-11", "FI-13"]
)
def no_dead_letters(request: Any) -> Any:
    """A message that kills the function is delivered for ever."""
    return replace(request, input={**copy.deepcopy(request.input), "settings": {"max_receives": 50}})


@mutant(
    "PL-M33",
    agent="planner",
    seam="S",
    severity=3,
    origin="S",
    expects=["attempts"],
    replaces=f"{_TEAM}.invoke",
    cases=["FI-14"],
)
async def sixty_seconds(original: Any, team: Any, name: str, given: Any) -> Any:
    """The client gives up after 60 seconds and invokes the slow agent again."""
    found = await original(team, name, given)
    return (
        {**found, "attempts": found["attempts"] + 1, "seconds": found["seconds"] + 60}
        if found["seconds"] > 60
        else found
    )


@mutant("PL-M34", agent="planner", seam="S", severity=3, expects=["is-json", "artifact:jobs"], replaces="agents/_shared/world.py:World.update_job",
        cases=["FI-16-part"])  # fmt: skip
def store_failure_swallowed(original: Any, world: Any, **columns: Any) -> Any:
    """What the store did not take is taken for stored."""
    try:
        return original(world, **columns)
    except Exception:  # noqa: BLE001 - that is the defect
        return None


@mutant("RP-M12", agent="reporter_judged", seam="C", severity=2, origin="S", expects=["is-json", "guarded"], replaces="agents/alex/review.py:_graded",
        cases=["JD-04"])  # fmt: skip
async def eighty_by_default(original: Any, context: Any, markdown: str) -> Any:
    """A judge that cannot be reached gives 80 of 100."""
    grade, problem = await original(context, markdown)
    return (grade or Grade(feedback="The report could not be graded.", score=80), problem)


@mutant("RP-M33", agent="report_judge", seam="T", severity=2, origin="S", expects=["is-json"], cases=["JD-05"])
def length_is_quality(reply: Any) -> Any:
    """The judge grades length and the right words."""
    return edit_json(reply, lambda data: {**data, "score": 90.0})


@mutant(
    "RP-M34",
    agent="reporter_strict",
    seam="C",
    severity=2,
    expects=["is-json", "one_sentence", "guarded"],
    on="settings",
    cases=["RP-19"],
)
def no_floor(settings: Any) -> Any:
    """The judge's floor is nought, so that nothing is ever held back."""
    return {**settings, "judge_floor": 0}


@mutant("RP-M35", agent="reporter_strict", seam="S", severity=3, expects=["one_sentence", "stored"], replaces="agents/_shared/world.py:World.update_job",
        cases=["RP-19"])  # fmt: skip
def withheld_but_stored(original: Any, world: Any, **columns: Any) -> Any:
    """A report that is withheld from the client is stored all the same."""
    if "error_message" in columns and "report_payload" not in columns:
        columns["report_payload"] = {"content": "The portfolio is worth $99,437.50.", "agent": "reporter"}
    return original(world, **columns)


@mutant(
    "SM-M01",
    agent="scripted",
    seam="S",
    severity=2,
    origin="S",
    expects=["equals"],
    on="input",
    cases=["SM-0[13]"],
)
def encoded_twice(request: Any) -> Any:
    """Each piece of the stream is encoded twice, so that quotes and escapes are shown."""
    script = copy.deepcopy(request.input)
    for event in script["events"]:
        if event[0] in {"text_delta", "text_done"}:
            event[1]["text"] = json.dumps(event[1]["text"])
    return replace(request, input=script)


@mutant(
    "SM-M02",
    agent="scripted",
    seam="S",
    severity=2,
    expects=["equals"],
    on="input",
    cases=["SM-0[13]"],
)
def pieces_swapped(request: Any) -> Any:
    """Two pieces of the stream arrive in the wrong order."""
    script = copy.deepcopy(request.input)
    places = [n for n, event in enumerate(script["events"]) if event[0] == "text_delta"]
    if len(places) < 2:
        return None
    events = script["events"]
    events[places[0]], events[places[1]] = events[places[1]], events[places[0]]
    script["events"] = [event for event in events if event[0] != "text_done"]
    return replace(request, input=script)


@mutant("PF-M18", agent="portfolio", seam="C", severity=2, expects=["artifact:waits"], on="artifact", cases=["FI-01"])
def retries_at_once(value: Any, moment: Any) -> Any:
    """After a refusal for too many requests it asks again at once."""
    return [0.0 for _ in value] if moment.name == "waits" else None
