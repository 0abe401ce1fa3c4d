"""What a suite means."""

import pytest

from harness.model import Budget, PlanStep
from harness.model.fault import Fault
from harness.suites import load, load_suites

WHOLE = """\
    # yaml-language-server: $schema=../.harness/schema/suite.json
    description: Charts
    agent: charter
    defaults:
      budget: {seconds: 30, tool_calls: 8}
      tags: {team: alex}
      world: {portfolio: P01, mood: calm}
      assert: [{not-contains: sorry}]
    cases:
      - id: CH-02
        description: totals equal the portfolio
        input: Chart my allocation.
        world: {portfolio: P02}
        as_of: 2026-03-31
        repeat: 3
        budget: {seconds: 5}
        tags: {slow: true, year: 2026}
        severity: blocker
        must_pass: true
        faults: [{seam: tool, kind: timeout, name: quotes}]
        reference: {steps: [{name: allocation, args: {id: P02}}], answer: [1, 2]}
        assert:
          - type: contains
            value: P02
          - is-json
          - regex: '[0-9]+'
          - not-icontains: {value: loss, severity: minor}
          - trajectory:tool-used: {name: allocation}
            weight: 2
            metric: tools
          - The answer is calm.
        judge: tone
      - {id: CH-03, agent: tagger, turns: [hello, {input: {a: 1}, assert: [equals: x]}], assert: [error-free]}
"""


@pytest.fixture
def cases(place):
    place.write({"judges/tone.yaml": "id: tone\ncriteria:\n  - {id: polite, ask: Is it polite?}\n"})
    return place.load(WHOLE)


def test_a_case_has_everything_that_was_written(cases) -> None:
    case = cases[0]

    assert (case.id, case.suite, case.agent, case.description) == (
        "CH-02",
        "s",
        "charter",
        "totals equal the portfolio",
    )
    assert (case.input, case.as_of, case.repeat, case.severity, case.must_pass) == (
        "Chart my allocation.", "2026-03-31", 3, "blocker", True,
    )  # fmt: skip
    assert case.reference is not None
    assert case.reference.steps == (PlanStep(name="allocation", args={"id": "P02"}),)
    assert case.faults == (Fault(seam="tool", kind="timeout", name="quotes"),)
    assert str(case.where) == "cases/s.yaml:10:5"


def test_defaults_are_joined_replaced_and_added(cases) -> None:
    first, second = cases

    assert first.budget == Budget(seconds=5, tool_calls=8)
    assert first.world == {"portfolio": "P02", "mood": "calm"}
    assert first.tags == {"team": "alex", "slow": "true", "year": "2026"}
    assert second.budget == Budget(seconds=30, tool_calls=8)
    assert [check.name for check in second.checks] == ["trajectory:error-free", "not-contains"]


def test_every_form_of_a_check(cases) -> None:
    checks = cases[0].checks

    assert [(check.name, check.params) for check in checks] == [
        ("contains", {"value": "P02"}),
        ("is-json", {}),
        ("regex", {"value": "[0-9]+"}),
        ("not-icontains", {"value": "loss"}),
        ("trajectory:tool-used", {"name": "allocation"}),
        ("llm-rubric", {"value": "The answer is calm."}),
        ("not-contains", {"value": "sorry"}),
        ("llm-rubric", {"rubric": "tone"}),
    ]
    assert (checks[3].severity, checks[4].weight, checks[4].metric) == ("minor", 2, "tools")
    assert str(checks[2].where) == "cases/s.yaml:26:9"


def test_turns_have_checks_of_their_own(cases) -> None:
    first, second = cases[1].turns

    assert (first.input, first.checks) == ("hello", ())
    assert second.input == {"a": 1}
    assert [(check.type, check.params) for check in second.checks] == [("equals", {"value": "x"})]
    assert second.checks[0].where is not None


def test_checks_on_turns_are_enough(place) -> None:
    (case,) = place.load("agent: charter\ncases: [{id: A, turns: [{input: x, assert: [is-json]}]}]\n")

    assert case.checks == ()


def test_other_names_of_keys(place) -> None:
    (case,) = place.load("agent: charter\ndefaultTest: {tags: [a]}\ntests: [{id: A, input: x, assert: [is-json]}]\n")

    assert case.tags == {"a": ""}


def test_templates_are_used_and_changed(place) -> None:
    (case,) = place.load(
        """\
        agent: charter
        templates: {polite: {type: not-icontains, value: obviously}, calm: The answer is calm.}
        cases:
          - id: A
            input: x
            assert:
              - $ref: polite
              - {$ref: "#/templates/polite", value: simply, severity: minor}
              - {type: assert-set, assert: [{$ref: polite}]}
        """
    )

    assert [check.params.get("value") for check in case.checks] == ["obviously", "simply", None]
    assert case.checks[1].severity == "minor"
    assert case.checks[2].params["assert"] == [{"type": "not-icontains", "value": "obviously"}]


def test_an_unused_template_is_checked_too(place) -> None:
    text = place.refusal("agent: charter\ntemplates: {t: {type: nix}}\ncases: [{id: A, input: x, assert: [is-json]}]\n")

    assert "cases/s.yaml:2:23: unknown check type 'nix'" in text


