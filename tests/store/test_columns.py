"""A run's trials as columns: kept when it ends, the same as what the rows say, and never older than they are."""

import math
import sqlite3
from contextlib import closing
from dataclasses import fields

import pytest
from builders import a_case, a_job, a_manifest, a_result
from stored_runs import HOSTILE, RUNS, a_full_workspace

from harness.store import Store, columns


@pytest.fixture
def path(tmp_path):
    return a_full_workspace(tmp_path) / ".harness/results.db"


def kept(path):
    with closing(sqlite3.connect(path)) as file:
        return {row[0] for row in file.execute("SELECT r.id FROM columns c JOIN runs r ON r.number = c.run")}


def same(left, right):
    """Equal, whatever the numbers are kept in, and unknown where the other is."""
    return all(
        repr({name: list(column) for name, column in mine.items()} if isinstance(mine, dict) else mine)
        == repr({name: list(column) for name, column in theirs.items()} if isinstance(theirs, dict) else theirs)
        for mine, theirs in ((getattr(left, field.name), getattr(right, field.name)) for field in fields(left))
    )


def test_what_is_kept_is_what_the_rows_say(path):
    assert kept(path) == set(RUNS)
    with Store.open(path, readonly=True) as store:
        for run in RUNS:
            assert same(store.ask(columns.of, run), store.ask(columns.gather, run))


def test_how_many_trials_there_are_is_kept_as_counted(path):
    count = "SELECT count(*), count(r.planned) FROM planned p LEFT JOIN results r ON r.planned = p.number WHERE p.run = runs.number"
    with closing(sqlite3.connect(path)) as file:
        for number, planned, done in file.execute("SELECT number, planned, done FROM runs").fetchall():
            assert file.execute(count.replace("runs.number", str(number))).fetchone() == (planned, done)
    with Store.open(path, readonly=True) as store:
        assert {(row.planned, row.done) for row in store.runs()} == {(24, 24)}


def test_every_planned_trial_has_a_value_in_every_column(path):
    with Store.open(path, readonly=True) as store:
        found = store.ask(columns.of, RUNS[-1])

    assert {len(column) for column in found.trials.values()} == {24}
    assert columns.STATUSES[found.trials["status"][0]] == "failed"
    assert (found.agents[found.trials["agent"][0]], found.trials["trial"][0]) == ("charter", 0)
    assert found.trials["seconds"][0] == pytest.approx(1.35)
    assert HOSTILE in found.checks
    assert HOSTILE in {case.description for case in found.cases}


def test_nothing_is_kept_while_results_may_come(tmp_path):
    job = a_job(a_case())
    with Store.open(tmp_path / "r.db") as store:
        store.begin(a_manifest("r"), [job])
        before = store.ask(columns.of, "r")
        store.end("r", "incomplete")
        assert kept(store.path) == {"r"}
        store.resume("r")
        assert kept(store.path) == set()
        store.add("r", [a_result(job=job)])
        after = store.ask(columns.of, "r")

    assert columns.STATUSES[before.trials["status"][0]] == "missing"
    assert math.isnan(before.trials["seconds"][0])
    assert columns.STATUSES[after.trials["status"][0]] == "passed"


def test_a_result_that_comes_after_the_end_is_counted(tmp_path):
    job = a_job(a_case())
    with Store.open(tmp_path / "r.db") as store:
        store.begin(a_manifest("r"), [job])
        store.end("r", "incomplete")
        before = store.run("r")
        store.add("r", [a_result(job=job)])

        assert (before.planned, before.done, store.run("r").done) == (1, 0, 1)
        assert columns.STATUSES[store.ask(columns.of, "r").trials["status"][0]] == "passed"


@pytest.mark.parametrize("change", [{"form": 99}, {"order": "middle"}])
def test_what_another_machine_or_version_kept_is_gathered_anew(path, monkeypatch, change):
    real = columns.unpack
    with Store.open(path, readonly=True) as store:
        wanted = store.ask(columns.gather, RUNS[-1])
        monkeypatch.setattr(columns, "unpack", lambda cell: {**real(cell), **change})

        assert same(store.ask(columns.of, RUNS[-1]), wanted)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:01:00Z", 60.0), ("1970-01-01T01:01:00+01:00", 60.0), ("1970-01-01T00:01:00", 60.0),
        ("never", None), (b"\xff", None), ("", None),
    ],
)  # fmt: skip
def test_times_are_read_or_unknown(text, moment):
    found = columns._moment(text)

    assert found == moment if moment is not None else math.isnan(found)
