"""Tables behind the dashboard's pages: comparisons, trends, alerts, queues, suites."""

from __future__ import annotations

import json
import subprocess

import pytest
from builders import a_case, a_job, a_manifest, a_model_call, a_result, an_outcome

from harness.calibration.labelling import append_label, label_row
from harness.errors import UserError
from harness.frames import alerts, compare, operations, run_figures, run_tables, suites, trend
from harness.frames.choosing import filtered
from harness.frames.glance import glance
from harness.frames.numbers import p_text
from harness.frames.run import run_facts
from harness.frames.runs import flaky_groups, flaky_rows, groups_of, latest_parts, suite_rows
from harness.model import Where
from harness.rubrics import Calibration, Criterion, Rubric
from harness.steps.routing import Confusion
from harness.store import Store
from harness.summary.stored import summarise_totals, totals_of
from harness.workspace import Workspace


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "results.db") as opened:
        yield opened


def record(store, name, results, *, day=21):
    manifest = a_manifest(name, started_at=f"2026-11-{day}T10:00:00Z", git_commit="abcdef0123", suites=("demo/basics",))
    store.begin(manifest, [item.job for item in results])
    store.add(name, results)
    store.end(name, "complete")
    return totals_of(store, store.run(name))


def trials(case, statuses, *, seconds=1.0, cost=0.01, suite="demo/basics", **known):
    outcome = an_outcome("yes", steps=[a_model_call(cost_usd=cost)], duration_s=seconds)
    built = a_case(case, suite=suite, **known)
    return [a_result(status, job=a_job(built, index=index), outcome=outcome) for index, status in enumerate(statuses)]


def test_flips_and_the_growth_of_cost_and_time_are_paired_by_case(store):
    before = record(store, "r1", [*trials("A", ["passed"] * 3), *trials("B", ["failed"] * 3), *trials("C", ["passed"])])
    after = record(
        store,
        "r2",
        [*trials("A", ["failed"] * 3, seconds=2.0, cost=0.02), *trials("B", ["passed"] * 3), *trials("D", ["passed"])],
    )

    found = compare.compare(store, before, after)
    assert found is not None
    rows = compare.pair_rows(found).set_index("case")

    assert compare.flip_counts(found) == {"lost": 1, "gained": 1, "same": 0, "changed": 0}
    assert rows.loc["A", ["flip", "before", "after", "change"]].tolist() == ["✗ lost", "3 of 3", "0 of 3", -1.0]
    assert rows.loc["A", ["cost_change", "time_change"]].tolist() == pytest.approx([1.0, 1.0])
    assert (found.comparison.gone, found.comparison.new) == (("demo/basics::C",), ("demo/basics::D",))
    assert compare.sentence(found).startswith("No difference is shown")


def test_a_case_that_asks_something_else_is_left_out_of_the_test(store):
    before = record(store, "r1", trials("A", ["passed"] * 3))
    after = record(store, "r2", trials("A", ["failed"] * 3, input="Something else?"))

    found = compare.compare(store, before, after)

    assert found is not None
    assert compare.flip_counts(found)["changed"] == 1
    assert "nothing can be compared" in compare.sentence(found)


def test_the_newest_results_of_each_suite_come_from_the_newest_run_that_has_it(store):
    first = record(store, "r1", [*trials("A", ["passed"], suite="one"), *trials("B", ["passed"], suite="two")], day=20)
    second = record(store, "r2", trials("A", ["failed"], suite="one"))

    parts = latest_parts([glance(store, totals.run) for totals in (second, first)])

    assert [(part.run.id, set(part.parts)) for part in parts] == [("r2", {"one"}), ("r1", {"two"})]


def test_the_trend_goes_from_old_to_new_and_names_commits(store):
    runs = [
        glance(store, record(store, f"r{day}", trials("A", statuses), day=day).run)
        for day, statuses in ((19, ["failed", "passed"]), (20, ["passed"] * 2))
    ]

    rows = trend.trend_rows(list(reversed(runs)), frozenset({"demo/basics"}))

    assert rows["rate"].tolist() == [0.5, 1.0]
    assert rows["label"].tolist() == ["11-19 10:00|abcdef0|r19", "11-20 10:00|abcdef0|r20"]


def test_flaky_cases_are_those_with_both_endings(store):
    totals = record(store, "r1", [*trials("A", ["passed", "failed"]), *trials("B", ["passed"] * 2)])
    known = run_facts(store, totals.run)

    assert flaky_groups(groups_of(known, {"another"})).empty
    assert flaky_rows(known, flaky_groups(groups_of(known, {"demo/basics"})))[
        ["case", "passed", "failed", "rate"]
    ].to_dict("records") == [{"case": "A", "passed": 1, "failed": 1, "rate": 0.5}]


@pytest.mark.parametrize(
    ("right", "of", "state"), [(84, 100, "⚠ below"), (86, 100, "≈ may be below"), (990, 1000, "✓ above")]
)
def test_routing_stands_to_its_floor_as_its_interval_says(store, right, of, state):
    totals = record(store, "r1", trials("A", ["passed"]))
    summary = summarise_totals([totals])
    assert summary is not None

    rows = alerts.alert_rows(summary, Confusion({("a", "a"): right, ("a", "b"): of - right})).set_index("what")

    assert rows.loc["Routing accuracy", "state"] == state
    assert ("Routing accuracy" in alerts.below(rows.reset_index())) is (state == "⚠ below")


