"""Every kind of check: that it is there, documented, and gives nothing to an agent that does nothing."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise

import pytest
from builders import a_case, a_check, a_subject
from examples import EXAMPLES

from harness.errors import SuiteError
from harness.model import Reference, canonical
from harness.registry import (
    ALIASES,
    BUILTIN,
    Check,
    Finding,
    MisfitsError,
    build,
    check,
    describe,
    kind_of,
    kinds,
    replaced,
)
from harness.shape import plain, shape_of

ABOUT_ABSENCE = {
    "trajectory:no-repeated-calls",
    "trajectory:error-free",
    "trajectory:redundancy",
    "trajectory:loops",
    "trajectory:recovery",
    "trajectory:unsourced-arguments",
    "latency",
}
OURS = [kind for kind in EXAMPLES if kind not in ("python", "llm-rubric")]


@pytest.fixture
def custom():
    """Register checks for one test."""
    before = replaced(None)
    yield check
    replaced(before)


def test_the_table_of_modules_is_true():
    for module, names in BUILTIN.items():
        assert {name: kind_of(name).__module__ for name in names} == dict.fromkeys(names, module)


def test_every_kind_has_an_example_here_and_every_alias_leads_to_a_kind():
    assert set(EXAMPLES) == set(kinds())
    assert {kind_of(alias).kind for alias in ALIASES} <= set(kinds())


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_kind_and_every_parameter_is_documented(name):
    kind = kind_of(name)

    assert describe(kind).endswith(".")
    undocumented = set(shape_of(kind)) - _documented(kind)
    assert not undocumented


def _documented(kind: type[Check]) -> set[str]:
    """Names of the fields with a docstring below them, in the class and what it inherits."""
    names: set[str] = set()
    for cls in kind.__mro__:
        if not issubclass(cls, Check) or cls is Check:
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0].body
        for line, after in pairwise(body):
            is_text = (
                isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and after.value.value.strip()
            )
            if isinstance(line, ast.AnnAssign) and is_text:
                names.add(line.target.id)
    return names


@pytest.mark.parametrize("name", OURS)
def test_an_agent_that_does_nothing_passes_no_check_but_those_about_absence(name):
    case = a_case(checks=[], plan=[("get_price", {"symbol": "VTI"})])

    finding = build(a_check(name, **EXAMPLES[name])).conclude(a_subject("", case=case))

    assert isinstance(finding, Finding)
    assert (finding.passed is True) == (name in ABOUT_ABSENCE)
    assert finding.reason


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_misspelt_parameters_are_found_at_load(name):
    with pytest.raises(MisfitsError) as caught:
        build(a_check(name, **EXAMPLES[name], treshold_=1))

    assert ("treshold_",) in [misfit.path for misfit in caught.value.misfits]


@pytest.mark.parametrize("name", OURS)
def test_findings_can_be_stored(name):
    finding = build(a_check(name, **EXAMPLES[name])).conclude(a_subject("yes 5", case=a_case(reference=Reference())))

    assert canonical([plain(finding.expected), plain(finding.actual), plain(finding.evidence)])
    assert "\n" not in finding.reason


def test_an_unknown_kind_is_answered_with_the_nearest_one():
    with pytest.raises(SuiteError) as caught:
        build(a_check("contians", value="x"))

    assert caught.value.remedy == "did you mean 'contains'?"


def test_equal_specifications_share_one_check_and_others_do_not():
    first = build(a_check("contains", value="a"))

    assert build(a_check("contains", value="a")) is first
    assert build(a_check("contains", value="b")) is not first


def test_an_alias_makes_the_same_check():
    assert build(a_check("tool-used", name="a")) == build(a_check("trajectory:tool-used", name="a"))


def test_a_parameter_spelled_as_python_cannot_is_read_and_its_mistakes_are_told_under_that_name(custom):
    @custom("test:lambda")
    class Lambda(Check):
        spelled = {"lambda": "rate"}

        rate: float

        def conclude(self, subject):
            return self.finding(True, str(self.rate))

    assert build(a_check("test:lambda", **{"lambda": 2.0})).rate == 2.0
    with pytest.raises(MisfitsError) as caught:
        build(a_check("test:lambda", **{"lambda": "x"}))
    assert caught.value.misfits[0].path == ("lambda",)


def test_a_check_of_one_s_own_is_documentation_parameters_and_a_conclusion(custom):
    @custom("max-words")
    class MaxWords(Check):
        """The answer has at most `limit` words."""

        limit: int

        def conclude(self, subject):
            used = len(subject.text.split())
            return self.finding(used <= self.limit, f"{used} of {self.limit} words")

    assert "max-words" in kinds()
    assert build(a_check("max-words", limit=2)).conclude(a_subject("one two three")).passed is False
