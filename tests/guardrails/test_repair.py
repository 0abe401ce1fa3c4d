"""Mending syntax: what is mended, what is refused, and that no number ever changes."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.guardrails.charts.repair import repair

TEXT = '{"charts": [{"key": "a", "data": [{"name": "X", "value": 100.5}, {"name": "Y", "value": 10000}]}]}'
DATA = json.loads(TEXT, parse_float=Decimal)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(-1e9, 1e9, allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(f"```json\n{TEXT}\n```", id="fence"),
        pytest.param(f"```\n{TEXT}", id="fence-left-open"),
        pytest.param(f"Here: {TEXT} Done.", id="prose"),
        pytest.param(TEXT.replace("}]", "},]"), id="comma"),
        pytest.param(TEXT.replace('"', "'"), id="single-quotes"),
        pytest.param(TEXT.replace('"key"', "key"), id="bare-key"),
        pytest.param(TEXT[:-1], id="bracket-missing"),
        pytest.param(TEXT + "}", id="bracket-too-many"),
        pytest.param(TEXT.replace("[{", "[ // points\n{", 1), id="comment"),
    ],
)
def test_form_is_mended_and_content_kept(broken):
    assert repair(broken).data == DATA
    assert repair(broken).steps


@pytest.mark.parametrize("wrong", ["50000+10000", "$60,000", "NaN", "Infinity", "1e", "60 000", "--5", "0x10"])
def test_what_is_no_number_is_never_made_one(wrong):
    mended = repair(TEXT.replace("100.5", wrong))

    assert mended.data is None
    assert mended.problem


def test_the_item_that_was_cut_is_dropped_and_not_shortened():
    mended = repair(TEXT[: TEXT.index("10000") + 2])

    assert mended.data == {"charts": [{"key": "a", "data": [{"name": "X", "value": Decimal("100.5")}, {"name": "Y"}]}]}


@given(JSON.filter(lambda data: isinstance(data, dict | list)), st.integers(0, 400))
def test_a_text_cut_anywhere_gives_only_numbers_that_were_there(data, length):
    text = json.dumps(data)

    mended = repair(text[:length])

    assert set(_numbers(mended.data)) <= set(_numbers(json.loads(text, parse_float=Decimal)))


@given(st.text("{}[]\",:'0123456789.-abnulltrue \\/*`\u200f", max_size=120))
def test_any_text_is_mended_or_refused(text):
    mended = repair(text)

    assert (mended.data is None) == bool(mended.problem)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50_000, "'" * 100_000, "/*" * 50_000, ",}" * 100_000])
def test_absurd_texts_are_refused_in_linear_time(text):
    assert repair(text).data in (None, [], {})


def _numbers(item):
    if isinstance(item, dict):
        return [number for inner in item.values() for number in _numbers(inner)]
    if isinstance(item, list):
        return [number for inner in item for number in _numbers(inner)]
    return [Decimal(item)] if isinstance(item, int | Decimal) and not isinstance(item, bool) else []
