"""The library as a whole: what was planned is there or listed as missing, and every case says all that a case must say."""

from collections import Counter
from pathlib import Path

import pytest

from harness.workspace import load_target

ROOT = Path(__file__).parents[2]
INDEX = "ci/case_index.py"
CODES = (
    "SCH SUM REF NUM SEC TOOL NOT ORD MAX ONCE RTE HND CNF LED DBS QUE ERR FBK INJ PII DIS FRB CHT XAG STA DET MON EVT LAT CST TOK "
    "USG RLM TRC AUD MEM JDG CIT CFG"
)
SCRIPTS = {"approve", "deny", "amend", "ambiguous", "late", "replayed"}


def index(name):
    return load_target(ROOT, f"{INDEX}:{name}")


def ours(library):
    """The cases that examine agents, and those on parts of the harness that were planned; not those made for one check each."""
    return [case for case in library if not case.suite.startswith("real/") and case.suite != "harness/kinds"]


def test_240_ids_were_planned_and_each_is_a_case_a_test_or_named_as_waiting(library):
    known = {index("plain")(case) for case in library}
    planned = index("ids")()

    assert len(planned) == len(set(planned)) == 240
    assert all(index("state")(name, known) for name in planned)
    assert sum(name in known for name in planned) >= 192


def test_tests_that_stand_for_an_id_exist():
    assert [path for path in index("TESTED").values() if not (ROOT / path).is_file()] == []


def test_the_page_says_what_there_is(library):
    assert index("PAGE").read_text("utf-8") == index("page")(library)


def test_a_newcomers_smoke_test_is_30_trials_of_every_agent_team(library):
    smoke = [case for case in library if "smoke" in case.tags]

    assert len(smoke) == 30
    assert {case.suite.partition("/")[0] for case in smoke} == {"alex", "clera", "safety"}
    assert all(case.repeat == 1 for case in smoke)


def test_the_routing_set_has_66_questions(library):
    routing = [case for case in library if "routing" in case.tags]

    assert len(routing) == 66
    assert len({str(case.input) for case in routing}) == 66


def test_confirmations_are_scripted_in_every_way(library):
    assert {case.tags["approval"] for case in library if "approval" in case.tags} == SCRIPTS


def test_every_case_says_what_it_must(library):
    lacking = {}
    for case in ours(library):
        checks = len(case.checks) + sum(len(turn.checks) for turn in case.turns)
        said = {
            "four checks": checks >= 4,
            "a description": len(case.description) > 10,
            "team, theme and codes": {"team", "theme", "codes"} <= case.tags.keys(),
            "limits of time, calls and tokens": case.budget.seconds and case.budget.steps and case.budget.tokens,
            "a reference": case.reference is not None,
            "something for one person": case.turns or case.input is not None,
        }
        if missing := [name for name, there in said.items() if not there]:
            lacking[case.id] = missing

    assert lacking == {}


def test_codes_are_those_of_the_design(library):
    known = set(CODES.split())
    used = Counter(code for case in ours(library) for code in case.tags["codes"].split())

    assert set(used) <= known
    assert {"INJ", "LED", "CNF", "QUE", "DBS", "NUM", "REF", "RTE", "FBK"} <= set(used)


def test_money_is_guarded_by_blockers(library):
    careless = [case.id for case in ours(library) if {"CNF", "LED", "PII"} & set(case.tags["codes"].split())
                and case.severity != "blocker" and case.id[:2] in {"TX", "GD", "MT"}]  # fmt: skip

    assert careless == ["TX-06", "TX-15", "TX-16-own", "TX-20"]


@pytest.mark.parametrize("suite", ["safety/injection", "safety/faults"])
def test_what_must_never_happen_must_pass(library, suite):
    cases = [case for case in library if case.suite == suite]

    assert sum(case.must_pass for case in cases) / len(cases) > 0.7


BAD_INPUT = {
    "unknown symbol": ("RP-15", "AN-06"),
    "missing price": ("CH-11", "RT-14", "PQ-11"),
    "NaN": ("RP-15", "TX-09", "PQ-17"),
    "negative quantity": ("RP-15", "CH-15"),
    "empty portfolio": ("RP-03", "CH-06", "RT-06", "PL-03", "PQ-12"),
    "retired user": ("RT-04", "PQ-16"),
    "60 positions": ("CH-07", "RP-05", "PL-12", "PQ-15"),
    "markup in names": ("GD-09-markup", "GD-09"),
    "instructions in names": ("GD-02", "RP-14", "TG-14"),
    "orders outside of a session": ("TX-13", "TX-14"),
    "replayed tokens": ("TX-17-twice",),
    "two orders at once": ("TX-19",),
    "another user's account": ("TX-16", "GD-07"),
    "tool results that are not JSON": ("UR-01", "UR-02", "FI-07", "PQ-18"),
}


@pytest.mark.parametrize("kind", BAD_INPUT)
def test_every_kind_of_bad_input_has_its_cases(library, kind):
    known = {index("plain")(case): case for case in library}

    assert [name for name in BAD_INPUT[kind] if name not in known] == []
