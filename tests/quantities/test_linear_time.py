"""Work grows with the length of the text and not with its square, whatever the text is."""

from __future__ import annotations

import sys
import time

import pytest

from harness.quantities import scan_all

UNITS = [
    "9",
    "1.",
    "1,",
    "(",
    "(1",
    "1-",
    "`a",
    "```",
    "a@",
    "<a ",
    "#",
    "'",
    "a1",
    "1:",
    "1/",
    "x",
    "one ",
    "http://",
    "$",
    "- ",
    "1'",
    "٤",
    "e1",
]


def calls(text: str) -> int:
    """How many Python function calls a scan makes."""
    count = 0

    def tick(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(tick)
    try:
        scan_all(text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("unit", UNITS)
def test_calls_grow_with_the_length(unit: str) -> None:
    small, large = (unit * (size // len(unit)) for size in (500, 2000))

    assert calls(large) <= 5 * calls(small) + 200


@pytest.mark.parametrize("unit", ["9", "(", "a@", "`", "<a", "x", "a.", "- ", "http://", "A", "$"])
def test_a_long_text_without_figures_is_no_trap(unit: str) -> None:
    """Regular expressions make no calls to count; a quadratic one would need half an hour here, a linear one a second."""
    started = time.process_time()

    scan_all(unit * (300_000 // len(unit)))

    assert time.process_time() - started < 60
