"""A trial told whole: heading, checks, what changed, raw data."""

import json

import pytest
from builders import a_case, a_check, a_job, a_manifest, a_result, a_verdict, an_outcome
from stored_runs import HOSTILE, RUNS, a_full_workspace

from harness.model import Evidence, Failure, Where
from harness.store import RunRow, Store, facts
from harness.story.change import change, last_passing
from harness.story.checks import check_lines
from harness.story.heading import heading
from harness.story.raw import raw, raw_text
from harness.story.story import story

RUN = RunRow(
    a_manifest(models={"adviser": "claude"}, git_commit="0123456789abcdef", git_dirty=True), "complete", None, 1, 1
)


def test_the_heading_says_how_often_all_trials_pass():
    told = heading(RUN, a_result("failed"), ["passed", "failed", "errored"])

    assert told.repeats == "1 of 2 decided trials passed, flaky; pass^2 = 0.00"
    assert told.whose == "agent"
    assert dict(told.facts)["Commit"] == "0123456789 + changes"


@pytest.mark.parametrize(("kind", "whose"), [("rate_limit", "provider"), ("worker_lost", "harness")])
def test_a_fault_has_an_owner(kind, whose):
    outcome = an_outcome(status="infrastructure_failed", error=Failure(kind, "it broke"))

    assert heading(RUN, a_result("errored", outcome=outcome), ["errored"]).whose == whose


def test_checks_have_tolerance_and_unit_from_where_they_are_said():
    place = Where(file="cases/a.yaml", line=3)
    case = a_case(checks=[a_check("finance:number", value="$5", tolerance=0.01, where=place)])
    verdict = a_verdict(
        False,
        check="finance:number",
        expected="$5.00",
        actual="$6.00",
        where=str(place),
        evidence=(Evidence(step="s2", path="$.x", note="6"),),
    )
    (line,) = check_lines(a_result("failed", job=a_job(case), verdicts=(verdict,)))

    assert (line.tolerance, line.unit, line.expected, line.actual) == ("± 0.01", "USD", "$5.00", "$6.00")
    assert (line.places[0].step, line.places[0].words, line.places[0].note) == ("s2", "step s2 $.x", "6")


@pytest.mark.parametrize("kind", ["python", "not-python"])
def test_a_function_of_the_workspace_goes_by_its_own_name(kind):
    verdict = a_verdict(False, check=kind, reason="cases/_checks/charter.py:figures: Equity is 3: expected 4")

    (line,) = check_lines(a_result("failed", verdicts=(verdict,)))

    assert (line.check, line.reason) == (kind.replace("python", "figures"), "Equity is 3: expected 4")
    assert line.labels == (("python", "cases/_checks/charter.py"),)


def test_what_failed_hardest_comes_first():
    verdicts = (
        a_verdict(),
        a_verdict(None),
        a_verdict(False, severity="minor"),
        a_verdict(False, severity="blocker"),
        a_verdict(None, error=True),
    )

    assert [(line.status, line.severity) for line in check_lines(a_result("failed", verdicts=verdicts))] == [
        ("failed", "blocker"), ("failed", "minor"), ("errored", "major"), ("undecided", "major"), ("passed", "major"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    root = a_full_workspace(tmp_path_factory.mktemp("workspace"))
    with Store.open(root / ".harness/results.db", readonly=True) as opened:
        yield opened


def trial_of(store, run, **wanted):
    found = store.ask(facts.find, run, wanted)[0]
    (result,) = store.results(run, traces=True, keys={found.key})
    return store.run(run), result


def test_a_trial_is_compared_with_the_last_that_passed(store):
    now = trial_of(store, RUNS[-1], case="CH-01")
    then = last_passing(store, *now)
    told = change(then, now)

    assert told.run == RUNS[1]
    assert told.verdicts[0].name == "finance:chart-spec"
    assert {fact.name for fact in told.facts if fact.differs} == {"Commit"}
    assert told.answer == ()


def test_a_trial_that_never_passed_before_is_compared_with_nothing(store):
    now = trial_of(store, RUNS[0], case="TG-04")

    assert last_passing(store, *now) is None


def test_settings_that_differ_are_told_leaf_by_leaf():
    then = RunRow(
        a_manifest(
            "a", config={"run": {"seed": 1, "x": 2}, "agents": {"adviser": {"model": "a"}, "other": {"model": "q"}}}
        ),
        "complete",
        None,
        1,
        1,
    )
    now = RunRow(
        a_manifest("b", config={"run": {"seed": 9, "x": 2}, "agents": {"adviser": {"model": "b"}}}),
        "complete",
        None,
        1,
        1,
    )

    told = change((then, a_result()), (now, a_result("failed")))

    assert {(fact.name, fact.then, fact.now) for fact in told.facts if "." in fact.name} == {
        ("run.seed", "1", "9"),
        ("agent.model", "a", "b"),
    }


def test_raw_data_has_no_secret_and_a_bounded_size():
    secret = "s3cr3t-value-1234"
    result = a_result(
        outcome=an_outcome(f"the key is {secret} " + "x" * 100_000, structured={"rows": list(range(1000)), secret: 1})
    )
    environ = {"BROKER_API_KEY": secret}

    shown = json.dumps(raw(result, environ=environ))

    assert secret not in shown
    assert secret not in raw_text(result, environ=environ)
    assert "[BROKER_API_KEY]" in shown
    assert len(shown) < 40_000
    assert "and 800 more" in shown


@pytest.mark.parametrize("case", ["CH-01", "TG-01", "TG-04", "TG-05", HOSTILE])
def test_every_trial_can_be_told(store, tmp_path, case):
    run, result = trial_of(store, RUNS[-1], case=case)
    told = story(run, result, tmp_path, passing=last_passing(store, run, result))

    assert told.heading.status == result.status
    assert len(told.checks) == len(result.verdicts)
