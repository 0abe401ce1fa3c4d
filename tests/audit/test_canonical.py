"""Equal data have one text, unequal ones another, and nothing raises."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.audit import canonical_json, content_hash

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Side(Enum):
    """A side."""

    BUY = "buy"


@dataclass
class Order:
    """An order."""

    amount: Decimal
    side: Side


@pytest.mark.parametrize(
    ("bits", "text"),
    [  # RFC 8785, appendix B
        ("0000000000000000", "0"), ("8000000000000000", "0"), ("0000000000000001", "5e-324"), ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"), ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"), ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"), ("44b52d02c7e14af6", "1e+23"), ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"), ("444b1ae4d6e2ef4f", "999999999999999900000"), ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"), ("3eb0c6f7a0b5ed8d", "0.000001"), ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555557", "333333333.33333343"), ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)  # fmt: skip
def test_numbers_are_those_of_the_rfc(bits: str, text: str) -> None:
    assert canonical_json(struct.unpack(">d", bytes.fromhex(bits))[0]) == text


def test_the_example_of_the_rfc() -> None:
    data = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }

    assert canonical_json(data) == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_keys_are_sorted_by_code_units() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]

    assert list(json.loads(canonical_json(dict.fromkeys(keys)))) == [
        "\r",
        "1",
        "\u0080",
        "\u00f6",
        "\u20ac",
        "\U0001f600",
        "\ufb33",
    ]


@given(PLAIN)
def test_what_is_read_back_has_the_same_hash(data: Any) -> None:
    assert content_hash(json.loads(canonical_json(data))) == content_hash(data)


@given(PLAIN, PLAIN)
def test_only_equal_data_share_a_text(left: Any, right: Any) -> None:
    same = json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)

    assert not same or canonical_json(left) == canonical_json(right)
    if canonical_json(left) == canonical_json(right):
        assert left == right


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (Decimal("1.50"), '"1.50"'),
        (datetime(2026, 11, 21, 10, tzinfo=timezone(timedelta(hours=2))), '"2026-11-21T08:00:00Z"'),
        (datetime(2026, 11, 21, 10), '"2026-11-21T10:00:00"'),  # noqa: DTZ001 - a time without a zone is what is tested
        (date(2026, 11, 21), '"2026-11-21"'),
        (timedelta(minutes=1), "60"),
        (math.nan, '"NaN"'),
        (-math.inf, '"-Infinity"'),
        (UUID(int=7), '"00000000-0000-0000-0000-000000000007"'),
        (b"ab", '"base64:YWI="'),
        ({"b", "a"}, '["a","b"]'),
        (Order(Decimal(500), Side.BUY), '{"amount":"500","side":"buy"}'),
        ({7: "one", None: 2, True: 3}, '{"7":"one","null":2,"true":3}'),
        (ValueError("no"), '{"message":"no","type":"ValueError"}'),
        (object(), '"<object>"'),
        ([10**5000], None),
        ("\ud800", None),
    ],
)
def test_what_json_has_no_word_for_is_written_nevertheless(item: Any, text: str | None) -> None:
    written = canonical_json(item)

    assert text is None or written == text
    assert content_hash(item) == content_hash(item)


def test_numpy_and_pydantic_are_read() -> None:
    numpy = pytest.importorskip("numpy")
    from pydantic import BaseModel

    class Row(BaseModel):
        price: Decimal

    assert canonical_json([numpy.float64(1.5), numpy.int64(2), numpy.array([1.0, 2.5])]) == "[1.5,2,[1,2.5]]"
    assert canonical_json(Row(price=Decimal("2.10"))) == '{"price":"2.10"}'


def test_circular_and_deep_data_come_to_an_end() -> None:
    circle: list[Any] = []
    circle += [circle, circle]
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]

    assert canonical_json(circle) == '["<circular>","<circular>"]'
    assert "deeper than" in canonical_json(deep)


class Hostile:
    """Raises whatever is asked."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __str__(self) -> str:
        raise RuntimeError("no")


def test_a_hostile_object_is_its_types_name() -> None:
    assert canonical_json({"a": Hostile()}) == '{"a":"<Hostile>"}'
    assert canonical_json(datetime.now(UTC)) != ""
