"""Readings that went wrong once, or that other readers of numbers get wrong."""

from __future__ import annotations

import pytest

from harness.quantities import scan


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("plus or minus 2%", "2"),
        ("Euro Stoxx 50 at 4,950", "4950"),
        ("your 529 holds $5,000", "5000"),
        ("see pp. 12-15 and IRC §1202", ""),
        ("Sections 3 and 4", ""),
        ("BTC-USD 64,123.55", "64123.55"),
        ("R$ 2,5 milhões", "2500000"),
        ("12 months ended June 30: $5", "5"),
        ("a 50-50 split", ""),
        ("60-40%", "60 40"),
        ("net loss of $3.2 million ($0.45 per share)", "3200000 0.45"),
        ("EPS was ($0.45)", "-0.45"),
        ("SPY 450.25 (-1.2%)", "450.25 -1.2"),
        ("Over 2023 and 2024, 2,000 shares", "2000"),
        ("Loan loss provisions of ($12.5) million", "-12500000"),
        ("5 1/4% and 2-1/2%", "5.25 2.5"),
        ("-1,234.56-", "-1234.56"),
        ("$10 in 1990 is $24 now", "10 24"),
        ("¥10万", "100000"),
        ("{'year': 2024, 'value': 2024}", "2024"),
        ("trailing 3M LIBOR of 5.3%", "5.3"),
        ("Years ended December 31, 2024, 2023 and 2022", ""),
        ("Cash flow from ops (USD m) 45.2 -3.1", "45.2 -3.1"),
        ("| (in thousands) | $ | (45) | 12 |", "-45 12"),
        ("a two-for-one split", ""),
        ("12% (10% in 2023)", "12 10"),
    ],
)
def test_readings(text: str, figures: str) -> None:
    assert [f"{quantity.value.normalize():f}" for quantity in scan(text)] == figures.split()
