"""Work that is put off until it is asked for."""

import copy
import re

import pytest

from harness.lazy import pattern


def test_a_pattern_behaves_as_a_compiled_one() -> None:
    lazy, eager = pattern(r"(?P<n>\d+)", re.ASCII), re.compile(r"(?P<n>\d+)", re.ASCII)

    assert lazy.sub("#", "a1b22") == eager.sub("#", "a1b22") == "a#b#"
    assert [match["n"] for match in lazy.finditer("a1b22")] == ["1", "22"]
    assert lazy.pattern == eager.pattern
    assert lazy.flags == eager.flags


def test_a_pattern_is_compiled_when_first_used() -> None:
    broken = pattern("(")

    with pytest.raises(re.error):
        broken.search("x")


def test_a_pattern_can_be_copied() -> None:
    assert copy.deepcopy(pattern("a")).fullmatch("a")
