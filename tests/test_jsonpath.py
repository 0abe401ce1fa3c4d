"""How JSON paths are read, followed and written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.jsonpath import EVERY, JsonPath, PathError, parse, written

DOCUMENT = {"a": {"b": [10, 20, {"c d": 30}]}, "x-y": 1, "rows": [{"v": 1}, {"v": 2}, {"w": 3}], "": 5}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param("$", [DOCUMENT], id="all"),
        pytest.param("$.a.b[0]", [10], id="index"),
        pytest.param("a.b[-2]", [20], id="from-the-end-without-dollar"),
        pytest.param("$.a.b[2]['c d']", [30], id="quoted"),
        pytest.param('$["a"]["b"][1]', [20], id="double-quoted"),
        pytest.param("$.x-y", [1], id="dash"),
        pytest.param("$['']", [5], id="empty-key"),
        pytest.param("$.rows[*].v", [1, 2], id="every-item"),
        pytest.param("$.a.*[0]", [10], id="every-value"),
        pytest.param("$.a.b[3]", [], id="beyond"),
        pytest.param("$.a.b[-4]", [], id="before"),
        pytest.param("$.a[0]", [], id="index-of-a-mapping"),
        pytest.param("$.x-y.z", [], id="key-of-a-number"),
        pytest.param("$.rows.v", [], id="key-of-a-list"),
    ],
)
def test_find(path, found):
    assert [item.value for item in parse(path).find(DOCUMENT)] == found


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        pytest.param("", "write $", id="empty"),
        pytest.param("$..a", "not supported", id="descent"),
        pytest.param("$[?(@.a)]", "filters", id="filter"),
        pytest.param("$.a[", "write", id="open"),
        pytest.param("$.a['b]", "write", id="open-quote"),
        pytest.param("$.a[1.5]", "write", id="fraction"),
        pytest.param("$.a b", "write", id="space"),
        pytest.param("$.a[0:2]", "write", id="slice"),
        pytest.param("a" * 2000, "one place", id="long"),
    ],
)
def test_paths_that_cannot_be_read_say_how_to_write_them(path, remedy):
    with pytest.raises(PathError) as caught:
        parse(path)

    assert remedy in caught.value.remedy


def test_found_paths_are_exact_and_lead_back():
    found = parse("$.rows[*].v").find(DOCUMENT)

    assert [item.path for item in found] == ["$.rows[0].v", "$.rows[1].v"]
    assert [parse(item.path).find(DOCUMENT)[0].value for item in found] == [1, 2]


@given(st.lists(st.text(max_size=8) | st.integers(-999, 999) | st.just(EVERY), max_size=6).map(tuple))
def test_every_path_reads_back_as_it_was_written(parts):
    assert parse(written(parts)) == JsonPath(parts)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_with_a_remedy(text):
    remedy = "none needed"
    try:
        parse(text).find(DOCUMENT)
    except PathError as error:
        remedy = error.remedy
    assert remedy


@pytest.mark.parametrize(
    ("path", "place", "covered"),
    [
        ("$.a", ("a", "b"), True),
        ("$.a[*].id", ("a", 3, "id"), True),
        ("$.a[*].id", ("a", 3), False),
        ("$.a[1]", ("a", 2), False),
        ("$.a[-1]", ("a", 2), False),
    ],
)
def test_covers(path, place, covered):
    assert parse(path).covers(place) is covered
