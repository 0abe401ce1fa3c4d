from __future__ import annotations

import json

import pytest

from harness.gate import CaseChange, Decision, document, lines, markdown
from harness.gate.words import code

HOSTILE = "`x` | <img src=x> @team fixes #1 \x1b[31m"
DECISION = Decision(
    "alex/charter", "regress", ("the pass rate dropped",), "run-2", "run-1", baseline_commit="0123456789abcdef",
    blessed_at="2026-11-21", compared=12, baseline_rate=1.0, rate=0.75, drop=0.25, drop_limit=0.4, p=0.01,
    lost=(CaseChange("CH-02", "charter", 3, 3, 0, 3, "contains: no total"),),
    gained=(CaseChange("CH-03", "charter", 0, 3, 3, 3),), changed=("CH-04",), errored=1, trials=36, notes=("a note",),
)  # fmt: skip


def test_the_terminal_gets_the_conclusion_first_and_the_cases_that_moved():
    assert list(lines([DECISION])) == [
        "REGRESSED  alex/charter: worse than the baseline",
        "  the pass rate dropped",
        "  pass rate 100.0% -> 75.0% over 12 cases (p = 0.0100, one stage)",
        "  run run-2, baseline run-1 (0123456789) blessed 2026-11-21",
        "  lost   CH-02  3/3 -> 0/3  contains: no total",
        "  gained CH-03  0/3 -> 3/3",
        "  changed, not compared (1): CH-04",
        "  errored: 1 of 36 trials, in no rate",
        "  note: a note",
    ]


def test_a_pull_request_gets_a_table():
    text = markdown([DECISION])

    assert text.startswith("<!-- finharness-gate -->\n## Gate: regressed\n")
    assert "| `alex/charter` | **REGRESSED** | 100.0% → 75.0% | 12 | `the pass rate dropped` |" in text
    assert "| lost | `CH-02` | 3/3 | 0/3 | `contains: no total` |" in text


@pytest.mark.parametrize("text", [HOSTILE, "`", "``", "", "a\nb", "| |", "$(x)", "\u202eabc"])
def test_code_stays_code_in_a_table(text):
    written = code(text)
    fence = written[: len(written) - len(written.lstrip("`"))]

    assert written.endswith(fence)
    assert fence not in written[len(fence) : -len(fence)]
    assert "|" not in written
    assert "\n" not in written
    assert "\x1b" not in written


def test_programs_get_every_field():
    data = json.loads(json.dumps(document([DECISION], 1), allow_nan=False))

    assert (data["format"], data["value"], data["exit_code"]) == (1, "regress", 1)
    assert data["suites"][0]["lost"][0] == {
        "case": "CH-02", "agent": "charter", "baseline_passed": 3, "baseline": 3, "passed": 0, "trials": 3,
        "reason": "contains: no total", "place": "", "p": None,
    }  # fmt: skip
    assert set(data["suites"][0]) == set(Decision.__dataclass_fields__)
