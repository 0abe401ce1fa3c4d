"""Secrets leave a result wherever they stand, however long the text around them is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import a_call, a_result, a_trace, a_verdict, an_outcome
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Result
from harness.telemetry.redact import Redactor
from harness.telemetry.rules import CREDENTIALS
from harness.telemetry.scrub import Scrubber

KEY = "sk-ant-api03-0123456789abcdefghij"
SIZES = st.one_of(st.integers(0, 40), st.integers(940, 1010), st.integers(1900, 2100))
TOGETHER = [*range(0, 900, 150), *range(940, 1010, 3)]
PLACES = ["answer", "stdout", "args", "key", "result", "nested", "reason", "evidence of two"]


def scrubber() -> Scrubber:
    return Scrubber(Redactor({}, CREDENTIALS))


def with_secret(place: str, before: int, after: int, name: int) -> Result:
    """A result that has a key at one place, in a text of this length, under a name of that length."""
    said = f"{'a ' * (before // 2)} {KEY} {'b ' * (after // 2)}"
    called = "n" * max(1, name)
    step = a_call("search", {"page": 3}, "found")
    if place == "args":
        step = replace(step, args={called: said})
    elif place == "key":
        step = replace(step, args={said: called})
    elif place == "result":
        step = replace(step, result=said)
    elif place == "nested":
        step = replace(step, result={"rows": [{called: [said, 1]}], "other": "fine"})
    trace = replace(a_trace(said if place == "answer" else "fine"), steps=(step, a_call("search", {}, "x" * 3000)))
    verdict = a_verdict(reason=said if place in {"reason", "evidence of two"} else "it held")
    outcome = an_outcome(trace=trace, stdout=said if place in {"stdout", "evidence of two"} else "")
    return a_result(outcome=outcome, verdicts=(verdict,))


@given(st.sampled_from(PLACES), SIZES, SIZES, SIZES)
def test_a_secret_is_found_at_every_place_and_length(place, before, after, name):
    clean = scrubber().result(with_secret(place, before, after, name))

    assert KEY not in repr(clean)
    assert "[api key]" in repr(clean)


@pytest.mark.parametrize("place", ["args", "key", "nested"])
@pytest.mark.parametrize("name", TOGETHER)
def test_a_short_text_is_cleaned_although_it_is_long_together_with_its_name(place, name):
    clean = scrubber().result(with_secret(place, max(0, 970 - name), 0, name))

    assert KEY not in repr(clean)


@pytest.mark.parametrize("place", PLACES)
def test_what_was_seen_before_changes_nothing(place):
    used = scrubber()
    results = [with_secret(place, before, 1200, 990) for before in (0, 900, 985, 0, 900, 985)]

    assert [used.result(result) for result in results] == [scrubber().result(result) for result in results]


def test_a_clean_result_is_left_as_it_is():
    result = a_result(outcome=an_outcome(trace=a_trace("clean " * 500)))

    assert scrubber().result(result) is result


def test_what_a_key_calls_a_secret_goes_whatever_its_length():
    for size in (990, 1200):
        step = replace(a_call("login", {}, "ok"), args={"api_key": "hunter2hunter2", "note": "n" * size})
        result = a_result(outcome=an_outcome(trace=replace(a_trace("fine"), steps=(step,))))

        assert "hunter2" not in repr(scrubber().result(result))
