"""Plans with choices, repeats, matchers and a partial order, against what was called."""

from __future__ import annotations

from itertools import permutations

import pytest
from builders import a_call
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Reference
from harness.shape import MisfitsError, read
from harness.steps.ordering import ordered_pairs
from harness.steps.plan import efficiency, in_order, match, smallest


def a_plan(*steps):
    return read(Reference, {"steps": list(steps)}).steps


def calls(*names):
    return [a_call(name) for name in names]


CHOICE = {"any_of": [{"name": "quote"}, [{"name": "book"}, {"name": "mid"}]]}


@pytest.mark.parametrize(
    ("plan", "made", "recall", "least"),
    [
        pytest.param([{"name": "a", "min": 2}], "a", 0.5, 2, id="twice-was-once"),
        pytest.param([{"name": "a", "min": 2}], "aa", 1.0, 2, id="twice"),
        pytest.param([{"name": "a", "min": 0}, {"name": "b"}], "b", 1.0, 1, id="optional"),
        pytest.param([{"name": "a", "after": ["b"]}, {"name": "b"}], "ba", 1.0, 2, id="in-order"),
        pytest.param([{"name": "a", "after": ["b"]}, {"name": "b"}], "ab", 0.5, 2, id="out-of-order"),
        pytest.param([{"name": "a", "after": ["b"]}, {"name": "b"}], "aba", 1.0, 2, id="once-in-order"),
        pytest.param(
            [{"name": "b", "id": "x"}, {"name": "a", "after": ["x"]}, {"name": "c"}], "cba", 1.0, 3, id="partial"
        ),
    ],
)
def test_recall_and_the_smallest_plan(plan, made, recall, least):
    steps = a_plan(*plan)

    assert (match(steps, calls(*made)).recall, smallest(steps)) == (recall, least)


@pytest.mark.parametrize(
    ("made", "recall"), [(["quote"], 1.0), (["book", "mid"], 1.0), (["book"], 0.5), (["mid", "quote"], 1.0), ([], 0.0)]
)
def test_one_way_of_a_choice_is_enough(made, recall):
    plan = a_plan(CHOICE)

    assert match(plan, calls(*made)).recall == recall
    assert smallest(plan) == 1


def test_an_optional_call_is_not_beyond_the_plan():
    found = match(a_plan({"name": "a", "min": 0}, {"name": "b"}), calls("a", "b", "c"))

    assert ([call.name for call in found.extra], found.precision) == (["c"], pytest.approx(2 / 3))


def test_arguments_may_be_matchers():
    plan = a_plan({"name": "order", "args": {"qty": {"number": 10, "tolerance": 1}, "s": {"one_of": ["VTI", "ITOT"]}}})

    assert match(plan, [a_call("order", {"qty": 11, "s": "ITOT"})]).recall == 1.0
    assert match(plan, [a_call("order", {"qty": 12, "s": "ITOT"})]).recall == 0.0


def test_the_pairing_is_a_maximum_and_not_greedy():
    plan = a_plan({"name": "price"}, {"name": "price", "args": {"s": "VTI"}})

    assert match(plan, [a_call("price", {"s": "VTI"}), a_call("price", {"s": "BND"})]).recall == 1.0


def test_in_order_takes_the_way_that_was_followed():
    needs, taken = in_order(a_plan(CHOICE, {"name": "order"}), calls("book", "look", "mid", "order"))

    assert [need.name for need in needs] == [call.name for call in taken] == ["book", "mid", "order"]


def test_a_case_that_did_not_pass_is_not_efficient():
    assert efficiency(a_plan({"name": "a"}), calls("a", "b"), passed=False) == 0.0
    assert efficiency(a_plan({"name": "a"}), calls("a", "b")) == 0.5


@pytest.mark.parametrize(
    "steps",
    [
        [{}],
        [{"name": "a", "any_of": [{"name": "b"}]}],
        [{"any_of": [{"name": "b"}], "min": 2}],
        [{"any_of": [[]]}],
        [{"name": "a", "after": ["z"]}],
        [{"name": "a", "after": ["b"]}, {"name": "b", "after": ["a"]}],
        [{"name": "a", "after": ["a"]}],
        [{"any_of": [{"name": "a"}, {"name": "b"}]}] * 7,
    ],
)
def test_plans_that_can_never_be_followed_are_refused(steps):
    with pytest.raises(MisfitsError):
        a_plan(*steps)


@given(st.data())
def test_the_ordered_pairing_is_the_largest_there_is(data):
    left, right = data.draw(st.integers(1, 4)), data.draw(st.integers(0, 5))
    edges = {(item, call): data.draw(st.booleans()) for item in range(left) for call in range(right)}
    waits = {item: data.draw(st.lists(st.integers(0, item - 1), max_size=2)) for item in range(1, left)}

    found = ordered_pairs(left, right, lambda item, call: edges[item, call], waits)

    assert _sound(found, edges, waits)
    options = ((*range(right), *([None] * left)) for _ in [0])
    best = max(
        len(pairing)
        for chosen in set(permutations(next(options), left))
        if _sound(pairing := {item: call for item, call in enumerate(chosen) if call is not None}, edges, waits)
    )
    assert len(found) == best


def _sound(found, edges, waits):
    unique = len(set(found.values())) == len(found)
    agreed = all(edges[pair] for pair in found.items())
    ordered = all(
        found[other] < call for item, call in found.items() for other in waits.get(item, ()) if other in found
    )
    return unique and agreed and ordered
