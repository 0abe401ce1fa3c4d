"""Decisions as JUnit XML: one test per suite and metric, one per case that is confirmed or suspected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from harness.text import one_line, visible

from .decision import CaseChange, Decision

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHOWN = 500


def junit(decisions: Sequence[Decision]) -> str:
    """The document."""
    tests = [test for item in decisions for test in _suite(item)]
    failures = sum("<failure" in test for test in tests)
    errors = sum("<error" in test for test in tests)
    head = f'<testsuites name="finharness gate" tests="{len(tests)}" failures="{failures}" errors="{errors}">'
    body = "\n".join(tests)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n<testsuite name="gate">\n{body}\n</testsuite>\n</testsuites>\n'


def _suite(decision: Decision) -> Iterator[str]:
    inner = {"regress": "failure", "invalid": "error", "inconclusive": "skipped", "pass": ""}[decision.value]
    yield _test(decision.suite, "gate", inner, "; ".join(decision.reasons))
    for metric in decision.metrics:
        bad = "failure" if metric.value == "regress" else ""
        yield _test(decision.suite, metric.name, bad, f"{metric.loss:+.4f}, p = {metric.p_adjusted:.4f}")
    for item in decision.confirmed:
        yield _test(decision.suite, item.case, "failure", _moved(item))
    for item in decision.suspected:
        yield _test(decision.suite, item.case, "skipped", f"suspected: {_moved(item)}")


def _moved(item: CaseChange) -> str:
    return f"{item.baseline_passed}/{item.baseline} -> {item.passed}/{item.trials} {item.reason}"


def _test(suite: str, name: str, element: str, message: str) -> str:
    place = f'<testcase classname="{_escaped(suite)}" name="{_escaped(name)}"'
    return (
        f'{place}><{element} message="{_escaped(one_line(message, _SHOWN))}"/></testcase>' if element else f"{place}/>"
    )


def _escaped(text: str) -> str:
    shown = _NO_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", visible(text))
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        shown = shown.replace(character, entity)
    return shown
