"""Whatever a trial can hold is read back as it was written."""

import tempfile
from pathlib import Path

from builders import a_job, a_manifest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model import Evidence, Failure, Outcome, Result, Step, Trace, TurnTrace, Usage, Verdict
from harness.store import Store
from harness.store.packing import cell_text, pack, text_cell, unpack

TEXT = st.text(st.characters(exclude_categories=()), max_size=30) | st.just("\ud800 lone") | st.just("x" * 3000)
NUMBER = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**30), 10**30)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
MAYBE_SECONDS = st.none() | st.floats(0, 1e6)
SHARE = st.none() | st.floats(0, 1)
COUNT = st.none() | st.integers(0, 2**62)
USAGE = st.builds(Usage, COUNT, COUNT, COUNT)
STEP = st.builds(
    Step,
    id=TEXT,
    kind=st.sampled_from(["llm", "tool", "handoff", "message"]),
    name=TEXT,
    agent=TEXT,
    parent=st.none() | TEXT,
    args=st.dictionaries(TEXT, JSON, max_size=2),
    result=JSON,
    status=st.sampled_from(["ok", "error", "unfinished"]),
    error=st.none() | TEXT,
    t0=st.floats(0, 1e6),
    usage=st.none() | USAGE,
    cost_usd=MAYBE_SECONDS,
)
TRACE = st.builds(
    Trace,
    steps=st.lists(STEP, max_size=2).map(tuple),
    turns=st.lists(st.builds(TurnTrace, TEXT, JSON, MAYBE_SECONDS), max_size=2).map(tuple),
    answer=TEXT,
    structured=JSON,
    artifacts=st.dictionaries(TEXT, JSON, max_size=2),
    usage=USAGE,
    cost_usd=MAYBE_SECONDS,
    ttft_s=MAYBE_SECONDS,
    duration_s=st.floats(0, 1e6),
    errors=st.lists(TEXT, max_size=2).map(tuple),
    guardrails=st.lists(st.dictionaries(TEXT, JSON, max_size=2), max_size=2).map(tuple),
)
EVIDENCE = st.builds(Evidence, step=st.none() | TEXT, span=st.none() | st.tuples(st.integers(0, 9), st.integers(9, 20)))
VERDICT = st.builds(
    Verdict,
    check=TEXT,
    passed=st.sampled_from([True, False, None]),
    score=SHARE,
    severity=st.sampled_from(["blocker", "major", "minor"]),
    weight=st.floats(0, 10),
    metric=st.none() | TEXT,
    reason=TEXT,
    expected=JSON,
    actual=JSON,
    evidence=st.lists(EVIDENCE, max_size=2).map(tuple),
    turn=st.none() | st.integers(0, 5),
    where=TEXT,
    labels=st.dictionaries(TEXT, TEXT, max_size=2),
    error=st.booleans(),
)
RESULT = st.builds(
    Result,
    job=st.just(a_job()),
    outcome=st.builds(
        Outcome,
        status=st.sampled_from(["completed", "agent_failed", "infrastructure_failed"]),
        trace=TRACE,
        error=st.none() | st.builds(Failure, TEXT, TEXT, TEXT),
        attempts=st.integers(0, 9),
        stdout=TEXT,
    ),
    verdicts=st.lists(VERDICT, max_size=3).map(tuple),
    status=st.sampled_from(["passed", "failed", "errored", "undecided"]),
    score=SHARE,
    steps=st.dictionaries(TEXT, JSON, max_size=2),
    judge_cost_usd=MAYBE_SECONDS,
    started_at=TEXT,
)


@given(RESULT)
@settings(max_examples=40)
def test_a_result_comes_back_equal(result):
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "r.db") as store:
        store.begin(a_manifest(), [result.job])
        store.add(a_manifest().id, [result])

        assert list(store.results(a_manifest().id, traces=True)) == [result]
        light = next(store.results(a_manifest().id))
        assert light.verdicts == result.verdicts
        assert light.outcome.trace.usage == result.outcome.trace.usage


@given(JSON)
def test_json_cells_are_exact(item):
    assert unpack(pack(item)) == item


@given(TEXT)
def test_text_cells_are_exact(text):
    assert cell_text(text_cell(text)) == text
