"""What unquoted text means."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.document.scalars import ScalarError, resolve

TEXTS = ["NO", "no", "on", "off", "yes", "y", "12:30:45", "01234", "-007", "1_000", "2026-11-21", "2026-13-45", "1.2.3"]


@pytest.mark.parametrize("text", [*TEXTS, "0b1", "+", "-", ".", "1e", "nUll", "0x", "0o9", "1,000", "5%", "-.infinity"])
def test_stays_text(text: str) -> None:
    assert resolve(text) == text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("0", 0),
        ("-12", -12),
        ("+3", 3),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.50", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
    ],
)
def test_is_a_number(text: str, meant: float) -> None:
    found = resolve(text)

    assert found == meant
    assert type(found) is type(meant)


@pytest.mark.parametrize(("text", "meant"), [("", None), ("~", None), ("Null", None), ("true", True), ("FALSE", False)])
def test_is_a_word(text: str, meant: bool | None) -> None:
    assert resolve(text) is meant


@pytest.mark.parametrize("text", [".inf", "-.INF", ".nan", "1e400", "-1e999", "9" * 309, "0x" + "f" * 400])
def test_is_refused(text: str) -> None:
    with pytest.raises(ScalarError):
        resolve(text)


@given(st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back(number: float) -> None:
    assert resolve(repr(number)) == number


@given(st.text())
def test_anything_is_read_or_refused(text: str) -> None:
    try:
        found = resolve(text)
    except ScalarError:
        return
    assert not isinstance(found, float) or math.isfinite(found)
