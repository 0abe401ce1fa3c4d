"""Colour arithmetic against published reference values."""

from __future__ import annotations

import pytest

from harness.guardrails.charts.colors import contrast_on_white, difference, is_hex, lab


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_ciede2000_matches_the_test_data_of_sharma_wu_and_dalal(first: tuple, second: tuple, expected: float) -> None:
    assert difference(first, second) == pytest.approx(expected, abs=1e-4)
    assert difference(second, first) == pytest.approx(expected, abs=1e-4)


def test_contrast_runs_from_one_to_twenty_one() -> None:
    assert contrast_on_white("#FFFFFF") == pytest.approx(1)
    assert contrast_on_white("#000") == pytest.approx(21)


def test_white_is_the_brightest() -> None:
    assert lab("#ffffff") == pytest.approx((100, 0, 0), abs=0.02)


@pytest.mark.parametrize(
    ("color", "valid"),
    [("#3B82F6", True), ("#abc", True), ("blue", False), ("#12345", False), ("#GGGGGG", False), ("3B82F6", False)],
)
def test_only_hex_is_a_colour(color: str, valid: bool) -> None:
    assert is_hex(color) is valid
