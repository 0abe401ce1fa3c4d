"""What tools gave in production is given again."""

from __future__ import annotations

import pytest

from harness.testing import RecordedTools

TOOLS = RecordedTools(
    {
        "tools": [
            {"name": "price", "args": {"t": "VTI"}, "result": 250},
            {"name": "price", "args": {"t": "VTI"}, "result": 251},
            {"name": "price", "args": {"t": "BND"}, "error": "no quote"},
            {"name": "cash", "args": {}, "result": {"usd": 8500.0}},
        ]
    }
)


def test_equal_calls_are_answered_in_their_order_and_the_last_one_for_ever():
    assert [TOOLS.take("price", {"t": "VTI"}) for _ in range(3)] == [250, 251, 251]
    assert TOOLS.take("cash") == {"usd": 8500.0}
    assert TOOLS.names == ("price", "cash")


def test_what_failed_fails_again():
    with pytest.raises(RuntimeError, match="no quote"):
        TOOLS.take("price", {"t": "BND"})


@pytest.mark.parametrize(
    ("name", "args", "told"),
    [("price", {"t": "GLD"}, '{"t":"VTI"}'), ("news", {}, "cash, price")],
    ids=["arguments", "tool"],
)
def test_a_call_that_was_not_recorded_names_those_that_were(name, args, told):
    with pytest.raises(LookupError, match="was not recorded") as caught:
        TOOLS.take(name, args)

    assert told in str(caught.value)
