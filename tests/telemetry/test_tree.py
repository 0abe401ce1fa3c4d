from __future__ import annotations

import json

import pytest
from builders import a_call, a_case, a_job, a_manifest, a_model_call, a_result, a_verdict, an_outcome
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Step, Verdict
from harness.telemetry import count, names, scores, span_id, spans, trace_id

TRIAL = a_result(
    "failed",
    job=a_job(a_case(tags={"team": "alex", "slow": ""})),
    outcome=an_outcome(
        "Cash is 5 %.",
        steps=[
            a_model_call("claude", t0=0.1, t1=0.6, args={"provider": "anthropic", "stop_reason": "tool_use"}),
            a_call("get_price", {"symbol": "ACME"}, 12.5, t0=0.6, t1=0.7),
            a_call("file_order", agent="trader", error="market closed", t0=0.8, t1=0.9),
        ],
        duration_s=1.5,
    ),
    verdicts=(a_verdict(True, check="contains"), a_verdict(False, check="number", reason="5 is not 7")),
)


def by_name(result=TRIAL):
    return {span.name: span for span in spans(a_manifest(), result)}


def test_a_trial_becomes_one_tree_of_operations():
    made = spans(a_manifest(), TRIAL)

    assert [span.name for span in made] == [
        "invoke_workflow C-01", "invoke_agent adviser", "invoke_agent trader", "chat claude",
        "execute_tool get_price", "execute_tool file_order", "evaluate contains", "evaluate number",
    ]  # fmt: skip
    known = {span.span_id for span in made}
    assert [span.parent_id for span in made].count(None) == 1
    assert all(span.parent_id in known for span in made[1:])


def test_a_delegate_s_tool_belongs_to_the_delegate():
    tree = by_name()

    assert tree["execute_tool file_order"].parent_id == tree["invoke_agent trader"].span_id
    assert tree["execute_tool get_price"].parent_id == tree["invoke_agent adviser"].span_id
    assert tree["execute_tool file_order"].status == "error"
    assert tree["execute_tool file_order"].message == "market closed"


def test_an_agent_that_gives_its_own_name_is_no_delegate():
    trial = a_result(job=a_job(variant="adviser@claude"), outcome=an_outcome(steps=[a_call(agent="adviser"), a_call()]))

    assert [span.name for span in spans(a_manifest(), trial)].count("invoke_agent adviser@claude") == 1
    assert len(spans(a_manifest(), trial)) == 5 == count(trial)


def test_times_are_those_of_the_trial_on_the_calendar():
    call = by_name()["execute_tool get_price"]

    assert call.start_ns == 1_795_255_200_600_000_000  # 2026-11-21T10:00:00.6Z
    assert call.seconds == pytest.approx(0.1)


def test_a_model_call_carries_its_tokens_and_provider():
    attributes = by_name()["chat claude"].attributes

    assert attributes[names.PROVIDER] == "anthropic"
    assert (attributes[names.INPUT_TOKENS], attributes[names.OUTPUT_TOKENS]) == (100, 20)
    assert attributes[names.FINISH_REASONS] == ("tool_use",)


def test_unknown_tokens_are_left_out_rather_than_zero():
    trial = a_result(outcome=an_outcome(steps=[a_model_call(tokens=None, cost_usd=None)]))

    attributes = by_name(trial)["chat offline"].attributes

    assert names.INPUT_TOKENS not in attributes
    assert names.COST not in attributes


def test_the_root_says_what_failed_first():
    root = by_name()["invoke_workflow C-01"]

    assert root.status == "error"
    assert root.message == "number: 5 is not 7"
    assert root.attributes[names.TAGS] == ("demo/basics", "adviser", "failed", "agent:adviser", "slow", "team=alex")
    assert json.loads(root.attributes[names.METADATA])["seed"] == 7


def test_every_attribute_is_in_the_table():
    for span in spans(a_manifest(), TRIAL):
        assert set(span.attributes) <= names.NEUTRAL


def test_ids_depend_on_the_run_and_the_trial_only():
    again = spans(a_manifest(), TRIAL)
    elsewhere = spans(a_manifest("another"), TRIAL)

    assert again == spans(a_manifest(), TRIAL)
    assert not {span.span_id for span in again} & {span.span_id for span in elsewhere}
    assert again[0].trace_id == trace_id("20261121-100000-0001", "demo/basics::C-01::adviser::0")
    assert again[0].span_id == span_id(again[0].trace_id, "root")


def test_a_long_answer_is_cut_and_says_so():
    root = by_name(a_result(outcome=an_outcome("x" * 40_000)))["invoke_workflow C-01"]

    assert str(root.attributes[names.OUTPUT]).endswith("(+8000 characters)")


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-11-21"])
def test_a_trial_without_a_usable_start_takes_the_run_s(moment):
    root = spans(a_manifest(), a_result(started_at=moment))[0]

    assert root.start_ns > 1_795_000_000_000_000_000


@given(
    st.lists(
        st.builds(
            Step,
            id=st.sampled_from("abc"),
            kind=st.sampled_from(["llm", "tool", "handoff", "message"]),
            name=st.text(max_size=5),
            agent=st.sampled_from(["", "x", "y"]),
            parent=st.none() | st.sampled_from("abcd"),
            t0=st.floats(allow_nan=True, allow_infinity=True),
            t1=st.floats(0, 100),
            cost_usd=st.none() | st.floats(),
        ),
        max_size=8,
    )
)
def test_whatever_ids_agents_give_the_spans_form_one_closed_tree(steps):
    trial = a_result(outcome=an_outcome(steps=steps, cost_usd=0.0))

    made = spans(a_manifest(), trial)

    seen: set[str] = set()
    for span in made:
        assert span.parent_id in seen or (span.parent_id is None and not seen)
        assert span.span_id not in seen
        assert span.end_ns >= span.start_ns
        seen.add(span.span_id)
    assert len(made) == count(trial)


def test_scores_are_pass_or_fail_per_decided_check_and_the_metrics_a_suite_names():
    trial = a_result(
        "undecided",
        score=0.5,
        verdicts=(
            a_verdict(True),
            a_verdict(None, check="llm-rubric"),
            a_verdict(True, check="trajectory:efficiency", score=0.7, metric="efficiency"),
        ),
    )

    made = {score.name: (score.value, score.data_type) for score in scores(a_manifest(), trial)}

    assert made == {
        "finharness.status": ("undecided", "CATEGORICAL"),
        "finharness.score": (0.5, "NUMERIC"),
        "contains": (1.0, "BOOLEAN"),
        "trajectory:efficiency": (1.0, "BOOLEAN"),
        "efficiency": (0.7, "NUMERIC"),
    }


def test_score_ids_are_stable_and_distinct():
    twice = a_result(
        verdicts=(
            a_verdict(True),
            a_verdict(True),
            Verdict(check="cost", passed=True, reason="", metric="cost", score=1),
        )
    )

    ids = [score.id for score in scores(a_manifest(), twice)]

    assert ids == [score.id for score in scores(a_manifest(), twice)]
    assert len(set(ids)) == len(ids) == 6
