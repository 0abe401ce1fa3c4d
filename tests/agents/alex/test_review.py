"""The Reporter's own judge: what is below its floor is stored and said as one and the same sentence."""

import json
from dataclasses import replace

import pytest

from harness.adapters import Request
from harness.testing import QueuedModel


@pytest.fixture
def report(load, world, context):
    """Run the Reporter with a judge that says `grade`: its reply, the job's row and the guardrails."""
    import asyncio

    team = load("agents/alex/policies/team.py:policy")

    def make(grade, **spec):
        def answer(request):
            found = team(request, seed=1, noise=0.0)
            return replace(found, text=grade) if request.system.startswith("You judge") and grade is not None else found

        settings = spec.pop("settings", {"judge": True})
        place = world(portfolio="P01", **spec)
        made = context(QueuedModel(answer), world=place, settings=settings)
        reply = asyncio.run(load("agents/alex/reporter.py:reporter")(Request("Report.", seed=1), made))
        return reply, place.job()

    return make


def graded(score):
    return json.dumps({"feedback": "Because.", "score": score})


@pytest.mark.parametrize(("score", "shown"), [(29.9, False), (30, True), (88, True)])
def test_the_floor_decides_what_is_shown(report, score, shown):
    reply, job = report(graded(score))

    assert reply.structured["success"] is shown
    assert reply.structured["review"]["score"] == score
    assert job["report_payload"]["content"] == reply.text


def test_below_the_floor_stored_returned_and_reported_are_one_sentence(report, load):
    reply, job = report(graded(3))
    sentence = load("agents/alex/reporter.py:BELOW_FLOOR")

    assert {reply.text, reply.structured["error"], job["report_payload"]["content"], job["error_message"]} == {sentence}


@pytest.mark.parametrize("said", ["80/100", graded(800), graded("NaN"), '{"score": 80}', ""])
def test_a_judge_that_cannot_be_read_gives_no_grade_at_all(report, said):
    reply, job = report(said)

    assert reply.structured["success"] is True
    assert reply.structured["review"]["score"] is None
    assert reply.structured["review"]["error"]
    assert job["report_payload"]["content"] == reply.text


def test_a_judge_out_of_reach_gives_none_either(report):
    reply, _ = report(None, down=["judge"])

    assert reply.structured["review"] == {"score": None, "floor": 30.0, "error": "the judge cannot be reached"}


def test_without_the_setting_nobody_is_asked(report):
    reply, _ = report(graded(1), settings={})

    assert reply.structured["success"] is True
    assert "review" not in reply.structured


@pytest.mark.parametrize(
    ("text", "low"),
    [
        ("I cannot help with that, but I recommend diversification. " * 40, True),
        ("## Summary\n" + "Consider, analyse, risk, recommendation. " * 60, True),
    ],
)
def test_the_offline_judge_is_not_won_by_length(load, text, low):
    from harness.llm.request import Message, ModelRequest

    policy = load("agents/alex/policies/report_judge.py:policy")
    request = ModelRequest((Message("user", f"<report>\n{text}\n</report>"),), system="You judge reports")

    assert (json.loads(policy(request, seed=1, noise=0.0).text)["score"] < 30) is low
