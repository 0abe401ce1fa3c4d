"""What is read from sources of every shape, and that absurd ones cost little."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.grounding import STATUSES, Facts, claims, ground

NOTHING = Facts.of([])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("SPY 2019 $1,5.%()-\u200f\u200b", max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def nested(depth):
    item = 1.5
    for _ in range(depth):
        item = [item]
    return item


@given(JSON, JSON)
def test_any_source_and_any_answer_give_known_statuses(source, answer):
    found = ground(claims(answer), Facts.of([("s1", source)]), user=NOTHING, context="total change 2019")

    assert all(item.status in STATUSES for item in found)


def test_a_row_of_a_table_knows_its_name_its_column_and_its_year():
    facts = Facts.of(
        [("s", [["", "Years ended", ""], ["", "2019", "2018"], ["Net sales", "$ 12.5", "(3.1)"], ["Nil", "—", "4"]])]
    )

    by_path = {fact.path: fact for fact in facts.facts}
    assert str(by_path["$[2][2]"].value) == "-3.1"
    assert by_path["$[2][1]"].row.words == {"net", "sale"}
    assert by_path["$[2][1]"].column.periods == {"2019"}
    assert by_path["$[3][1]"].value == 0


def test_nesting_of_a_thousand_is_cut_off_and_reported():
    facts = Facts.of([("s", nested(1000))])

    assert (len(facts), facts.complete) == (0, False)
    assert claims(nested(1000)) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It held $1,234,567.89 then.", "$1,234,567.89"),
        ("It held $1.23 million then.", "$1.23 million"),
        ("Up 12.34% since.", "12.34%"),
    ],
)
def test_a_long_text_is_searched_for_the_figures_of_the_answer(text, said):
    page = "Nothing of note happened on this day in the market. " * 1000
    facts = Facts.of([("s", page + text + page)])

    (found,) = ground(claims(f"It says {said}."), facts, user=NOTHING)

    assert found.status == "verbatim"
    assert found.fact.path.startswith("$@")
    assert ground(claims("It says $7,654,321.00."), facts, user=NOTHING)[0].status == "ungrounded"


def _seconds(rows):
    held = [{"symbol": f"S{n}", "value": n * 1.37 + 1000, "quantity": n} for n in range(rows)]
    said = " ".join(f"S{n} is worth ${n * 9.59 + 1000:,.2f}." for n in range(rows // 20))
    start = time.process_time()
    ground(claims(said), Facts.of([("s1", held)]), user=NOTHING)
    return time.process_time() - start


def test_cost_grows_with_the_size_and_no_faster():
    _seconds(500)

    assert _seconds(6000) < 16 * max(_seconds(1500), 0.02)


@pytest.mark.parametrize(
    "text", ["$" * 100_000, "1," * 50_000, "(" * 100_000, "1.2.3." * 20_000, "| 1 " * 20_000, "\u200f1\u200b" * 20_000]
)
def test_absurd_texts_cost_little(text):
    start = time.process_time()

    ground(claims(text[:20_000]), Facts.of([("s", text)]), user=NOTHING)

    assert time.process_time() - start < 5
