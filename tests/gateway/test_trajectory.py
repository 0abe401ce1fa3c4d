import pytest

from harness.gateway.trajectory import Trajectory
from harness.llm import Message, ModelReply, ModelRequest, ToolCall
from harness.model import fold
from harness.recorder import Recorder


def reply(*ids: str, name: str = "get_price") -> ModelReply:
    return ModelReply("", tuple(ToolCall(one, name, {"symbol": one[:3]}) for one in ids))


def back(*results: tuple[str, str], calls: tuple[ToolCall, ...] = (), error: bool = False) -> ModelRequest:
    told = [Message("tool", text, tool_call_id=name, is_error=error) for name, text in results]
    return ModelRequest((Message("user", "x"), Message("assistant", "", tool_calls=calls), *told))


@pytest.fixture
def recorder() -> Recorder:
    return Recorder(lambda: 0.0)


def kinds(recorder: Recorder) -> list[tuple[str, str]]:
    return [(kind, data["id"]) for _, kind, data in recorder.wire]


def test_a_call_and_its_result_are_one_step(recorder: Recorder) -> None:
    trajectory = Trajectory(recorder)
    trajectory.answered(reply("VTI-1", "BND-1"))
    trajectory.asked(back(("VTI-1", '{"price": 104.5}'), ("BND-1", "none")))

    steps = [step for step in fold(recorder.events).steps if step.kind == "tool"]

    assert [(step.name, step.args, step.result) for step in steps] == [
        ("get_price", {"symbol": "VTI"}, {"price": 104.5}),
        ("get_price", {"symbol": "BND"}, "none"),
    ]


def test_a_request_sent_again_adds_nothing(recorder: Recorder) -> None:
    trajectory = Trajectory(recorder)
    trajectory.answered(reply("a"))
    for _ in range(3):
        trajectory.asked(back(("a", "1")))

    assert kinds(recorder) == [("tool_call", "a"), ("tool_result", "a")]


def test_an_id_that_comes_again_is_another_step(recorder: Recorder) -> None:
    trajectory = Trajectory(recorder)
    trajectory.answered(reply("call_1"))
    trajectory.asked(back(("call_1", "old")))
    trajectory.answered(reply("call_1"))
    trajectory.asked(back(("call_1", "old"), ("call_1", "new")))

    assert kinds(recorder)[2:] == [("tool_call", "call_1#2"), ("tool_result", "call_1#2")]
    assert recorder.wire[-1][2]["result"] == "new"


def test_a_failure_is_an_error(recorder: Recorder) -> None:
    trajectory = Trajectory(recorder)
    trajectory.answered(reply("a"))
    trajectory.asked(back(("a", "no such symbol"), error=True))

    assert recorder.wire[-1][2] == {"id": "a", "error": "no such symbol"}


def test_ids_that_a_framework_renames_are_found_by_what_they_call(recorder: Recorder) -> None:
    trajectory = Trajectory(recorder)
    trajectory.answered(reply("VTI", "BND"))
    own = (ToolCall("x1", "get_price", {"symbol": "BND"}), ToolCall("x2", "get_price", {"symbol": "VTI"}))
    trajectory.asked(back(("x1", "70"), ("x2", "104"), calls=own))

    assert {data["id"]: data["result"] for _, kind, data in recorder.wire if kind == "tool_result"} == {
        "BND": "70",
        "VTI": "104",
    }


def test_results_that_nobody_asked_for_are_no_steps(recorder: Recorder) -> None:
    Trajectory(recorder).asked(back(("stranger", "1")))

    assert recorder.wire == []
