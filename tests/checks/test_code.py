"""What a function of the workspace may ask for and answer."""

from __future__ import annotations

import asyncio
import inspect

import pytest
from builders import a_call, a_case, a_check, a_subject

from harness.errors import AgentError
from harness.model import Reference
from harness.registry import Finding, build
from harness.shape import MisfitsError


@pytest.fixture
def conclude(tmp_path):
    def run(body: str, subject=None, **params):
        (tmp_path / "mine.py").write_text(f"def check({body}\n")
        check = build(a_check("python", value="mine.py:check", **params))
        finding = check.conclude(subject or a_subject("abc", root=tmp_path))
        return asyncio.run(finding) if inspect.isawaitable(finding) else finding

    return run


@pytest.mark.parametrize(
    ("body", "passed", "score"),
    [
        pytest.param("output): return output == 'abc'", True, None, id="true"),
        pytest.param("text): return 'z' in text", False, None, id="false"),
        pytest.param("output): return 0.5", True, 0.5, id="share-at-the-threshold"),
        pytest.param("output): return 0.49", False, 0.49, id="share-below"),
        pytest.param("output): return (0.9, 'nearly')", True, 0.9, id="share-and-reason"),
        pytest.param("output): return (None, 'no data')", None, None, id="undecided"),
        pytest.param("trace, case, artifacts, **rest): return not artifacts", True, None, id="more-arguments"),
        pytest.param("output, limit=3): return len(output) <= limit", True, None, id="defaults-stay"),
    ],
)
def test_answers(conclude, body, passed, score):
    finding = conclude(body)

    assert (finding.passed, finding.score) == (passed, score)


def test_a_finding_is_taken_as_it_is(conclude):
    finding = conclude("subject):\n  from harness.registry import Finding\n  return Finding(True, 'mine', actual=3)")

    assert finding == Finding(True, "mine", actual=3)


def test_parameters_and_the_expected_answer_reach_the_function(conclude, tmp_path):
    case = a_case(reference=Reference(answer="abc"))
    subject = a_subject("abc", case=case, root=tmp_path, steps=[a_call()])

    finding = conclude(
        "expected, params, trace, input):\n  return expected == 'abc' and params['n'] == len(trace.tools)",
        subject,
        params={"n": 1},
    )

    assert finding.passed is True


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("output): raise ValueError('no')", id="raises"),
        pytest.param("output): return None", id="nothing"),
        pytest.param("output): return 'yes'", id="text"),
        pytest.param("output): return 1.5", id="beyond-one"),
        pytest.param("output): return float('nan')", id="nan"),
        pytest.param("output): return (True, 5)", id="reason-that-is-no-text"),
        pytest.param("price): return True", id="asks-for-what-there-is-not"),
    ],
)
def test_anything_else_breaks_the_check_and_decides_nothing(conclude, body):
    with pytest.raises((TypeError, ValueError)):
        conclude(body)


def test_the_error_of_an_unknown_argument_lists_what_there_is(conclude):
    with pytest.raises(TypeError, match="asks for 'price'; it can have output, text, structured"):
        conclude("price): return True")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AgentError, match=r"no file 'none\.py'"):
        build(a_check("python", value="none.py:check")).conclude(a_subject(root=tmp_path))


def test_untrusted_suites_run_no_code(tmp_path):
    (tmp_path / "evil.py").write_text("raise SystemExit('ran')\n")

    finding = build(a_check("python", value="evil.py:check")).conclude(a_subject(root=tmp_path, untrusted=True))

    assert (finding.passed, finding.negatable) == (None, False)


@pytest.mark.parametrize("value", ["mine.py", "/etc/x.py:f", "../x.py:f", "mine.py:f()", "os:system", ""])
def test_targets_outside_the_workspace_are_refused_at_load(value):
    with pytest.raises(MisfitsError):
        build(a_check("python", value=value))