def test_what_replaced_attempts_have_cost_is_in_every_total(store):
    record(store, "r1", [*trials("A", ["errored"], cost=0.5), *trials("B", ["passed"], cost=0.25)])
    store.add("r1", trials("A", ["passed"], cost=0.125), over_errored=True)
    row = store.run("r1")
    totals, known = totals_of(store, row), run_facts(store, row)
    groups = run_tables.grouped(known.trials)

    assert operations.spend_rows([totals])["agents_usd"].tolist() == [0.875]
    assert operations.service_rows(store, totals)["cost_usd"].tolist() == [0.875]
    assert suite_rows(store, row)["cost_usd"].tolist() == [0.875]
    assert [(card.value, card.beside) for card in run_tables.figures(known.trials, groups) if card.label == "Cost"] == [
        ("$0.8750", "$0.5000 for replaced attempts")
    ]
    assert run_figures.spend_rows(known, known.trials)[["cost_usd", "replaced_usd"]].values.tolist() == [[0.375, 0.5]]
    assert groups["cost_usd"].tolist() == [0.125, 0.25]  # no trial's own figure has it


def test_a_queue_s_deliveries_and_dead_letters_are_counted(store):
    told = {
        "deliveries": [{"receives": 1, "outcome": "crashed"}, {"receives": 2, "outcome": 200}],
        "dead": ["x"],
        "left": 3,
        "problems": [],
    }
    outcome = an_outcome(json.dumps(told), structured=told, artifacts={"jobs": [{"status": "completed"}]})
    record(store, "r1", [a_result(outcome=outcome), *trials("B", ["passed"])])

    (row,) = operations.queue_rows(store, store.run("r1")).to_dict("records")

    assert [row[name] for name in ("delivered", "again", "crashed", "dead", "left", "jobs")] == [
        2,
        1,
        1,
        1,
        3,
        "1 completed",
    ]


def test_a_filter_takes_words_as_they_are():
    import pandas as pd

    rows = pd.DataFrame({"case": ["a.*b", "axxb"], "flip": ["x", "y"]})

    assert filtered(rows, {}, ".*", ("case",))["case"].tolist() == ["a.*b"]
    assert filtered(rows, {"flip": ["y"]}, "")["case"].tolist() == ["axxb"]
    assert len(filtered(rows, {"flip": []}, "(", ("case",))) == 0


@pytest.mark.parametrize(("p", "text"), [(0.0, "< 0.0001"), (0.05, "0.0500"), (None, "–")])
def test_a_p_value_is_never_a_flat_zero(p, text):
    assert p_text(p) == text


SUITE = """agent: a
cases:
  - id: ONE
    input: Hello?
    assert: [{type: contains, value: x}]
  - id: TWO
    input: Hello?
    assert: [{type: contains, value: y}]
"""


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases/s.yaml").write_text(SUITE)
    (tmp_path / "harness.toml").write_text('[agents.a]\ntarget = "a.py:a"\n')
    return Workspace.find(config=str(tmp_path / "harness.toml"))


def test_a_case_is_shown_as_it_stands_in_its_file(mine):
    opened = suites.open_suite(mine, "cases/s.yaml")

    assert suites.snippet(opened, "TWO").strip().splitlines()[0] == "- id: TWO"
    assert "TWO" not in suites.snippet(opened, "ONE")


@pytest.mark.parametrize(
    ("text", "problem"),
    [(SUITE + "oops: 1\n", "oops"), (SUITE.replace("TWO", "ONE"), "already used"), ("[" * 60_000, "")],
)
def test_a_copy_with_mistakes_is_refused_and_the_file_stays(mine, text, problem):
    suite, mistakes = suites.checked_copy(mine, "cases/s.yaml", text)

    assert suite is None
    assert problem in mistakes[0]["problem"]
    assert (mine.root / "cases/s.yaml").read_text() == SUITE


def test_commits_of_a_file_are_listed(mine):
    def git(*words):
        subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=a@example.org", *words],
            cwd=mine.root,
            check=True,
            capture_output=True,
        )

    assert suites.commits(mine, "cases/s.yaml").empty
    git("init", "-q")
    git("add", "cases")
    git("commit", "-qm", "Ask <b>two</b> things")

    (row,) = suites.commits(mine, "cases/s.yaml").to_dict("records")
    assert (row["who"], row["what"]) == ("Ada", "Ask <b>two</b> things")


@pytest.fixture
def rubric(mine):
    (mine.root / "judges/labels").mkdir(parents=True)
    (mine.root / "judges/r.yaml").write_text("")
    return Rubric(
        id="r",
        criteria=(Criterion(id="calm", ask="Calm?"),),
        calibration=Calibration(labels="labels/r.jsonl"),
        where=Where(file="judges/r.yaml"),
    )


def test_labels_are_appended_on_a_line_of_their_own(mine, rubric):
    path = mine.root / "judges/labels/r.jsonl"
    path.write_text('{"id": "a", "question": "?", "answer": "x", "labels": {"calm": "yes"}}')

    append_label(
        mine, rubric, label_row(rubric, {"question": "?", "answer": "naïve"}, {"calm": "no"}, name="b", by="Ada")
    )

    first, second = path.read_text().splitlines()
    assert json.loads(first)["id"] == "a"
    assert (json.loads(second)["labels"], json.loads(second)["by"]) == ({"calm": "no"}, "Ada")


@pytest.mark.parametrize("labels", [{}, {"calm": "maybe"}, {"calm": "yes", "loud": "no"}])
def test_labels_that_could_not_be_read_again_are_refused(rubric, labels):
    with pytest.raises(UserError):
        label_row(rubric, {"question": "?", "answer": "x"}, labels, name="b", by="Ada")
