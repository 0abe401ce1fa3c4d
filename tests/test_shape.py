"""Reading plain data as typed values."""

import math
from dataclasses import field
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter, ValidationError

from harness.bounds import Ge, Gt, Le, Len, Lt
from harness.shape import Misfit, MisfitsError, dotted, plain, read, shape_of, value


@value
class Inner:
    """A part."""

    name: str
    """Its name."""

    size: Annotated[int, Ge(0), Le(9)] = 1
    """Its size."""


@value
class Outer:
    """A whole."""

    id: str
    """Its id."""

    kind: Literal["a", "b", 3] = "a"
    """Its kind."""

    share: Annotated[float, Gt(0), Lt(1)] | None = None
    """Its share."""

    parts: tuple[Inner, ...] = ()
    """Its parts."""

    pair: tuple[int, str] | None = None
    """A number and a word."""

    tags: dict[str, str] = field(default_factory=dict)
    """Its tags."""

    flag: bool = False
    """A truth value."""

    free: Any = None
    """Anything."""


@value
class Ordered:
    """Two bounds."""

    low: int
    """The lower one."""

    high: int
    """The higher one."""

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise MisfitsError([Misfit(("high",), "is below low", "swap them")])


def misfits(kind: Any, data: object) -> list[str]:
    with pytest.raises(MisfitsError) as caught:
        read(kind, data)
    return [f"{dotted(item.path)}: {item.problem}" for item in caught.value.misfits]


def test_reads_everything() -> None:
    data = {
        "id": "x",
        "kind": 3,
        "share": 0.5,
        "parts": [{"name": "p", "size": 2}],
        "pair": [1, "w"],
        "tags": {"a": "b"},
    }

    assert read(Outer, data) == Outer(
        id="x", kind=3, share=0.5, parts=(Inner(name="p", size=2),), pair=(1, "w"), tags={"a": "b"}
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": 3}, "id: expected text, found the number 3"),
        ({"id": True}, "id: expected text, found the truth value true"),
        ({"id": None}, "id: expected text, found nothing"),
        ({"kind": "c"}, "kind: 'c' is not one of a, b, 3"),
        ({"kind": 3.0}, "kind: 3.0 is not one of a, b, 3"),
        ({"share": "0.5"}, "share: expected a number, found the text '0.5'"),
        ({"share": True}, "share: expected a number, found the truth value true"),
        ({"share": math.nan}, "share: nan is not a finite number"),
        ({"share": 0}, "share: 0 must be greater than 0"),
        ({"share": 1}, "share: 1 must be less than 1"),
        ({"parts": {}}, "parts: expected a list, found a mapping"),
        ({"parts": [{"name": "p"}, {}]}, "parts[1]: 'name' is missing"),
        ({"parts": [{"name": "p", "size": 10}]}, "parts[0].size: 10 must be at most 9"),
        ({"parts": [{"name": "p", "size": 1.0}]}, "parts[0].size: expected a whole number, found the number 1.0"),
        ({"parts": [{"name": "p", "sise": 1}]}, "parts[0].sise: unknown key 'sise'"),
        ({"parts": "p"}, "parts: expected a list, found the text 'p'"),
        ({"pair": [1]}, "pair: expected 2 items, found 1"),
        ({"pair": ["w", 1]}, "pair[0]: expected a whole number, found the text 'w'"),
        ({"tags": {1: "a"}}, "tags.1: the key 1 is not text"),
        ({"tags": {"a": 1}}, "tags.a: expected text, found the number 1"),
        ({"tags": [1]}, "tags: expected a mapping, found a list"),
        ({"flag": 1}, "flag: expected true or false, found the number 1"),
        ({"flag": "yes"}, "flag: expected true or false, found the text 'yes'"),
        ({"idd": "x"}, "idd: unknown key 'idd'"),
    ],
)
def test_refuses_exactly_what_does_not_fit(change: dict[Any, Any], said: str) -> None:
    assert misfits(Outer, {"id": "x", **change})[0] == said


