"""Runs, planned trials and results survive and come back as they were."""

import os
from pathlib import Path

import pytest
from builders import a_case, a_job, a_manifest, a_model_call, a_result, a_verdict, an_outcome

from harness.errors import StoreError, UserError
from harness.model import Failure, Job
from harness.store import Store

ITSELF: dict[str, object] = {}
ITSELF["x"] = ITSELF


def three_jobs() -> list[Job]:
    case = a_case()
    return [a_job(case, index=index) for index in range(3)]


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "results.db") as opened:
        yield opened


def test_what_is_added_comes_back_equal_in_planned_order(store):
    jobs = three_jobs()
    outcome = an_outcome("naïve \x00 answer", steps=[a_model_call()], error=Failure("x", "y", "z"), stdout="printed")
    results = [a_result("failed", job=job, outcome=outcome, steps={"calls": 1}) for job in jobs]
    store.begin(a_manifest(packages={"harness": "1"}), jobs)

    store.add(a_manifest().id, [results[2], results[0]])
    store.add(a_manifest().id, [results[1]])

    assert list(store.results(a_manifest().id, traces=True)) == results
    assert store.run().manifest == a_manifest(packages={"harness": "1"})


def test_without_traces_totals_and_the_beginning_of_the_answer_are_there(store):
    jobs = three_jobs()[:1]
    store.begin(a_manifest(), jobs)
    store.add(a_manifest().id, [a_result(job=jobs[0], outcome=an_outcome("x" * 5000, steps=[a_model_call()]))])

    trace = next(store.results(a_manifest().id)).outcome.trace

    assert trace.steps == ()
    assert trace.usage.input_tokens == 100
    assert trace.answer.startswith("xxx")
    assert trace.answer.endswith("(+3000 characters)")


def test_a_trial_keeps_its_first_result(store):
    job = three_jobs()[0]
    store.begin(a_manifest(), [job])
    first = a_result("failed", job=job, verdicts=(a_verdict(False),))
    second = a_result("passed", job=job, verdicts=(a_verdict(), a_verdict()))

    store.add(a_manifest().id, [first, second])
    store.add(a_manifest().id, [second])

    assert list(store.results(a_manifest().id, traces=True)) == [first]


def test_missing_names_the_trials_without_a_result(store):
    jobs = three_jobs()
    store.begin(a_manifest(), jobs)
    store.add(a_manifest().id, [a_result(job=jobs[1])])

    assert store.missing(a_manifest().id) == (jobs[0], jobs[2])
    assert store.planned(a_manifest().id) == tuple(jobs)
    assert (store.run().planned, store.run().done, store.run().status) == (3, 1, "running")


def test_an_errored_result_stays_until_another_takes_its_place(store):
    jobs = three_jobs()
    store.begin(a_manifest(), jobs)
    first = a_result("errored", job=jobs[0], outcome=an_outcome("partly", status="infrastructure_failed"))
    store.add(a_manifest().id, [first, a_result("failed", job=jobs[1])])
    second = a_result("passed", job=jobs[0])

    assert store.errored(a_manifest().id) == (jobs[0],)
    store.add(a_manifest().id, [second, a_result("passed", job=jobs[1])], over_errored=True)

    assert [item.status for item in store.results(a_manifest().id)] == ["passed", "failed"]
    assert list(store.earlier(a_manifest().id)) == [first]
    assert store.errored(a_manifest().id) == ()


def test_a_good_result_is_never_replaced(store):
    job = three_jobs()[0]
    store.begin(a_manifest(), [job])
    for status in ("errored", "failed", "passed", "errored"):
        store.add(a_manifest().id, [a_result(status, job=job)], over_errored=True)

    assert [item.status for item in store.results(a_manifest().id)] == ["failed"]
    assert [item.status for item in store.earlier(a_manifest().id)] == ["errored"]


def test_trials_that_were_begun_are_known_until_they_have_a_result(store):
    jobs = three_jobs()
    store.begin(a_manifest(), jobs)
    store.start(a_manifest().id, jobs[:2])
    store.start(a_manifest().id, jobs[:1])
    store.add(a_manifest().id, [a_result(job=jobs[0])])

    assert store.started(a_manifest().id) == (jobs[1],)
    with pytest.raises(StoreError, match="was not planned"):
        store.start(a_manifest().id, [a_job(index=9)])


def test_what_was_interrupted_is_not_retried(store):
    job = three_jobs()[0]
    store.begin(a_manifest(), [job])
    lost = an_outcome(status="infrastructure_failed", error=Failure("interrupted", "it was under way"))
    store.add(a_manifest().id, [a_result("errored", job=job, outcome=lost)])

    assert store.errored(a_manifest().id) == ()


def test_one_process_at_a_time_runs_a_run(store):
    with (
        store.claim("a"),
        store.claim("b"),
        pytest.raises(UserError, match=f"run a is being run by process {os.getpid()}"),
        store.claim("a"),
    ):
        pass
    with store.claim("a"):
        assert [path.name for path in store.path.parent.glob("*.lock")] == ["results.db.a.lock"]
    assert list(store.path.parent.glob("*.lock")) == []


