"""The Planner's team: together, once, retried once, and honest whatever fails."""

import json

import pytest

from harness.testing import ModelReply, QueuedModel, ToolCall

JOB = "7d1f0c1e-5a49-4a43-9c53-9d3a0a3f0b01"


@pytest.fixture
def plan(load, world, context, trace_of):
    """Run the Planner with a model that answers from a list, or as the offline policy does."""
    import asyncio

    from harness.adapters import Request

    team = load("agents/alex/policies/team.py:policy")

    def run(model=None, given="x", **spec):
        place = world(**{"portfolio": "P01", **spec})
        made = context(model or QueuedModel(lambda request: team(request, seed=1, noise=0.0)), world=place)
        reply = asyncio.run(load("agents/alex/planner.py:planner")(Request(given), made))
        return reply.structured, place.job(), trace_of(made.recorder)

    return run


def says(**answer):
    full = {"agents_run": [], "skipped": [], "status": "completed", "warnings": [], "summary": "Done.", **answer}
    return ModelReply(json.dumps(full), stop_reason="end")


def calls(*names, **args):
    made = tuple(ToolCall(f"c{n}", name, args) for n, name in enumerate(names))
    return ModelReply("", tool_calls=made, stop_reason="tool_use")


def test_a_member_that_fails_once_is_tried_again(plan):
    answer, job, trace = plan(down={"reporter": 1})
    [call] = [call for call in trace.tools if call.name == "invoke_reporter"]

    assert (answer["status"], job["status"], call.result["attempts"]) == ("completed", "completed", 2)
    assert call.result["seconds"] == 2.0


def test_a_slow_member_is_waited_for_and_not_asked_again(plan):
    answer, _, trace = plan(slow={"reporter": 70})
    [call] = [call for call in trace.tools if call.name == "invoke_reporter"]

    assert answer["status"] == "completed"
    assert (call.result["attempts"], call.result["seconds"]) == (1, 70)


def test_steps_of_a_member_belong_to_the_call_that_started_it(plan):
    _, _, trace = plan()
    ids = {call.name.removeprefix("invoke_"): call.id for call in trace.tools if call.name.startswith("invoke_")}

    for step in trace.steps:
        if step.agent in ids:
            assert step.parent == ids[step.agent]
    assert {step.agent for step in trace.tools} == {"planner", "reporter", "charter", "retirement"}


def test_a_model_may_not_call_a_job_completed_that_is_not(plan):
    lie = calls("finalise_job", status="completed", summary="All fine.")
    model = QueuedModel([calls("invoke_reporter"), lie, says(agents_run=["reporter"]), says(agents_run=["reporter"])])
    answer, job, trace = plan(model, down=["reporter"])

    assert (answer["status"], job["status"]) == ("failed", "failed")
    assert [call.status for call in trace.tools if call.name == "finalise_job"] == ["error"]
    assert "cannot be reached" in job["error_message"]


def test_a_member_cannot_be_invoked_twice(plan):
    end = calls("finalise_job", status="failed", summary="No charts.")
    last = says(agents_run=["charter"], status="failed", warnings=["charter: a stand-in"])
    model = QueuedModel([calls("invoke_charter"), calls("invoke_charter"), end, last])
    _, _, trace = plan(model, mocked=["charter"])

    assert [call.status for call in trace.tools if call.name == "invoke_charter"] == ["ok", "error"]


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param([says()], id="answers-at-once"),
        pytest.param([ModelReply("I think it went well.", stop_reason="end")] * 2, id="prose"),
        pytest.param([ModelReply("", stop_reason="refusal")], id="refusal"),
        pytest.param([calls("refresh_prices", symbols=["SPY"])] * 9, id="never-ends"),
        pytest.param([calls("finalise_job", status="done", summary="x")] * 9, id="unknown-status"),
    ],
)
def test_whatever_the_model_does_the_job_ends(plan, replies):
    answer, job, _ = plan(QueuedModel(replies))

    assert job["status"] == answer["status"] == "failed"
    assert job["completed_at"]
    assert job["error_message"]
    assert job["summary_payload"]["summary"]


def test_a_crash_leaves_a_terminal_state_and_is_raised(plan, load, world, context):
    import asyncio

    from harness.adapters import Request

    def crash(request):
        raise RuntimeError("out of memory")

    place = world(portfolio="P01")
    with pytest.raises(RuntimeError, match="out of memory"):
        asyncio.run(load("agents/alex/planner.py:planner")(Request("x"), context(QueuedModel(crash), world=place)))
    assert place.job()["status"] == "failed"
    assert "out of memory" in place.job()["error_message"]


def test_a_second_delivery_is_answered_from_the_row(plan, load, world, context):
    import asyncio

    from harness.adapters import Request

    place, planner = world(portfolio="P01"), load("agents/alex/planner.py:planner")
    place.update_job(
        status="partial", summary_payload={"summary": "Half.", "agents_run": ["charter"], "warnings": ["x"]}
    )
    silent = context(QueuedModel([]), world=place)
    reply = asyncio.run(planner(Request("x"), silent))

    assert (reply.structured["status"], reply.text) == ("partial", "Half.")


def test_symbols_of_others_are_not_tagged(plan):
    model = QueuedModel([calls("tag_instruments", symbols=["NVDA"]), says()])
    _, _, trace = plan(model)

    assert "not in this portfolio" in trace.tools[0].error


def test_a_world_with_an_unknown_service_is_refused(load, world):
    from harness.errors import UserError

    with pytest.raises(UserError, match="unknown service 'reprter'"):
        world(portfolio="P01", down=["reprter"])
