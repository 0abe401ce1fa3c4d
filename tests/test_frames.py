from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from builders import a_call, a_case, a_job, a_manifest, a_result, a_verdict, an_outcome
from hypothesis import given
from hypothesis import strategies as st

from harness import frames
from harness.errors import UserError
from harness.frames.words import status_of
from harness.model import Evidence, Failure, Turn, TurnTrace, Where
from harness.store import Store
from harness.summary import Counts
from harness.workspace import Workspace


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "results.db") as opened:
        yield opened


def record(store, name, results, *, planned=(), day=21):
    store.begin(a_manifest(name, started_at=f"2026-11-{day}T10:00:00Z"), [*(item.job for item in results), *planned])
    store.add(name, results)
    return store.run(name)


def job(case="A", *, suite="demo/basics", index=0, **known):
    return a_job(a_case(case, suite=suite, **known), index=index)


def test_runs_are_listed_newest_first(store):
    record(store, "r1", [a_result()], day=20)
    record(store, "r2", [a_result()], planned=[job("Z")])

    rows = frames.run_rows(store.runs())

    assert rows["run"].tolist() == ["r2", "r1"]
    assert rows.loc[0, ["planned", "done"]].tolist() == [2, 1]
    assert str(rows["started"].dtype).startswith("datetime64")


def test_a_suite_keeps_failed_errored_undecided_and_missing_apart(store):
    statuses = ["passed", "passed", "failed", "errored", "undecided"]
    run = record(
        store, "r1", [a_result(status, job=job(f"C{n}")) for n, status in enumerate(statuses)], planned=[job("Z")]
    )

    (row,) = frames.suite_rows(store, run).to_dict("records")

    assert [row[name] for name in ("passed", "failed", "errored", "undecided", "missing")] == [2, 1, 1, 1, 1]
    assert (row["result"], row["rate"]) == ("✗ failed", 0.667)
    assert row["low"] < row["rate"] < row["high"]
    assert row["interval"] == f"{row['low']:.0%} to {row['high']:.0%}"


def test_the_newest_run_of_each_suite_counts(store):
    old = record(store, "r1", [a_result(job=job(suite="a")), a_result(job=job(suite="b"))], day=19)
    new = record(store, "r2", [a_result("failed", job=job(suite="a"))], day=20)
    newest = frames.latest(pd.concat([frames.suite_rows(store, run) for run in (old, new)]))

    assert newest[["suite", "run"]].values.tolist() == [["a", "r2"], ["b", "r1"]]
    summary = frames.total(store, {"r2": ["a"], "r1": ["b"]})
    assert summary is not None
    assert (summary.counts.passed, summary.counts.failed) == (1, 1)


def test_nothing_gives_empty_tables(store):
    run = record(store, "r1", [])

    assert frames.suite_rows(store, run).empty
    assert frames.case_rows(store, run).empty
    assert frames.latest(frames.suite_rows(store, run)).empty
    assert frames.total(store, {}) is None
    assert frames.run_rows([]).empty


def test_cases_come_worst_first_with_the_reason_and_a_link_to_the_trial(store):
    results = [a_result(job=job("A")), a_result(job=job("B")), a_result("failed", job=job("B", index=1))]
    run = record(store, "r1", results, planned=[job("Z")])

    rows = frames.case_rows(store, run)

    assert rows["case"].tolist() == ["B", "Z", "A"]
    assert rows["result"].tolist() == ["✗ failed", "– missing", "✓ passed"]
    assert rows["why"].tolist() == [
        "contains: because of the test",
        "no result: the run ended before",
        "1 check held",
    ]
    assert rows["trials"].tolist()[0] == "1 of 2 passed"
    query = {name: values[0] for name, values in parse_qs(urlsplit(rows["link"][0]).query).items()}
    assert query == {"run": "r1", "suite": "demo/basics", "case": "B", "agent": "adviser", "trial": "1"}
    assert frames.find_trial(store, query).result.status == "failed"


def test_a_trial_is_found_by_as_little_as_names_it(store):
    steps = [a_call("get_price", {"symbol": "ACME"}, 12.5)]
    record(store, "r1", [a_result(job=job("A", index=index), outcome=an_outcome(steps=steps)) for index in range(3)])

    found = frames.find_trial(store, {"case": "A", "trial": "2"})

    assert found.result.job.index == 2
    assert [item.job.index for item in found.siblings] == [0, 1, 2]
    assert len(found.result.outcome.trace.steps) == 1
    assert found.siblings[0].outcome.trace.steps == ()


@pytest.mark.parametrize(
    ("query", "remedy"),
    [
        ({"case": "AA"}, "did you mean 'A'"),
        ({"case": "../../etc/passwd"}, "use one of: A"),
        ({"case": "A", "trial": "9"}, "choose one of the case's trials"),
        ({"case": "A", "run": "' OR 1=1"}, "latest"),
    ],
)
def test_a_trial_that_is_not_there_is_said_with_what_is(store, query, remedy):
    record(store, "r1", [a_result(job=job("A"))])

    with pytest.raises(UserError) as caught:
        frames.find_trial(store, query)

    assert remedy in caught.value.remedy


def test_checks_show_both_sides_and_where_it_comes_from():
    evidence = (Evidence(step="s2", path="$.total", note="sum"), Evidence(span=(3, 9)))
    wrong = a_verdict(
        False, check="number", reason="off", expected={"b": 1, "a": 2}, actual=3.5, evidence=evidence, turn=0
    )
    result = a_result("failed", verdicts=(a_verdict(True), wrong, a_verdict(None, error=True), a_verdict(None)))

    rows = frames.check_rows(result)

    assert rows["result"].tolist() == ["✗ failed", "⚠ errored", "? undecided", "✓ passed"]
    first = rows.iloc[0]
    assert (first["expected"], first["actual"], first["turn"]) == ('{"a": 2, "b": 1}', "3.5", "1")
    assert first["where"] == "step s2 $.total sum; answer 3–9"


