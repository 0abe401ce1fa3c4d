"""show, report, compare, export and import, the way a user runs them."""

import json
from pathlib import Path

import pytest
from builders import a_call, a_case, a_check, a_job, a_manifest, a_model_call, a_result, a_verdict, an_outcome

from harness.cli import main
from harness.store import Store

EXCERPT = Path(__file__).parents[1] / "data" / "tau_bench" / "excerpt.json"
OLD, NEW = "20261120-100000-aaaa", "20261121-100000-bbbb"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace with two runs: A is lost, B gained, C failed twice, and one trial of C did not run."""
    (tmp_path / "harness.toml").write_text('[workspace]\nstore = "results.db"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    cases = {name: a_case(name) for name in "ABC"}
    jobs = [a_job(case) for case in cases.values()] + [a_job(cases["C"], index=1)]
    outcome = an_outcome("the answer", steps=[a_call("quote", {"symbol": "AAPL"}, {"price": 5})])
    with Store.open(tmp_path / "results.db") as store:
        for run, day, statuses in (
            (OLD, "20", ["passed", "failed", "failed", "failed"]),
            (NEW, "21", ["failed", "passed", "failed"]),
        ):
            store.begin(a_manifest(run, started_at=f"2026-11-{day}T10:00:00Z"), jobs)
            pairs = zip(jobs, statuses, strict=False)
            store.add(run, [a_result(status, job=job, outcome=outcome) for job, status in pairs])
            store.end(run, "complete")
    return tmp_path


def said(capsys, *words, code=0):
    assert main(words) == code
    captured = capsys.readouterr()
    return captured.err if code else captured.out


def test_show_without_a_case_lists_the_runs(workspace, capsys):
    shown = said(capsys, "show")

    assert [line.split()[0] for line in shown.splitlines()] == [NEW, OLD]
    assert "3 of 4 trials" in shown


def test_show_tells_the_trial_in_trouble(workspace, capsys):
    shown = said(capsys, "show", "A")

    assert f"Run {NEW}" in shown
    assert "demo/basics :: A [adviser] trial 0  failed" in shown
    assert 'with  {"symbol": "AAPL"}' in shown
    assert "answer  the answer" in shown


def test_show_tells_what_was_tried_before_and_replaced(workspace, capsys):
    broken = an_outcome(status="infrastructure_failed", steps=[a_model_call(cost_usd=0.5)])
    with Store.open(workspace / "results.db") as store:
        job = store.planned(NEW)[0]
        store.add_earlier(NEW, [a_result("errored", job=job, outcome=broken)])

    shown = " ".join(said(capsys, "show", "A").split())
    assert "before errored, infrastructure_failed: the trial ended as infrastructure_failed, 1 step" in shown
    assert "$0.5000; replaced" in shown
    (earlier,) = json.loads(said(capsys, "show", "A", "--json"))["earlier"]
    assert (earlier["status"], earlier["cost"]) == ("errored", 0.5)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param(["A", "--run", "latest~1"], "trial 0  passed", id="older-run"),
        pytest.param(["demo/basics::A"], "trial 0  failed", id="with-suite"),
        pytest.param(["demo/basics::C::adviser::0"], "trial 0  failed", id="key"),
        pytest.param(["C", "--trial", "1", "--run", OLD], "trial 1  failed", id="repetition"),
        pytest.param(["C", "--run", OLD], "2 trials fit; choose with --trial 1", id="hint"),
    ],
)
def test_show_finds_what_is_meant(workspace, capsys, words, found):
    assert found in said(capsys, "show", *words)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        pytest.param(["D"], "the run has no case 'D'", id="case"),
        pytest.param(["A", "--trial", "9"], "there is no trial 9", id="trial"),
        pytest.param(["A", "--agent", "advisor"], "did you mean 'adviser'?", id="agent"),
        pytest.param(["A", "--run", "2025"], "there is no run '2025'", id="run"),
        pytest.param(["C", "--trial", "1"], f"finharness eval --resume {NEW}", id="did-not-run"),
    ],
)
def test_show_says_what_there_is_instead(workspace, capsys, words, problem):
    assert problem in said(capsys, "show", *words, code=2)


def test_show_gives_programs_the_whole_trace(workspace, capsys):
    document = json.loads(said(capsys, "show", "A", "--json"))

    assert document["key"] == "demo/basics::A::adviser::0"
    assert document["trace"]["steps"][0]["args"] == {"symbol": "AAPL"}


def test_report_tells_the_latest_run(workspace, capsys):
    shown = said(capsys, "report")

    assert shown.startswith("Failed\n")
    assert "1 passed, 2 failed, 1 not run of 4" in shown
    assert "finharness show A\n" in shown


def test_report_writes_every_file_asked_for(workspace, capsys):
    shown = said(capsys, "report", OLD, "-o", "a.html", "-o", "b.junit.xml", "-o", "c.json")

    assert shown == "wrote a.html\nwrote b.junit.xml\nwrote c.json\n"
    assert json.loads((workspace / "c.json").read_text())["run"]["id"] == OLD


def test_report_tells_trials_whole_in_one_page(workspace, capsys):
    assert said(capsys, "report", "--html", "--case", "*") == "wrote report.html\n"
    page = (workspace / "report.html").read_text(encoding="utf-8")

    assert page.count("Figures of the answer") == 3
    assert "<h2>Passed, and asked for</h2>" in page
    assert f"Compared with trial 1 of run {OLD}" in page


def test_report_refuses_a_target_before_it_reads(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert "did you mean 'html'?" in said(capsys, "report", "-o", "x.htm", code=2)


def test_report_takes_the_workspaces_templates(workspace, capsys):
    (workspace / "reports" / "templates").mkdir(parents=True)
    (workspace / "reports" / "templates" / "report.md").write_text("ours: {{ run.id }}\n")
    said(capsys, "report", "-o", "x.md")

    assert (workspace / "x.md").read_text() == f"ours: {NEW}\n"


def test_compare_tells_what_was_lost_and_gained(workspace, capsys):
    shown = said(capsys, "compare")

    assert "Lost: 1 case\n  1/1 -> 0/1  demo/basics :: A [adviser]" in shown
    assert "Gained: 1 case\n  0/1 -> 1/1  demo/basics :: B [adviser]" in shown
    assert "3 cases compared: 1 lost, 1 gained, 1 the same" in shown


def test_compare_gives_programs_the_figures(workspace, capsys):
    document = json.loads(said(capsys, "compare", OLD, NEW, "--json"))

    assert [pair["case"] for pair in document["lost"]] == ["A"]
    assert document["p_worse"] == document["p_better"] == 0.5


def test_compare_says_that_the_agents_code_was_another(workspace, capsys):
    with Store.open(workspace / "results.db") as store:
        for run, digest in (("one", "1"), ("two", "2")):
            manifest = a_manifest(run, config={"code": {"agents/a.py": digest}}, started_at="2026-11-22T10:00:00Z")
            store.begin(manifest, [a_job()])
            store.add(run, [a_result()])

    assert "not the same: code of the agents: agents/a.py" in said(capsys, "compare", "one", "two")
    assert json.loads(said(capsys, "compare", "one", "two", "--json"))["not_the_same"] == [
        "code of the agents: agents/a.py"
    ]


def test_compare_leaves_changed_cases_out_of_the_test(workspace, capsys):
    with Store.open(workspace / "results.db") as store:
        job = a_job(a_case("A", input="something else"))
        store.begin(a_manifest("changed", started_at="2026-11-22T10:00:00Z"), [job])
        store.add("changed", [a_result("passed", job=job)])

    shown = said(capsys, "compare", NEW, "changed")

    assert "1 case changed in between and left out of the test" in shown
    assert "(changed in between)" in shown


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        pytest.param(["latest", "latest"], "always equal to itself", id="same-run"),
        pytest.param(["latest~5"], "there is no run 'latest~5'", id="too-far-back"),
    ],
)
def test_compare_refuses_what_says_nothing(workspace, capsys, words, problem):
    assert problem in said(capsys, "compare", *words, code=2)


def test_a_run_travels_as_a_bundle(workspace, tmp_path_factory, monkeypatch, capsys):
    said(capsys, "export", OLD, "-o", "run.zip")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "harness.toml").write_text("")
    monkeypatch.chdir(elsewhere)

    assert "4 of 4 trials added" in said(capsys, "import", "bundle", str(workspace / "run.zip"))
    assert "there already" in said(capsys, "import", "bundle", str(workspace / "run.zip"))
    assert "1 passed, 3 failed of 4" in said(capsys, "report", OLD)


def test_tau_bench_runs_are_imported_graded_and_graded_again(workspace, capsys):
    said(capsys, "import", "tau-bench", str(EXCERPT), "--suite", "airline", "--agent", "gpt-4o")
    with Store.open(workspace / "results.db", readonly=True) as store:
        imported = next(row for row in store.runs() if row.manifest.source == "import")
    assert "2 passed, 1 failed of 3" in said(capsys, "report", imported.id)

    assert main(["score", imported.id]) == 1
    shown = capsys.readouterr().out
    assert "2 passed, 1 failed of 3" in shown
    assert "no agent was called" in shown


def test_a_file_that_is_no_recording_changes_nothing(workspace, capsys):
    (workspace / "x.json").write_text("[1]")

    assert "[0]: expected an object" in said(capsys, "import", "tau-bench", "x.json", code=2)
    assert len(said(capsys, "show").splitlines()) == 2


SUITE = """
agent: adviser
cases:
  - id: A
    input: What do I own?
    assert: [{type: contains, value: the answer}]
  - id: B
    input: What do I own?
    assert: [{type: contains, value: something else}]