def test_a_set_knows_every_form_too(place) -> None:
    (case,) = place.load(
        "agent: charter\ncases: [{id: A, input: x, assert: [{assert-set: [is-json, {contains: x}]}]}]\n"
    )

    assert case.checks[0].params["assert"] == [{"type": "is-json"}, {"type": "contains", "value": "x"}]


def test_suites_are_found_by_path_folder_and_name(place) -> None:
    body = "agent: charter\ncases: [{{id: {}, input: x, assert: [is-json]}}]\n"
    names = ["cases/a/one.yaml", "cases/a/two.yml", "cases/b.yaml", "cases/fixtures/no.yaml", "cases/.hidden/no.yaml"]
    place.write({name: body.format(f"C{number}") for number, name in enumerate(names)})

    def ids(*paths: str) -> list[str]:
        return [case.id for case in load(place.workspace, paths)]

    assert sorted(ids()) == ["C0", "C1", "C2"]
    assert ids("a") == ids("cases/a") == ["C0", "C1"]
    assert ids("a/one") == ids("cases/a/one.yaml", "a/one") == [*ids(str(place.root / "cases/a/one.yaml"))] == ["C0"]


def test_an_unknown_suite_names_the_nearest(place) -> None:
    place.write({"cases/alex/charter.yaml": "cases: []\n"})

    with pytest.raises(Exception, match=r"there is no suite 'alex/chartr'\n  fix: did you mean 'alex/charter'\?"):
        load(place.workspace, ["alex/chartr"])


def test_a_suite_outside_is_refused(place) -> None:
    (place.root.parent / "x.yaml").write_text("cases: []\n")

    with pytest.raises(Exception, match="is outside the workspace"):
        load(place.workspace, ["../x.yaml"])


def test_another_kind_of_file_is_no_suite(place) -> None:
    place.write({"cases/notes.md": "# Notes\n"})

    with pytest.raises(Exception, match=r"'notes\.md' is no suite\n  fix: suites end in \.yaml or \.yml"):
        load(place.workspace, ["notes.md"])


def test_suites_keep_their_descriptions_and_may_be_empty(place) -> None:
    place.write({"cases/s.yaml": "description: nothing yet\n"})

    (suite,) = load_suites(place.workspace)

    assert (suite.name, suite.file, suite.description, suite.cases) == ("s", "cases/s.yaml", "nothing yet", ())


def test_fingerprints_do_not_depend_on_places(place) -> None:
    (before,) = place.load("agent: charter\ncases: [{id: A, input: x, assert: [is-json]}]\n")
    (after,) = place.load("# moved\n\nagent: charter\ncases:\n  - {id: A, input: x, assert: [{type: is-json}]}\n")

    assert before.fingerprint == after.fingerprint


def test_the_collector_is_left_as_it_was(place) -> None:
    import gc

    place.load("agent: charter\ncases: [{id: A, input: x, assert: [is-json]}]\n")

    assert gc.isenabled()


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("trajectory:tool-used:\n          name: allocation\n          mn: 1", "8:11: unknown key 'mn'\n  fix: did you mean 'min'?"),
        ("latency: {threshold: high}", "6:30: threshold: expected a number, found the text 'high'"),
        ("latency: high", "6:18: latency: expected a number, found the text 'high'"),
        ("contains: {valeu: x}", "6:20: unknown key 'valeu'\n  fix: did you mean 'value'?"),
        ("contains: x\n        severty: minor", "7:9: unknown key 'severty' beside the short form\n  fix: did you mean 'severity'?"),
        ("contains: x\n        regex: y", "7:9: two checks in one"),
        ("severity: minor", "6:9: 'type' is missing"),
        ("assert-set:\n          - is-json\n          - regx: x", "8:13: unknown check type 'regx'\n  fix: did you mean 'regex'?"),
        ("llm-rubric: {rubric: tome}", "6:30: unknown rubric 'tome'"),
    ],
)  # fmt: skip
def test_mistakes_in_the_short_form_are_named_where_they_stand(place, check: str, said: str) -> None:
    text = place.refusal(f"agent: charter\ncases:\n  - id: A\n    input: x\n    assert:\n      - {check}\n")

    assert f"cases/s.yaml:{said}" in text


@pytest.mark.parametrize(
    ("check", "params"),
    [
        ("equals: {a: 1}", {"value": {"a": 1}}),
        ("equals: {value: {a: 1}, severity: minor}", {"value": {"a": 1}}),
        ("diff: {a: 1}", {"expected": {"a": 1}}),
        ("latency: 5", {"threshold": 5}),
        ("tool-used: allocation", {"value": "allocation"}),
    ],
)
def test_a_mapping_in_the_short_form_is_parameters_or_the_value(place, check: str, params: dict) -> None:
    (case,) = place.load(f"agent: charter\ncases: [{{id: A, input: x, assert: [{{{check}}}]}}]\n")

    assert case.checks[0].params == params


def test_what_is_known_of_tools_is_joined_with_the_case_s_own_reference(place) -> None:
    (case,) = place.load(
        "agent: charter\ndefaults: {reference: {tools: {get_job: {poll: true}}, route: [desk]}}\n"
        "cases: [{id: A, input: x, assert: [is-json], reference: {steps: [{name: get_job}], tools: {buy: {mutates: [ledger]}}}}]\n"
    )

    assert sorted(case.reference.tools) == ["buy", "get_job"]
    assert ([step.name for step in case.reference.steps], case.reference.route) == (["get_job"], ())
