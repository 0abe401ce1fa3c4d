"""What the database tells by itself, without a whole result being read."""

import pytest
from stored_runs import HOSTILE, RUNS, a_full_workspace

from harness.store import Store, facts


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    root = a_full_workspace(tmp_path_factory.mktemp("workspace"))
    with Store.open(root / ".harness/results.db", readonly=True) as opened:
        yield opened


def test_cases_come_with_what_a_list_needs(store):
    cases = {case.id: case for case in store.ask(facts.cases, RUNS[-1])}

    assert cases["CH-01"].tags == {"team": "alex"}
    assert cases["CH-01"].suite == "alex/charter"
    assert cases[HOSTILE].description == HOSTILE


def test_verdicts_that_did_not_pass_are_found(store):
    found = store.ask(facts.open_verdicts, RUNS[-1])

    assert {(name, passed) for _, name, passed, *_ in found} == {
        ("finance:chart-spec", False), ("llm-rubric", None), (HOSTILE, False),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        pytest.param({"case": "CH-01"}, 3, id="case"),
        pytest.param({"case": "CH-01", "trial": "2"}, 1, id="trial"),
        pytest.param({"suite": "alex/tagger"}, 6, id="suite"),
        pytest.param({"case": HOSTILE, "agent": "tagger"}, 1, id="hostile"),
        pytest.param({"case": "CH-01", "trial": "1; DROP TABLE runs"}, 0, id="no-number"),
        pytest.param({"case": "' OR 1=1 --"}, 0, id="injection"),
        pytest.param({}, 24, id="all"),
    ],
)
def test_trials_are_found_by_what_is_known_of_them(store, wanted, count):
    assert len(store.ask(facts.find, RUNS[-1], wanted)) == count


def test_a_case_has_a_history_newest_first(store):
    past = store.ask(facts.history, "alex/charter", "CH-01", "charter")

    assert [trial.run for trial in past] == [run for run in reversed(RUNS) for _ in range(3)]
    assert [trial.status for trial in past] == ["failed"] * 3 + ["passed"] * 6


def test_verdicts_and_errors_of_some_trials(store):
    numbers = [trial.number for trial in store.ask(facts.find, RUNS[-1], {"suite": "alex/tagger"})]

    verdicts, errors = store.ask(facts.verdicts_of, numbers), store.ask(facts.errors_of, numbers)

    assert [verdict.reason for verdict in verdicts[numbers[-1]]] == [HOSTILE]
    assert errors[numbers[-1]] == ("ValueError", HOSTILE)
    assert store.ask(facts.verdicts_of, []) == {}


def test_the_database_finds_a_case_without_reading_the_others(store):
    plan = store.ask(
        lambda connection: connection.execute(f"EXPLAIN QUERY PLAN {facts._HISTORY}", ("", "", "", 1)).fetchall()
    )

    assert not [row[-1] for row in plan if row[-1].startswith("SCAN")]
