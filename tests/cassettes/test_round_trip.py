"""What is recorded is read back as it was."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from harness.cassettes.reading import parse
from harness.cassettes.secrets import Masks
from harness.cassettes.tape import Recording
from harness.cassettes.writing import text_of

NO_MASKS = Masks(lambda text: text)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    [
        "null",
        "no",
        "1e3",
        " two\n  lines\n",
        "end\n\n",
        "\n",
        "a: b # c",
        "- x",
        "\ttab\n x",
        "'",
        '"',
        "x" * 300,
        "%",
        "~",
        "…",
    ]
)
plain_data = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
sides = st.dictionaries(
    st.sampled_from(["system", "messages", "text", "tools", "$shared", "$json"]) | texts, plain_data, max_size=4
)
recordings = st.builds(
    Recording, st.sampled_from(["model", "judge", "tool", "http"]), sides, sides, edited=st.booleans()
)


def nested(depth: int) -> Any:
    return {"deeper": nested(depth - 1)} if depth else ["the end"]


@given(st.dictionaries(texts.filter(bool), st.lists(recordings, max_size=4), max_size=3))
@example({"a#1": [Recording("model", {"system": "long " * 50}, {"text": "long " * 50})] * 2})
@example({"a#1": [Recording("model", {"messages": [{"text": "said\n" * 60}] * 2}, {"x": {"$shared": "y"}})] * 2})
@example({"a#1": [Recording("tool", nested(25), nested(3))] * 2})
@example({"a#1": [Recording("tool", {"output_schema": nested(25)}, {"output_schema": nested(25)})]})
@example({})
def test_every_recording_is_read_back(trials: dict[str, list[Recording]]) -> None:
    text = text_of("suite::case", trials)

    found = parse(text.encode(), "c.yaml", NO_MASKS)

    assert found.about == "suite::case"
    assert {
        name: [(r.channel, r.request, r.reply, r.edited) for r in items] for name, items in found.trials.items()
    } == {name: [(r.channel, r.request, r.reply, r.edited) for r in items] for name, items in trials.items()}


@given(st.lists(recordings, max_size=3))
def test_writing_again_changes_nothing(items: list[Recording]) -> None:
    text = text_of("x", {"a#1": items})

    again = parse(text.encode(), "c.yaml", NO_MASKS)

    assert text_of(again.about, again.trials) == text
