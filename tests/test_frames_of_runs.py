"""A run summed up from its columns says what the whole results say."""

from __future__ import annotations

import random

import pytest
from builders import a_case, a_job, a_manifest, a_model_call, a_result, an_outcome
from stored_runs import a_full_workspace

from harness.frames import run_charts, run_figures, trend
from harness.frames.glance import glance, summarise_glances
from harness.frames.run import Filter, chosen, run_facts
from harness.frames.run_tables import case_page, counted, grouped
from harness.frames.runs import groups_of, open_groups
from harness.store import Store
from harness.summary import summarise

STATUSES = ("passed", "failed", "errored", "undecided")


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "results.db") as opened:
        yield opened


def mixed(store, name="r1", *, seed=1, suites=("one", "two"), agents=("x", "y")):
    """A run of two suites, each case under two agent variants, some without a result."""
    rng = random.Random(seed)
    cases = [a_case(f"C{number}", suite=suite, tags={"n": str(number)}) for suite in suites for number in range(6)]
    jobs = [a_job(case, index=index, variant=agent) for case in cases for agent in agents for index in range(3)]
    store.begin(a_manifest(name, suites=suites), jobs)
    store.add(name, [result(job, rng) for job in jobs if rng.random() < 0.9])
    return store.run(name)


def result(job, rng):
    cost = rng.choice((None, 0.25, 0.5))
    step = a_model_call(cost_usd=cost, tokens=rng.choice((None, (100, 20))))
    known = {"duration_s": rng.choice((0.0, 1.5, 2.5)), "ttft_s": rng.choice((None, 0.5)), "steps": [step]}
    return a_result(rng.choice(STATUSES), job=job, outcome=an_outcome("yes", **known))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("suites", [("one",), ("one", "two")])
def test_the_figures_of_columns_are_those_of_the_results(store, seed, suites):
    run = mixed(store, seed=seed)
    if seed % 2:
        store.end(run.id, "incomplete")  # the columns are kept now, not gathered
    wanted = [item for item in store.results(run.id) if item.job.case.suite in suites]
    missing = [job for job in store.missing(run.id) if job.case.suite in suites]

    told, found = summarise(run, wanted, missing), summarise_glances([glance(store, run).of(suites)])

    assert found is not None
    for name in ("counts", "repeats", "spend", "not_judged", "heuristic"):
        assert getattr(found, name) == getattr(told, name), name
    assert vars_of(found.rate) == pytest.approx(vars_of(told.rate))
    assert vars_of(found.latency) == pytest.approx(vars_of(told.latency))
    assert [(one.name, one.counts) for one in found.slices] == [
        (one.name, one.counts) for one in told.slices if one.by == "agent"
    ]


def vars_of(value):
    return {name: getattr(value, name) for name in type(value).__dataclass_fields__}


def test_a_run_without_trials_gives_nothing(store):
    store.begin(a_manifest("r0"), [])

    assert glance(store, store.run("r0")).parts == {}
    assert summarise_glances([glance(store, store.run("r0"))]) is None


def test_groups_of_a_filter_hold_only_what_it_leaves(store):
    known = run_facts(store, mixed(store))

    trials = chosen(known, Filter(agent=("x",), tag=("n=2",)), store)
    groups = grouped(trials)

    assert len(groups) == 2
    assert counted(known, groups) == "2 of 24 cases"
    assert groups["trials"].sum() == len(trials) == 6
    assert set(case_page(store, known, groups)["agent"]) == {"x"}


def test_open_cases_are_those_of_the_wanted_suites_that_did_not_pass(store):
    known = run_facts(store, mixed(store))

    found = open_groups(groups_of(known, {"one"}))

    assert {known.cases[number].suite for number in found["case"]} == {"one"}
    assert (found[["failed", "errored", "undecided", "missing"]].sum(axis=1) > 0).all()


def test_charts_say_what_they_show_and_interpret_nothing(tmp_path):
    with Store.open(a_full_workspace(tmp_path) / ".harness/results.db", readonly=True) as store:
        known = run_facts(store, store.run())
        rows = trend.trend_rows([glance(store, row) for row in store.runs()], set(glance(store, store.run()).parts))
        drawn = [
            run_charts.check_chart(run_figures.check_counts(known, known.trials)),
            run_charts.score_chart(run_figures.score_bins(known.trials)),
            run_charts.latency_chart(run_figures.latency_rows(known.trials)),
            run_charts.timeline_chart(run_figures.timeline(known.trials)),
            trend.trend_chart(rows),
        ]
        tables = [
            run_charts.spend_table(run_figures.spend_rows(known, known.trials)),
            run_charts.latency_table(run_figures.latency_rows(known.trials)),
        ]

    assert all('role="figure"' in chart and "aria-label=" in chart for chart in drawn)
    assert not any("<script" in chart or "<img" in chart for chart in drawn)
    assert "finance:chart-spec: 4 ✗ failed, major" in drawn[0]
    assert "77.3%" in drawn[-1]
    assert all("charter" in table and "<td>tagger</td>" in table for table in tables)


def test_a_search_finds_reasons_in_its_own_run_alone(store):
    first, second = mixed(store, "r1", seed=2), mixed(store, "r2", seed=3)

    found = chosen(run_facts(store, second), Filter(text="because of the test"), store)

    assert 0 < len(found) <= second.planned
    assert set(found["number"]).isdisjoint(run_facts(store, first).trials["number"])


def asked(store, run):
    """What the database is asked for the overview's and the run page's figures."""
    said = []
    store._connection.set_trace_callback(said.append)
    known = run_facts(store, run)
    trials = chosen(known, Filter(text="because"), store)
    case_page(store, known, grouped(trials))
    summarise_glances([glance(store, run)])
    store._connection.set_trace_callback(None)
    return [" ".join(statement.split()[:6]) for statement in said]


@pytest.mark.parametrize("ended", [True, False])
def test_nobody_reads_traces_and_more_results_are_not_asked_for_more_often(store, monkeypatch, ended):
    monkeypatch.setattr(Store, "results", None)  # whole results
    few, many = mixed(store, "r1", suites=("one",)), mixed(store, "r2", suites=tuple("abcdefgh"))
    for run in (few, many) if ended else ():
        store.end(run.id, "incomplete")

    asks = asked(store, few), asked(store, many)

    assert len(asks[0]) == len(asks[1]) < 40
    assert not any("traces" in statement for ask in asks for statement in ask)


def test_a_run_that_has_ended_is_not_counted_again(store):
    run = mixed(store)
    store.end(run.id, "complete")
    plan = []
    store._connection.set_trace_callback(plan.append)

    summarise_glances([glance(store, store.run(run.id))])

    assert not any("results r ON" in statement and "LEFT JOIN" in statement for statement in plan)


def test_percentiles_are_those_of_the_trials_that_have_a_time(store):
    known = run_facts(store, mixed(store, seed=4))
    timed = known.trials[(known.trials["outcome"] == "completed") & (known.trials["seconds"] > 0)]

    rows = run_figures.latency_rows(known.trials).set_index("agent")

    for agent, part in [("all agents", timed), *((name, timed[timed["agent"] == name]) for name in ("x", "y"))]:
        assert rows.loc[agent, "trials"] == len(part)
        assert rows.loc[agent, ["p50", "p99"]].tolist() == pytest.approx(part["seconds"].quantile([0.5, 0.99]).tolist())
        assert rows.loc[agent, "ttft_p95"] == pytest.approx(part["ttft_s"].quantile(0.95))
    assert run_figures.latency_rows(known.trials.iloc[:0]).empty
