"""Server-sent events are the same however the bytes are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.adapters.http.sse import EventStream, ServerEvent


def read(*pieces: bytes) -> list[ServerEvent]:
    stream = EventStream()
    return [event for piece in pieces for event in stream.feed(piece)] + list(stream.rest())


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("data: a\n\n", [("message", "a")]),
        ("data:a\r\n\r\ndata: b\r\rdata: c\n\n", [("message", "a"), ("message", "b"), ("message", "c")]),
        ("event: token\ndata: a\ndata: b\n\n", [("token", "a\nb")]),
        (": a comment\nid: 7\nretry: 10\ndata: a\n\n", [("message", "a")]),
        ("event: alone\n\ndata: a\n\n", [("message", "a")]),
        ("\ufeffdata: a\n\n", [("message", "a")]),
        ("data\n\n", [("message", "")]),
        ("data:  two spaces\n\n", [("message", " two spaces")]),
        ("data: no empty line", [("message", "no empty line")]),
        ("data: {\"a\": \"x: y\"}\n\n", [("message", '{"a": "x: y"}')]),
        ("", []),
        ("\n\n\n", []),
    ],
)  # fmt: skip
def test_events_are_read_as_the_standard_says(text: str, events: list[tuple[str, str]]) -> None:
    assert read(text.encode()) == events


LINES = st.lists(st.sampled_from(["data: ü€😀", "data:", "event: x", ": c", "", "id: 1", "data: {}"]), max_size=12)


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 200), max_size=8))
def test_pieces_of_any_size_give_the_same(lines: list[str], ending: str, cuts: list[int]) -> None:
    whole = "".join(line + ending for line in lines).encode()
    places = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    pieces = [whole[start:end] for start, end in pairwise(places)]

    assert read(*pieces) == read(whole)
