"""What a function of the workspace may ask for and answer."""

from __future__ import annotations

import asyncio
import inspect
import time

import pytest
from builders import a_call, a_case, a_check, a_job, a_subject, an_outcome

from harness.errors import AgentError
from harness.model import Reference
from harness.registry import Finding, Services, build
from harness.score import score
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


def scored(tmp_path, body, **params):
    """Verdicts on three trials at once, as a run reaches them."""
    (tmp_path / "mine.py").write_text(f"import sys, time\nNOW = []\ndef check({body}\n")
    case = a_case(checks=[a_check("python", value="mine.py:check", **params)])

    async def three():
        jobs = [a_job(case, index=index) for index in range(3)]
        return await asyncio.gather(*(score(job, an_outcome("abc"), Services(root=tmp_path)) for job in jobs))

    return [result.verdicts[0] for result in asyncio.run(three())]


def test_a_function_that_does_not_return_breaks_its_own_trials_check_only(tmp_path):
    began = time.monotonic()
    verdicts = scored(
        tmp_path, "output):\n  NOW.append(1)\n  time.sleep(5 if len(NOW) == 2 else 0)\n  return True", timeout_s=0.3
    )

    assert [(verdict.passed, verdict.error) for verdict in verdicts] == [(True, False), (None, True), (True, False)]
    assert "it has not returned after 0.3 s" in verdicts[1].reason
    assert time.monotonic() - began < 4


def test_functions_have_no_company(tmp_path):
    body = "output):\n  NOW.append(1)\n  time.sleep(0.02)\n  alone = len(NOW) == 1\n  NOW.clear()\n  return alone"

    assert [verdict.passed for verdict in scored(tmp_path, body)] == [True] * 3


@pytest.mark.parametrize(
    "what", ["raise ValueError('no')", "sys.exit(0)", "raise StopIteration", "raise KeyboardInterrupt"]
)
def test_whatever_a_function_raises_breaks_its_check(tmp_path, what):
    assert {verdict.error for verdict in scored(tmp_path, f"output):\n  {what}")} == {True}


def test_async_functions_have_a_limit_too(tmp_path):
    (tmp_path / "mine.py").write_text("import asyncio\nasync def check(output): await asyncio.sleep(5)\n")
    case = a_case(checks=[a_check("python", value="mine.py:check", timeout_s=0.05)])

    result = asyncio.run(score(a_job(case), an_outcome("abc"), Services(root=tmp_path)))

    assert result.verdicts[0].error
