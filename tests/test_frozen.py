"""Values behave as those of the standard decorator; the same classes are made by both and held side by side."""

import copy
import dataclasses
import inspect
import math
import pickle
import typing
from dataclasses import FrozenInstanceError, dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.frozen import frozen


@frozen
class Ours:
    """A value of ours."""

    name: str
    amount: float = 0.0
    tags: tuple[str, ...] = field(default_factory=tuple)
    note: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Theirs:
    """The same by the standard."""

    name: str
    amount: float = 0.0
    tags: tuple[str, ...] = field(default_factory=tuple)
    note: str = field(default="", compare=False, repr=False)


@frozen
class OneField:
    """Only one field, which is compared as a tuple too: NaN equals itself there."""

    amount: float


@frozen(kw_only=True)
class Checked:
    """Counts what it was given, once."""

    low: int
    high: int = 10
    width: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", self.high - self.low)


@frozen(kw_only=True)
class Wider(Checked):
    """With one field more."""

    unit: str = "USD"


@frozen(slots=False)
class Odd:
    """Says itself what equals it."""

    number: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Odd) and self.number % 2 == other.number % 2

    def __hash__(self) -> int:
        return self.number % 2


VALUES = st.tuples(
    st.text(max_size=3), st.floats(), st.lists(st.text(max_size=2), max_size=2).map(tuple), st.text(max_size=2)
)


@given(VALUES, VALUES)
def test_compares_hashes_and_shows_as_the_standard(one, other):
    ours, theirs = (Ours(*one), Ours(*other)), (Theirs(*one), Theirs(*other))

    assert (ours[0] == ours[1]) == (theirs[0] == theirs[1])
    assert hash(ours[0]) == hash(theirs[0])
    assert repr(ours[0]) == repr(theirs[0]).replace("Theirs", "Ours")


@given(VALUES.filter(lambda fields: not math.isnan(fields[1])))  # another NaN equals none
def test_copies_pickles_and_is_replaced(fields):
    value = Ours(*fields)

    assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
    assert dataclasses.replace(value, name="x") == Ours("x", *fields[1:])
    assert dataclasses.asdict(value) == dataclasses.asdict(Theirs(*fields))
    assert dataclasses.astuple(value) == fields


def test_constructor_can_be_read_before_and_after_it_is_used():
    assert str(inspect.signature(Ours)).replace("Ours", "") == str(inspect.signature(Theirs)).replace("Theirs", "")
    assert typing.get_type_hints(Ours.__init__) == typing.get_type_hints(Theirs.__init__)
    assert [*inspect.signature(Wider).parameters] == ["low", "high", "unit"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({}, id="one is missing"),
        pytest.param({"low": 1, "width": 3}, id="one is not given from outside"),
        pytest.param({"low": 1, "lower": 3}, id="one is unknown"),
    ],
)
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises(TypeError):
        Checked(**arguments)


def test_keyword_only_fields_cannot_be_given_by_place():
    with pytest.raises(TypeError):
        Checked(1)


def test_what_runs_after_the_constructor_runs_in_heirs_too():
    assert Checked(low=4).width == 6
    assert Wider(low=4, unit="EUR") == Wider(low=4, unit="EUR", high=10)
    assert Wider(low=4) != Checked(low=4)


def test_nothing_can_be_changed():
    value = Ours("a")

    with pytest.raises(FrozenInstanceError, match="name"):
        value.name = "b"
    with pytest.raises(FrozenInstanceError):
        del value.name
    with pytest.raises((FrozenInstanceError, AttributeError)):
        value.other = 1


def test_default_that_is_made_is_made_for_each():
    made = frozen(type("Made", (), {"__annotations__": {"items": list}, "items": field(default_factory=list)}))

    assert made().items is not made().items
    assert made([1]).items == [1]


def test_what_a_class_says_itself_stands():
    assert Odd(1) == Odd(3)
    assert hash(Odd(2)) == 0


def test_one_field_is_compared_as_the_standard_compares():
    assert OneField(math.nan) == OneField(math.nan)
    assert OneField(1.0) != OneField(2.0)
    assert OneField(1.0) != Ours("a")


def test_fields_can_be_matched_by_place():
    match Ours("a", 2.0):
        case Ours(name, amount):
            assert (name, amount) == ("a", 2.0)


def test_code_that_is_run_without_a_module_can_have_values():
    code = "from harness.frozen import frozen\n@frozen\nclass Pair:\n    one: int\n    two: int = 2\n"
    space = {"__name__": "no_such_module"}

    exec(code, space)

    assert repr(space["Pair"](1)) == "Pair(one=1, two=2)"
