"""Which trials a run has."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import AgentError, Problems, UserError
from harness.model import Case, CheckSpec, seed_of
from harness.plan import Selection, case_key, plan, wants_change
from harness.workspace import AgentSettings, ModelSettings, Workspace


def a_case(name: str, suite: str = "alex/charter", agent: str = "charter", **known: object) -> Case:
    return Case(id=name, suite=suite, agent=agent, input="x", checks=(CheckSpec(type="is-json"),), **known)


CASES = (
    a_case("CH-02", tags={"team": "alex", "smoke": ""}, repeat=2),
    a_case("CH-01[p=P01]", tags={"team": "alex"}),
    a_case("CH-01[p=P02]", tags={"team": "alex"}),
    a_case("TG-01", suite="alex/tagger", agent="tagger", tags={"team": "alex"}),
    a_case("AA-01", suite="aa", agent="charter"),
)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    agents = {name: AgentSettings(target="a.py:a", name=name) for name in ("charter", "tagger", "mutant")}
    models = {"claude": ModelSettings(provider="anthropic", id="claude-x")}
    return Workspace.at(tmp_path, agents=agents, models=models)


def keys(workspace: Workspace, **selection: object) -> list[str]:
    return [job.key for job in plan(CASES, workspace, Selection(**selection), seed=7)]


def test_everything_by_suite_then_as_written_then_by_repetition(workspace) -> None:
    assert keys(workspace) == [
        "aa::AA-01::charter::0",
        "alex/charter::CH-02::charter::0",
        "alex/charter::CH-02::charter::1",
        "alex/charter::CH-01[p=P01]::charter::0",
        "alex/charter::CH-01[p=P02]::charter::0",
        "alex/tagger::TG-01::tagger::0",
    ]


@pytest.mark.parametrize(
    ("selection", "ids"),
    [
        ({"suites": ("alex/t*",)}, ["TG-01"]),
        ({"suites": ("alex",), "tags": ("smoke",)}, ["CH-02"]),
        ({"cases": ("CH-01",)}, ["CH-01[p=P01]", "CH-01[p=P02]"]),
        ({"cases": ("CH-01[p=P02]",)}, ["CH-01[p=P02]"]),
        ({"cases": ("*-01",), "agent": "tagger"}, ["TG-01"]),
        ({"tags": ("team=alex", "smoke")}, ["CH-02"]),
        ({"limit": 2}, ["AA-01", "CH-02"]),
        ({"failing": frozenset({"alex/tagger::TG-01"})}, ["TG-01"]),
        ({"failing": frozenset({"alex/charter::CH-01[p=P02]::charter::0"})}, ["CH-01[p=P02]"]),
    ],
)
def test_selects(workspace, selection: dict, ids: list[str]) -> None:
    assert [key.split("::")[1] for key in keys(workspace, **selection, repeat=1)] == ids


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        ({"suites": ("alex/chrter",)}, r"by the suite 'alex/chrter'\n  fix: did you mean 'alex/charter'\?"),
        ({"cases": ("CH-2",)}, r"by the case 'CH-2'\n  fix: did you mean 'CH-02'\?"),
        ({"cases": ("ZZ", "YY")}, r"by the cases 'ZZ', 'YY'\n  fix: use one of: AA-01"),
        ({"tags": ("team=alx",)}, r"by the tag 'team=alx'\n  fix: did you mean 'team=alex'\?"),
        ({"suites": ("aa",), "tags": ("smoke",)}, r"by the tag 'smoke'\n  fix: no case has a tag"),
        ({"failing": frozenset({"x::y"})}, r"by the cases that failed\n  fix: leave --failing out"),
        ({"limit": 0}, "--limit: 0 is no limit"),
        ({"repeat": -1}, "--repeat: -1 is no repeat"),
        ({"repeat": 10_001}, "--repeat: 10001 is no repeat"),
        ({"agent": "chartr"}, r"unknown agent 'chartr'\n  fix: did you mean 'charter'\?"),
        ({"agent": "charter@claud"}, r"unknown model 'claud'\n  fix: did you mean 'claude'\?"),
    ],
)
def test_says_why_nothing_is_selected(workspace, selection: dict, said: str) -> None:
    with pytest.raises(UserError, match=said):
        keys(workspace, **selection)


def test_long_lists_of_ids_are_not_printed(workspace) -> None:
    many = [a_case(f"C{number:04}") for number in range(500)]

    with pytest.raises(UserError) as caught:
        plan(many, workspace, Selection(cases=("C499",)), seed=0)
    assert re.fullmatch(r"did you mean ('C0\d+', ){2}'C0\d+'\?", caught.value.remedy)
    with pytest.raises(UserError, match="see `finharness list cases` for all 500"):
        plan(many, workspace, Selection(cases=("#",)), seed=0)


def test_no_cases(workspace) -> None:
    with pytest.raises(UserError, match="there are no cases"):
        plan([], workspace, Selection(), seed=0)


def test_an_agent_that_no_case_names_is_asked_them_all(workspace) -> None:
    jobs = plan(CASES, workspace, Selection(suites=("alex/tagger",), agent="mutant"), seed=0)

    assert [(job.case.agent, job.variant) for job in jobs] == [("mutant", "mutant")]


def test_a_model_makes_a_variant_of_the_agent(workspace) -> None:
    jobs = plan(CASES, workspace, Selection(agent="tagger@claude"), seed=0)

    assert [(job.case.agent, job.variant, job.case.id) for job in jobs] == [("tagger", "tagger@claude", "TG-01")]


def test_a_case_with_an_unknown_agent_is_refused(workspace) -> None:
    with pytest.raises(AgentError, match="unknown agent 'nobody'"):
        plan([a_case("A", agent="nobody")], workspace, Selection(), seed=0)


def test_repeat_replaces_what_cases_ask_for(workspace) -> None:
    assert len(keys(workspace, cases=("CH-02",), repeat=5)) == 5


def test_seeds_depend_on_nothing_but_the_trial(workspace) -> None:
    whole = {job.key: job.seed for job in plan(CASES, workspace, Selection(), seed=7)}
    part = plan(CASES, workspace, Selection(cases=("CH-02",), repeat=3), seed=7)

    assert {job.key: job.seed for job in part[:2]}.items() <= whole.items()
    assert len({job.seed for job in part}) == 3
    assert part[0].seed == seed_of(7, part[0].case, "charter", 0)
    assert part[0].seed != plan(CASES, workspace, Selection(cases=("CH-02",)), seed=8)[0].seed


@given(st.text(alphabet="CHTG-012[]*?!p=P,", max_size=12))
def test_any_pattern_selects_or_says_why(pattern: str) -> None:
    workspace = Workspace.at(".", agents={name: AgentSettings(target="a.py:a") for name in ("charter", "tagger")})
    try:
        jobs = plan(CASES, workspace, Selection(cases=(pattern,)), seed=0)
    except UserError as error:
        assert re.match(r"no case is selected by the case", error.problem)  # noqa: PT017
        return
    assert {case_key(job.case) for job in jobs} <= {case_key(case) for case in CASES}


LIVE = AgentSettings(name="live", adapter="http", options={"url": "https://agents.example.com/chat"})


@pytest.mark.parametrize(
    ("about", "wants"),
    [
        ({"tags": {"theme": "trade"}}, True),
        ({"tags": {"trade": ""}}, True),
        ({"world": {"approvals": ["no", "yes"]}}, True),
        ({"world": {"approvals": [True]}}, True),
        ({"world": {"approvals": [{"action": "execute"}]}}, True),
        ({"world": {"approvals": ["please go on"]}}, True),
        ({"world": {"approvals": ["No", False, {"approved": False}]}}, False),
        ({"tags": {"theme": "charts"}}, False),
        ({}, False),
    ],
)
def test_a_case_that_may_make_an_agent_act_is_known_by_its_tags_and_script(about, wants) -> None:
    assert wants_change(a_case("c", **about)) is wants


@pytest.mark.parametrize(
    ("declared", "refused"), [(None, True), ("forbid", True), ("paper", False), ("live", False), ("none", False)]
)
def test_live_agents_are_asked_for_changes_only_when_that_is_declared(declared, refused) -> None:
    workspace = Workspace.at(Path(), agents={"live": replace(LIVE, side_effects=declared)})
    cases = [a_case(f"c{number}", agent="live", tags={"theme": "trade"}) for number in range(5)]

    if not refused:
        assert len(plan(cases, workspace, Selection(), seed=1)) == 5
        return
    with pytest.raises(Problems) as caught:
        plan(cases, workspace, Selection(), seed=1)
    assert "'alex/charter::c0', 'alex/charter::c1', 'alex/charter::c2' and 2 more would trade" in str(caught.value)
    assert "agents.live.side_effects" in str(caught.value)
    assert 'side_effects = "paper"' in str(caught.value)


def test_live_agents_may_be_asked_anything_else() -> None:
    workspace = Workspace.at(Path(), agents={"live": LIVE})

    assert plan([a_case("c", agent="live")], workspace, Selection(), seed=1)