def test_a_lock_of_a_dead_process_binds_nobody(store):
    store.path.with_name("results.db.a.lock").write_text("1")

    with store.claim("a"):
        pass


def test_a_run_that_begins_here_is_the_latest_whatever_the_clocks_say(store):
    store.begin(a_manifest("far", started_at="2031-01-01T00:00:00Z"), [])
    store.begin(a_manifest("here", started_at="2026-11-21T00:00:00Z"), [], here=True)
    store.begin(a_manifest("older", started_at="2026-11-20T00:00:00Z"), [])

    assert [row.id for row in store.runs()] == ["here", "far", "older"]


def test_some_trials_can_be_read_alone(store):
    jobs = three_jobs()
    store.begin(a_manifest(), jobs)
    store.add(a_manifest().id, [a_result(job=job) for job in jobs[:2]])
    keys = {jobs[0].key, jobs[2].key, "no::such::key::0"}

    assert [result.job for result in store.results(a_manifest().id, keys=keys)] == [jobs[0]]


def test_many_results_are_read_page_by_page(store):
    case = a_case()
    jobs = [a_job(case, index=index) for index in range(1100)]
    store.begin(a_manifest(), jobs)
    store.add(a_manifest().id, [a_result(job=job) for job in reversed(jobs)])

    assert [result.job.index for result in store.results(a_manifest().id)] == list(range(1100))


@pytest.mark.parametrize(
    ("ref", "found"),
    [
        pytest.param("latest", "20261122-b", id="latest"),
        pytest.param("latest~1", "20261121-a", id="the-one-before"),
        pytest.param("20261121-a", "20261121-a", id="id"),
        pytest.param("20261122", "20261122-b", id="unique-beginning"),
    ],
)
def test_runs_are_found_by_what_people_type(store, ref, found):
    store.begin(a_manifest("20261122-b", started_at="2026-11-22T00:00:00Z"), [])
    store.begin(a_manifest("20261121-a", started_at="2026-11-21T00:00:00Z"), [])

    assert store.run(ref).id == found
    assert [row.id for row in store.runs()] == ["20261122-b", "20261121-a"]


@pytest.mark.parametrize("ref", ["2026", "20261129", "latest~2", "latest~x", "", "'; DROP TABLE runs"])
def test_a_run_that_does_not_fit_is_the_users_mistake(store, ref):
    store.begin(a_manifest("20261122-b"), [])
    store.begin(a_manifest("20261121-a"), [])

    with pytest.raises(UserError, match="run"):
        store.run(ref)


def test_an_empty_store_says_what_to_do_first(store):
    with pytest.raises(UserError, match="finharness eval"):
        store.run()


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(a_result(score=float("nan")), id="nan-score"),
        pytest.param(a_result(verdicts=(a_verdict(score=float("nan")),)), id="nan-verdict"),
        pytest.param(a_result(steps=ITSELF), id="cycle"),
        pytest.param(a_result(outcome=an_outcome(cost_usd=float("inf"))), id="infinite-cost"),
    ],
)
def test_what_is_no_number_is_refused_and_nothing_of_the_batch_is_kept(store, result):
    other = a_job(index=1)
    store.begin(a_manifest(), [result.job, other])

    with pytest.raises(StoreError, match="cannot be stored"):
        store.add(a_manifest().id, [a_result(job=other), result])

    assert list(store.results(a_manifest().id)) == []


def test_data_without_a_json_form_is_kept_as_text_rather_than_lost(store):
    odd = {"nan": float("nan"), "list": [float("inf"), -float("inf")], "path": Path("x")}
    result = a_result(outcome=an_outcome(structured=odd), verdicts=(a_verdict(False, actual=odd),), steps=odd)
    store.begin(a_manifest(), [result.job])

    store.add(a_manifest().id, [result])

    kept = next(store.results(a_manifest().id, traces=True))
    text = {"nan": "NaN", "list": ["Infinity", "-Infinity"], "path": "x"}
    assert [kept.outcome.trace.structured, kept.verdicts[0].actual, kept.steps] == [text] * 3


def test_a_trial_that_was_not_planned_is_refused(store):
    store.begin(a_manifest(), three_jobs()[:1])

    with pytest.raises(StoreError, match="was not planned"):
        store.add(a_manifest().id, [a_result(job=a_job(index=5))])


def test_a_run_begins_once(store):
    store.begin(a_manifest(), three_jobs())

    with pytest.raises(StoreError, match="exists already"):
        store.begin(a_manifest(), three_jobs())


def test_two_jobs_with_one_key_are_refused(store):
    with pytest.raises(StoreError, match="planned twice"):
        store.begin(a_manifest(), [*three_jobs(), a_job()])

    assert store.runs() == ()


def test_a_case_that_moved_in_its_file_is_kept_as_it_was_in_each_run(store):
    from harness.model import Where

    first, second = (a_case(where=Where(file="a.yaml", line=line)) for line in (3, 9))
    store.begin(a_manifest("a"), [a_job(first)])
    store.begin(a_manifest("b"), [a_job(second)])

    assert [store.planned(run)[0].case for run in ("a", "b")] == [first, second]


def test_closing_twice_is_fine(tmp_path):
    store = Store.open(tmp_path / "results.db")
    store.close()
    store.close()