def test_steps_show_what_went_in_and_out_and_the_error():
    steps = [
        a_call("get_price", {"symbol": "ACME"}, {"price": 1}, t0=1, t1=1.5),
        a_call("order", error="closed", t0=2, t1=2),
    ]

    rows = frames.step_rows(a_result(outcome=an_outcome(steps=steps)))

    assert rows[["step", "result", "input", "output", "seconds"]].values.tolist() == [
        ["1. get_price", "✓ ok", '{"symbol": "ACME"}', '{"price": 1}', 0.5],
        ["2. order", "✗ error", "", "closed", 0],
    ]
    assert rows["failed"].tolist() == [False, True]


def test_a_conversation_is_told_turn_by_turn():
    case = a_case(turns=(Turn(input="Hi"), Turn(input={"ask": 1}), Turn(input="unheard")))
    outcome = an_outcome(turns=(TurnTrace('{"a": 1}'), TurnTrace("{B\x1b")))

    said = frames.conversation(a_result(job=a_job(case), outcome=outcome))

    assert [(item.who, item.text, item.json) for item in said] == [
        ("user", "Hi", False),
        ("agent", '{\n  "a": 1\n}', True),
        ("user", '{\n  "ask": 1\n}', True),
        ("agent", "{B\\u001b", False),
        ("user", "unheard", False),
    ]


def test_artifacts_begin_with_the_structured_answer():
    outcome = an_outcome(structured={"a": 1}, artifacts={"z": 1, "ledger": []})

    assert [name for name, _ in frames.artifact_rows(a_result(outcome=outcome))] == ["structured answer", "ledger", "z"]


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        pytest.param(a_result(), "1 check held", id="passed"),
        pytest.param(a_result("failed", verdicts=(a_verdict(False, severity="minor", check="m"), a_verdict(False, check="b"))), "b: because of the test", id="failed"),
        pytest.param(a_result("failed", verdicts=(a_verdict(False, check="m"), a_verdict(False, check="b", severity="blocker"))), "b: because of the test", id="blocker-first"),
        pytest.param(a_result("undecided"), "contains: because of the test", id="undecided"),
        pytest.param(a_result("failed", outcome=an_outcome(status="agent_failed", error=Failure("ValueError", "x\x1b[31m"))), "agent_failed: ValueError: x\\u001b[31m", id="crashed"),
    ],
)  # fmt: skip
def test_the_verdict_is_one_sentence(result, sentence):
    assert frames.verdict_sentence(result) == sentence


@pytest.mark.parametrize(
    ("run", "trial", "words"),
    [
        pytest.param({}, job("CH-02"), "cases/demo/basics.yaml --case CH-02", id="plain"),
        pytest.param({}, job("A", where=Where(file="cases/x.yml", line=3)), "cases/x.yml --case A", id="its-own-file"),
        pytest.param({"seed": 7}, job("A", index=2), "cases/demo/basics.yaml --case A --repeat 3 --seed 7", id="third"),
        pytest.param({}, a_job(a_case("A"), variant="adviser@claude"), "cases/demo/basics.yaml --case A --agent adviser@claude", id="variant"),
        pytest.param({}, job("a'; rm -rf /"), """cases/demo/basics.yaml --case 'a'"'"'; rm -rf /'""", id="quoted"),
    ],
)  # fmt: skip
def test_the_command_that_runs_a_trial_again(tmp_path, run, trial, words):
    command = frames.rerun_command(Workspace.at(tmp_path), a_manifest(**run), trial)

    assert command == f"finharness eval {words}"


@pytest.mark.parametrize(
    ("amount", "text"), [(None, "unknown"), (0.0, "$0.00"), (0.00123, "$0.0012"), (1234.5, "$1,234.50")]
)
def test_money_keeps_the_digits_that_matter(amount, text):
    assert frames.money(amount) == text


@pytest.mark.parametrize(
    ("rate", "text"), [(None, "–"), (0, "0.0%"), (1e-9, "0.1%"), (0.99999, "99.9%"), (1, "100.0%"), (0.7727, "77.3%")]
)
def test_a_rate_is_never_rounded_to_all_or_nothing(rate, text):
    assert frames.rate_text(rate) == text


@pytest.mark.parametrize(
    ("low", "high", "text"), [(None, None, "–"), (0.46, 0.93, "46% to 93%"), (0.9984, 1, "99.8% to 100.0%")]
)
def test_a_narrow_interval_gets_a_decimal(low, high, text):
    assert frames.interval_text(low, high) == text


@given(st.text(max_size=40))
def test_a_title_is_a_simple_name_or_code(text):
    title = frames.as_title(text)

    assert title == text.strip() or (title[0] == title[-1] == "`")
    assert "\n" not in title
    if title[0] != "`":
        assert not set(title) & set("*_[]()<>:$#`~\\|!&{}")


@given(st.builds(Counts, st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)))
def test_a_status_is_passed_only_when_nothing_else_happened(counts):
    others = counts.failed + counts.errored + counts.undecided + counts.missing

    assert (status_of(counts) == "passed") == (others == 0)


def test_charts_are_plain_json_without_data():
    for chart in (frames.step_chart(3), frames.step_chart(5000)):
        assert "data" not in json.loads(json.dumps(chart))
    assert frames.step_chart(5000)["height"] <= 1000
