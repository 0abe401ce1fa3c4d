"""Promptfoo's configurations: every assertion is taken over or has a reason, and ids stay when the file is read again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UserError
from harness.importers.promptfoo import read_promptfoo
from harness.importers.promptfoo.asserts import KNOWN, WHY_NOT, UnmappedError, mapped, spec_of
from harness.importers.promptfoo.templates import TemplateError, combinations, filled
from harness.importers.suite import suite_text
from harness.model import Case
from harness.registry import build
from harness.suites import load
from harness.workspace import AgentSettings, Workspace

HERE = Path(__file__).parent / "data" / "promptfooconfig.yaml"
VALUES: dict[str, dict[str, Any]] = {
    "latency": {"threshold": 500}, "cost": {"threshold": 0.1}, "is-json": {"value": None}, "word-count": {"value": 5},
    "equals": {"value": {"a": 1}}, "contains-any": {"value": "a, b"}, "contains-all": {"value": ["a", 2]},
    "icontains-any": {"value": "a"}, "icontains-all": {"value": "a"}, "trace-span-count": {"value": {"pattern": "x*", "min": 1}},
    "trace-error-spans": {"value": {"max_count": 0}}, "trajectory:tool-args-match": {"value": {"name": "t", "args": {"a": 1}}},
    "trajectory:tool-sequence": {"value": ["a", "b"]}, "trajectory:step-count": {"value": {"type": "command", "max": 3}},
}  # fmt: skip


def cases_of(path: Path) -> tuple[Case, ...]:
    return read_promptfoo(path, agent="advisor").cases


def written(cases: tuple[Case, ...], root: Path) -> tuple[Case, ...]:
    (root / "cases").mkdir()
    (root / "cases" / "ported.yaml").write_text(suite_text(cases, description="d", agent="advisor"))
    return load(Workspace.at(root, agents={"advisor": AgentSettings(name="advisor", target="a.py:a")}))


@pytest.mark.parametrize("type_", sorted(KNOWN - {"assert-set"}))
def test_every_assertion_type_is_a_check_of_ours_or_has_a_reason(type_: str) -> None:
    item = {"type": type_, "value": "x", **VALUES.get(type_, {})}
    if type_ in WHY_NOT:
        with pytest.raises(UnmappedError, match=r"\w{3}"):
            mapped(type_, item)
    else:
        assert build(spec_of(f"not-{type_}", item)) is not None
        assert build(spec_of(type_, item)) is not None


def test_a_configuration_becomes_a_suite_that_validates(tmp_path: Path) -> None:
    found = read_promptfoo(HERE, agent="advisor")
    loaded = written(found.cases, tmp_path)

    assert [case.id for case in loaded] == [case.id for case in found.cases]
    assert [case.fingerprint for case in loaded] == [case.fingerprint for case in found.cases]
    assert loaded[0].input == "Answer briefly: What does VTI cost in USD?"
    assert [(spec.name, spec.params) for spec in loaded[0].checks] == [
        ("not-icontains", {"value": "obviously"}),
        ("latency", {"threshold": 5000}),
        ("contains", {"value": "$250.10"}),
        ("contains-any", {"value": ["VTI", "Vanguard"]}),
    ]
    assert (loaded[0].checks[2].weight, loaded[0].checks[2].metric) == (2.0, "price")
    assert [case.input for case in loaded[1:3]] == ["Answer briefly: Buy bonds?", "Answer briefly: Sell bonds?"]
    assert loaded[1].tags == {"topic": "bonds"}
    assert loaded[1].checks[-1].params["threshold"] == 0.5


def test_what_is_not_taken_over_is_listed_with_its_place() -> None:
    found = read_promptfoo(HERE)
    listed = {f"{item.place} {item.what}" for item in found.unmapped}

    assert listed == {
        "providers providers",
        "tests[0].assert[4] similar",
        "tests[0].assert[5] javascript",
        "tests[1].assert[2] llm-rubric",
        "tests[2] prompt",
    }
    assert found.left_out == ("tests[2]",)


def test_ids_stay_when_the_file_is_read_again_and_when_cases_come_and_go(tmp_path: Path) -> None:
    before = {case.id: case.fingerprint for case in cases_of(HERE)}
    for name in ("more.csv", "more.yaml"):
        shutil.copy(HERE.parent / name, tmp_path)
    changed = HERE.read_text().replace(
        "tests:\n", "tests:\n  - vars: {question: New?}\n    assert: [{type: equals, value: a}]\n"
    )
    (tmp_path / "promptfooconfig.yaml").write_text(changed)
    after = {case.id: case.fingerprint for case in cases_of(tmp_path / "promptfooconfig.yaml")}

    assert before == {case.id: case.fingerprint for case in cases_of(HERE)}
    assert before.items() < after.items()
    assert len(after) == len(before) + 1


def test_words_are_counted_as_promptfoo_counts_them() -> None:
    import regex

    pattern = mapped("word-count", {"value": {"min": 2, "max": 3}})[1]["value"]

    found = [bool(regex.fullmatch(pattern, text)) for text in ("one", "one two", " one  two\nthree ", "a b c d", "")]
    assert found == [False, True, True, False, False]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("prompts: [a]", "there are no tests in it"),
        ("- 1", "there are no tests in it"),
        ("tests: [{vars: {a: 1}, assert: [{type: similar, value: x}]}]\nprompts: [a]", "nothing of it can be checked"),
        ("tests: [file://../../secret.yaml]\nprompts: [a]", "outside the configuration's folder"),
        ("tests: &a [*a]", "it cannot be read"),
    ],
)
def test_what_is_no_configuration_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "p.yaml").write_text(text)
    (tmp_path / "secret.yaml").write_text("[]")
    with pytest.raises(UserError, match=problem):
        read_promptfoo(tmp_path / "c" / "p.yaml")


@given(st.dictionaries(st.sampled_from("abc"), st.lists(st.integers(), max_size=3), max_size=3))
def test_lists_make_all_combinations(variables: dict[str, list[int]]) -> None:
    made = list(combinations(variables))

    expected = 1
    for item in variables.values():
        expected *= len(item)
    assert len(made) == expected


@pytest.mark.parametrize("text", ["{{ a | upper }}", "{% raw %}", "{{ missing }}", "{{ a.b }}", "{{ 1 + 1 }}"])
def test_nothing_is_asked_half_filled(text: str) -> None:
    with pytest.raises(TemplateError):
        filled(text, {"a": "x"})
