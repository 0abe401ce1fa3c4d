"""What shows that a trial is a copy of another."""

from __future__ import annotations

from builders import a_case, a_model_call, a_trace

from harness.model import Step
from harness.steps import analyse
from harness.steps.replies import replies


def test_replies_are_told_apart_by_id_and_content_and_those_of_a_cache_are_counted():
    found = replies(
        [
            Step(id="s1", kind="llm", name="m", args={"reply_id": "msg_1"}, result="buy"),
            Step(id="s2", kind="llm", name="m", args={"reply_id": "msg_1"}, result="sell"),
            Step(id="s3", kind="llm", name="m", args={"cache_hit": True}, result="hold"),
        ]
    )

    first, second = found["replies"]
    assert first.split(":")[0] == second.split(":")[0]
    assert first != second
    assert found["from_cache"] == 1


def test_models_that_give_no_ids_leave_no_replies():
    assert replies([a_model_call(args={"reply_id": 7, "cache_hit": "yes"})]) == {}


def test_they_are_stored_with_the_analysis():
    call = a_model_call(args={"reply_id": "msg_1"}, result="buy")

    assert len(analyse(a_trace(steps=[call]), a_case())["replies"]) == 1