"""


@pytest.fixture
def suites(workspace):
    (workspace / "harness.toml").write_text(
        '[workspace]\nstore = "results.db"\n[agents.adviser]\ntarget = "agents/adviser.py:agent"\n'
    )
    (workspace / "agents").mkdir()
    (workspace / "agents" / "adviser.py").write_text("def agent(text):\n    raise SystemExit('must not be called')\n")
    (workspace / "cases" / "demo").mkdir(parents=True)
    (workspace / "cases" / "demo" / "basics.yaml").write_text(SUITE)
    return workspace


def test_score_grades_by_the_checks_that_the_suites_have_now(suites, capsys):
    assert main(["score", OLD]) == 1

    shown = capsys.readouterr().out
    assert "1 cases were graded by the checks stored with the run" in shown
    with Store.open(suites / "results.db", readonly=True) as store:
        graded = next(row for row in store.runs() if row.manifest.source == "score")
        statuses = {result.job.case.id: result.status for result in store.results(graded.id)}
        assert (statuses["A"], statuses["B"]) == ("passed", "failed")
        assert graded.manifest.config["graded"] == OLD
        assert graded.done == graded.planned == 4


def test_score_can_use_the_checks_of_the_run(suites, capsys):
    assert main(["score", OLD, "--stored"]) == 1

    assert "contains" in capsys.readouterr().out


def test_what_had_not_run_is_still_missing_after_grading(suites, capsys):
    assert main(["score", NEW]) == 3

    assert "1 planned trial did not run" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["show", "report", "compare", "export", "score"])
def test_nothing_stored_yet_says_what_to_do_first(tmp_path, monkeypatch, capsys, verb):
    (tmp_path / "harness.toml").write_text("")
    monkeypatch.chdir(tmp_path)

    assert "finharness eval" in said(capsys, verb, code=2)
    assert not (tmp_path / ".harness").exists()


def test_undecided_verdicts_are_told_apart(workspace, capsys):
    with Store.open(workspace / "results.db") as store:
        job = a_job(a_case("U"))
        store.begin(a_manifest("undecided", started_at="2026-11-23T10:00:00Z"), [job])
        verdict = a_verdict(None, check="llm-rubric", reason="no judge model is configured")
        store.add("undecided", [a_result("undecided", job=job, verdicts=(verdict,))])

    shown = said(capsys, "report")

    assert "Undecided: outside the pass rate" in shown
    assert "1 judged claim not evaluated: no judge configured" in shown


def test_errored_trials_are_run_again_when_a_run_is_resumed(suites, capsys):
    (suites / "agents" / "adviser.py").write_text("def agent(text):\n    return 'the answer'\n")
    case = a_case("E", checks=[a_check(value="the answer")])
    jobs = [a_job(case, index=index) for index in range(2)]
    with Store.open(suites / "results.db") as store:
        store.begin(a_manifest("retried", started_at="2026-11-24T10:00:00Z"), jobs)
        store.add("retried", [a_result("failed", job=jobs[0]), a_result("errored", job=jobs[1])])
        store.end("retried", "complete")

    assert main(["eval", "--resume", "retried"]) == 3
    assert main(["eval", "--resume", "retried", "--retry-errors"]) == 1

    assert "1 passed, 1 failed of 2" in capsys.readouterr().out


def test_retrying_errors_needs_a_run(suites, capsys):
    assert "add --resume" in said(capsys, "eval", "--retry-errors", code=2)


def test_report_tells_github_actions(workspace, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(workspace / "page"))

    shown = said(capsys, "report", "--github")

    assert (
        shown.splitlines()[0] == "::error title=finharness::demo/basics :: A [adviser]: contains: because of the test"
    )
    assert (workspace / "page").read_text(encoding="utf-8").startswith(f"# Run {NEW}\n")
