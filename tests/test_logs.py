"""Messages as JSON lines: off until asked for, one object per line, whatever is in them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from harness import logs
from harness.render.terminal import Styled, say


@pytest.fixture(autouse=True)
def words_again() -> Iterator[None]:
    yield
    logs.to_words()


def test_nothing_is_written_until_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    logs.emit("info", "RUN_STARTED")

    assert not logs.on()
    assert capsys.readouterr().err == ""


def test_a_line_is_one_object_of_ascii_with_what_is_known() -> None:
    out = io.StringIO()
    logs.to_json(out, command="eval")

    logs.emit("warning", "TRIAL_COMPLETED", "\x1b[31mzwölf\u202e", cost=Decimal("0.1"), error=None, run="r-1")

    (line,) = out.getvalue().splitlines()
    said = json.loads(line)
    assert line.isascii()
    assert (said["level"], said["command"], said["cost"], said["run"]) == ("warning", "eval", "0.1", "r-1")
    assert "error" not in said
    assert said["timestamp"].endswith("Z")


def test_what_is_said_to_standard_error_becomes_a_message_and_the_rest_stays(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import sys

    logs.to_json()
    say(Styled("careful", "warn"), ": two words", stream=sys.stderr)
    say("a result")

    captured = capsys.readouterr()
    assert json.loads(captured.err)["message"] == "careful: two words"
    assert captured.out == "a result\n"