def test_says_everything_that_does_not_fit() -> None:
    assert misfits(Outer, {"kind": "c", "flag": 1, "nope": 2}) == [
        "nope: unknown key 'nope'",
        "kind: 'c' is not one of a, b, 3",
        "flag: expected true or false, found the number 1",
        "(top): 'id' is missing",
    ]


def test_remedies_name_the_nearest_key_and_the_quotes() -> None:
    with pytest.raises(MisfitsError) as caught:
        read(Outer, {"id": False, "kindd": "a"})

    assert [item.remedy for item in caught.value.misfits] == ["did you mean 'kind'?", 'quote it: "false"']
    assert [item.at_key for item in caught.value.misfits] == [True, False]


def test_a_value_may_refuse_a_combination() -> None:
    assert misfits(tuple[Ordered, ...], [{"low": 1, "high": 2}, {"low": 3, "high": 2}]) == ["[1].high: is below low"]


def test_a_union_reports_the_alternative_that_was_meant() -> None:
    assert misfits(str | Inner, {"name": 3}) == ["name: expected text, found the number 3"]
    assert read(str | Inner, "x") == "x"


@pytest.mark.parametrize(
    ("size", "said"), [(0, "0 given, must have 1 to 2 items"), (3, "3 given, must have 1 to 2 items")]
)
def test_lengths_are_bounded(size: int, said: str) -> None:
    assert misfits(Annotated[tuple[int, ...], Len(1, 2)], [1] * size) == [f"(top): {said}"]


def test_values_are_frozen_and_keyword_only() -> None:
    with pytest.raises(AttributeError):
        Inner(name="x").name = "y"  # type: ignore[misc]
    with pytest.raises(TypeError):
        Inner("x")  # type: ignore[misc, call-arg]


def test_a_value_that_is_already_made_fits() -> None:
    inner = Inner(name="x")

    assert read(Outer, {"id": "x", "parts": [inner]}).parts[0] is inner


def test_plain_leaves_out_defaults() -> None:
    outer = Outer(id="x", parts=(Inner(name="p", size=1), Inner(name="q", size=2)), free={1: (2, {3})})

    assert plain(outer) == {"id": "x", "parts": [{"name": "p"}, {"name": "q", "size": 2}], "free": {"1": [2, [3]]}}


def test_knows_its_fields() -> None:
    assert {name: required for name, (_, required) in shape_of(Inner).items()} == {"name": True, "size": False}


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 12) | st.floats(-2, 2) | st.sampled_from(["a", "b", "x", "3", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "kind", "share", "parts", "name", "size", "pair", "tags", "flag"]), inner
        )
    ),
    max_leaves=12,
)
OUTERS = st.fixed_dictionaries(
    {"id": st.sampled_from(["x", "", 3, None])},
    optional={
        "kind": st.sampled_from(["a", "b", 3, "c", None]),
        "share": st.none() | st.floats(-1, 2) | st.integers(-1, 2) | st.booleans(),
        "parts": PLAIN | st.lists(st.fixed_dictionaries({"name": st.just("p")}, optional={"size": PLAIN}), max_size=3),
        "pair": PLAIN,
        "tags": PLAIN,
        "flag": st.booleans() | st.integers(0, 1),
        "free": PLAIN,
    },
)


@value
class Strict(Outer):
    """The same, for pydantic: strict, as files are."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)


def lists(data: Any) -> Any:
    """JSON text, because pydantic's strict mode takes lists for tuples only from JSON."""
    import json

    return json.dumps(data)


ADAPTER = TypeAdapter(Outer)


@given(OUTERS | PLAIN)
def test_accepts_what_pydantic_accepts(data: Any) -> None:
    try:
        ADAPTER.validate_json(lists(data), strict=True)
        theirs = True
    except ValidationError:
        theirs = False
    try:
        ours = read(Outer, data)
    except MisfitsError:
        assert not theirs
        return
    assert theirs
    assert plain(ours) == plain(ADAPTER.validate_json(lists(data), strict=True))


@given(OUTERS)
def test_what_is_written_is_read_back(data: Any) -> None:
    try:
        made = read(Outer, data)
    except MisfitsError:
        return
    assert read(Outer, plain(made)) == made
