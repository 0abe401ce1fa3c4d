"""Published tau-bench runs are read as they are, and what is no such file is refused with the place."""

import asyncio
import contextlib
import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import UserError
from harness.importers.tau_bench import read_tau_bench
from harness.registry import Services
from harness.score import score

EXCERPT = Path(__file__).parents[1] / "data" / "tau_bench" / "excerpt.json"


@pytest.fixture
def items():
    return json.loads(EXCERPT.read_text(encoding="utf-8"))


def reading(tmp_path, items):
    path = tmp_path / "runs.json"
    path.write_text(json.dumps(items))
    return read_tau_bench(path, suite="airline", agent="gpt-4o")


def test_every_run_becomes_a_trial():
    trials = read_tau_bench(EXCERPT, suite="airline", agent="gpt-4o").trials

    assert [(job.case.id, job.index, job.variant) for job, _ in trials] == [
        ("task-012", 3, "gpt-4o"),
        ("task-013", 1, "gpt-4o"),
        ("task-044", 3, "gpt-4o"),
    ]
    assert [outcome.trace.artifacts["reward"] for _, outcome in trials] == [1.0, 1.0, 0.0]


def test_calls_have_their_arguments_results_and_errors():
    trace = read_tau_bench(EXCERPT).trials[1][1].trace

    failed = [step for step in trace.tools if step.status == "error"]
    assert failed
    assert all(step.error.startswith("Error") for step in failed)
    assert all(step.status in {"ok", "error"} for step in trace.tools)
    assert any(isinstance(step.result, dict) for step in trace.tools)
    assert all("" not in step.args for step in trace.tools)


def test_what_the_file_does_not_say_stays_unknown():
    trace = read_tau_bench(EXCERPT).trials[0][1].trace

    assert (trace.cost_usd, trace.usage.total, trace.ttft_s, trace.duration_s) == (None, None, None, 0.0)


def test_the_expected_calls_are_the_reference():
    job, _ = read_tau_bench(EXCERPT).trials[1]

    assert [step.name for step in job.case.reference.steps] == ["cancel_reservation"] or job.case.reference.steps
    assert [check.name for check in job.case.checks] == ["artifact", "trajectory:error-free", "trajectory:plan"]


def test_a_task_without_expected_calls_has_no_plan_to_check():
    job, _ = read_tau_bench(EXCERPT).trials[0]

    assert job.case.reference is None
    assert [check.name for check in job.case.checks] == ["artifact", "trajectory:error-free"]


def test_the_reward_decides_the_trial():
    trials = read_tau_bench(EXCERPT).trials

    results = [asyncio.run(score(job, outcome, Services(untrusted=True))) for job, outcome in trials]

    assert [result.status for result in results] == ["passed", "passed", "failed"]


def test_gzipped_files_are_read_too(tmp_path):
    path = tmp_path / "runs.json.gz"
    path.write_bytes(gzip.compress(EXCERPT.read_bytes()))

    assert read_tau_bench(path).trials == read_tau_bench(EXCERPT).trials


def test_arguments_that_are_no_json_are_kept_as_written(items, tmp_path):
    call = next(message for message in items[2]["traj"] if message.get("tool_calls"))["tool_calls"][0]
    call["function"]["arguments"] = "{broken"

    trace = reading(tmp_path, items[2:]).trials[0][1].trace

    assert trace.tools[0].args == {"": "{broken"}


def test_a_call_without_result_is_unfinished(items, tmp_path):
    items[2]["traj"] = [message for message in items[2]["traj"] if message["role"] != "tool"]

    assert {step.status for step in reading(tmp_path, items[2:]).trials[0][1].trace.tools} == {"unfinished"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param(lambda items: {}, "the file: expected an array of runs", id="no-array"),
        pytest.param(lambda items: [], "no run in it", id="empty"),
        pytest.param(lambda items: [1], r"\[0\]: expected an object", id="no-object"),
        pytest.param(lambda items: [items[0], items[0]], r"\[1\]: task-\d+ has trial 3 twice", id="twice"),
        pytest.param(lambda items: [{**items[0], "reward": "1"}], r"\[0\].reward: expected a number", id="reward"),
        pytest.param(lambda items: [{**items[0], "reward": True}], r"\[0\].reward: expected a number", id="truth"),
        pytest.param(lambda items: [{**items[0], "traj": [{}]}], r"\[0\].traj\[0\]: 'role' is missing", id="role"),
        pytest.param(lambda items: [{**items[0], "info": {}}], r"\[0\].info: 'task' is missing", id="task"),
        pytest.param(
            lambda items: [{**items[0], "traj": [{"role": "assistant", "tool_calls": [{"id": "a"}]}]}],
            r"tool_calls\[0\]: 'function' is missing",
            id="call",
        ),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(items, tmp_path, change, problem):
    with pytest.raises(UserError, match=problem):
        reading(tmp_path, change(items))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"[NaN]"])
def test_what_is_no_json_is_refused(tmp_path, content):
    (tmp_path / "x.json").write_bytes(content)

    with pytest.raises(UserError, match="no JSON"):
        read_tau_bench(tmp_path / "x.json")


@pytest.mark.parametrize("content", [b"plain", b"\x1f\x8b\x08\x00", gzip.compress(b"[]" * 500, mtime=0)[:-9]])
def test_a_broken_gzip_file_is_refused(tmp_path, content):
    (tmp_path / "x.json.gz").write_bytes(content)

    with pytest.raises(UserError, match="cannot be read"):
        read_tau_bench(tmp_path / "x.json.gz")


def test_a_missing_file_is_the_users_mistake(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        read_tau_bench(tmp_path / "none.json")


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_is_read_or_refused(tmp_path, data):
    """A value anywhere in the file replaced by another: a recording or our error, nothing else."""
    items = json.loads(EXCERPT.read_text(encoding="utf-8"))
    place, key = items, data.draw(st.integers(0, len(items) - 1))
    while isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
        place = place[key]
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    place[key] = data.draw(st.sampled_from([None, 1, "text", [], {}, [[]], {"a": 1}, True, 1e300]))

    with contextlib.suppress(UserError):
        assert reading(tmp_path, items).trials


def test_the_published_file_has_its_published_counts_of_calls_and_errors():
    whole = Path(__file__).parents[2] / "bench" / "data" / "tau_bench_gpt-4o-airline.json.gz"
    traces = [outcome.trace for _, outcome in read_tau_bench(whole).trials]

    tools = [step for trace in traces for step in trace.tools]
    assert len(tools) == 1164
    assert sum(step.status == "error" for step in tools) == 73
    assert sum(step.status == "unfinished" for step in tools) == 0


def test_calls_that_share_an_id_keep_their_own_answers(tmp_path, items):
    messages = [
        {"role": "user", "content": "book it"},
        {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "find", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "[1]"},
        {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "book", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "Error: sold out"},
    ]
    (tmp_path / "x.json").write_text(json.dumps([{**items[0], "traj": messages}]))

    find, book = read_tau_bench(tmp_path / "x.json").trials[0][1].trace.tools

    assert (find.id, find.result, find.status) == ("c", [1], "ok")
    assert (book.id, book.error, book.status) == ("c~2", "Error: sold out", "error")
