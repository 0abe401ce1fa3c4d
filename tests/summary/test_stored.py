"""Totals from the store's tables say what reading every result says."""

from builders import a_case, a_job, a_manifest, a_model_call, a_result, a_verdict, an_outcome
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.verdict import HEURISTIC
from harness.store import Store
from harness.summary import summarise
from harness.summary.stored import summarise_totals, totals_of

VERDICTS = st.builds(
    a_verdict,
    st.sampled_from([True, False, None]),
    check=st.sampled_from(["contains", "llm-rubric", "not-llm-rubric", "naïve 名"]),
    labels=st.sampled_from([{}, {"judge": HEURISTIC}, {"judge": "claude", "more": "x" * 400}, {"judge": HEURISTIC, "more": "x" * 400}]),
)  # fmt: skip
TRIALS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["passed", "failed", "errored", "undecided"]),
        "case": st.sampled_from(["A", "B", "C \udc80"]),
        "suite": st.sampled_from(["one", "two"]),
        "tokens": st.sampled_from([(10, 2), None]),
        "cost_usd": st.sampled_from([0.25, None]),
        "judge_cost_usd": st.sampled_from([0.5, None]),
        "duration_s": st.sampled_from([0.0, 0.5, 2.0]),
        "ttft_s": st.sampled_from([None, 0.25]),
        "verdicts": st.lists(VERDICTS, max_size=3).map(tuple),
        "score": st.sampled_from([None, 0.5, 1.0]),
        "done": st.booleans(),
        "before": st.lists(st.tuples(st.sampled_from([(7, 3), None]), st.sampled_from([0.125, None]))),
    }
)


def result_of(index, trial):
    outcome = an_outcome(
        "yes",
        status="infrastructure_failed" if trial["status"] == "errored" else "completed",
        steps=[a_model_call(tokens=trial["tokens"], cost_usd=trial["cost_usd"])],
        duration_s=trial["duration_s"],
        ttft_s=trial["ttft_s"],
    )
    job = a_job(a_case(trial["case"], suite=trial["suite"]), index=index)
    known = {name: trial[name] for name in ("judge_cost_usd", "verdicts", "score")}
    return a_result(trial["status"], job=job, outcome=outcome, **known)


def before(index, trial):
    """What was tried before that trial's result, and replaced."""
    for number, (tokens, cost) in enumerate(trial["before"]):
        outcome = an_outcome(status="infrastructure_failed", steps=[a_model_call(tokens=tokens, cost_usd=cost)])
        yield a_result("errored", job=result_of(index, trial).job, outcome=outcome, started_at=str(number))


@settings(max_examples=25)
@given(st.lists(TRIALS, min_size=1, max_size=12))
def test_totals_agree_with_the_results_they_are_of(tmp_path_factory, trials):
    results = [result_of(index, trial) for index, trial in enumerate(trials)]
    with Store.open(tmp_path_factory.mktemp("store") / "results.db") as store:
        store.begin(a_manifest(), [item.job for item in results])
        store.add(a_manifest().id, [item for item, trial in zip(results, trials, strict=True) if trial["done"]])
        earlier = [item for index, trial in enumerate(trials) for item in before(index, trial)]
        store.add_earlier(a_manifest().id, earlier)
        run = store.run()
        whole = summarise(run, store.results(run.id), store.missing(run.id), store.replaced(run.id))
        accepted = [*store.results(run.id), *store.earlier(run.id)]
        totals = totals_of(store, run, checks=True)
        stored = summarise_totals([totals])

    assert stored is not None
    assert sorted(stored.cases, key=repr) == sorted(whole.cases, key=repr)
    for name in ("counts", "rate", "repeats", "latency", "spend", "not_judged", "heuristic", "score"):
        assert getattr(stored, name) == getattr(whole, name), name
    assert whole.spend.replaced.executions == len(earlier)
    assert whole.spend.cost_usd == sum(item.outcome.trace.cost_usd or 0 for item in accepted)
    assert whole.spend.judge_usd == sum(item.judge_cost_usd or 0 for item in accepted)
    assert whole.spend.input_tokens == sum(item.outcome.trace.usage.input_tokens or 0 for item in accepted)
    assert {row.name: row for row in stored.checks} == {row.name: row for row in whole.checks}
    apart = {suite: summarise_totals([part]) for suite, part in totals.by_suite().items()}
    assert {suite: item and item.counts for suite, item in apart.items()} == {
        item.name: item.counts for item in whole.slices if item.by == "suite"
    }


def test_a_suite_can_be_summed_up_alone(tmp_path):
    results = [a_result(status, job=a_job(a_case(name, suite=suite))) for name, suite, status in (("A", "one", "passed"), ("B", "two", "failed"))]  # fmt: skip
    with Store.open(tmp_path / "results.db") as store:
        store.begin(a_manifest(), [item.job for item in results])
        store.add(a_manifest().id, results)
        summary = summarise_totals([totals_of(store, store.run()).of(["two"])])

    assert summary is not None
    assert (summary.counts.failed, summary.counts.planned) == (1, 1)


def test_nothing_is_summed_up_as_nothing():
    assert summarise_totals([]) is None
