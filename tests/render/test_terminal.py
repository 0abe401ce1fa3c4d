"""Text for people goes through one door, which lets no order to the terminal pass."""

import ast
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.render.terminal import Styled, coloured, painted, say, width

HARNESS = Path(__file__).parents[2] / "harness"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@given(st.lists(st.text(st.characters(exclude_categories=())) | st.text("\x1b[0m:\r\n \u202e:"), max_size=4))
def test_nothing_steers_a_terminal_or_a_ci_log(parts):
    stream = io.StringIO()
    say(*parts, stream=stream)

    shown = stream.getvalue()
    assert not {"\x1b", "\r", "\x07", "\x9b", "\u202e", "\u2066"} & set(shown)
    assert not any(line.lstrip().startswith("::") for line in shown.split("\n"))


@given(st.text(st.characters(exclude_categories=())), st.text(":\x1b[0m ", max_size=4))
def test_colours_are_the_only_codes(first, second):
    shown = painted((first, Styled(second, "bad")), colour=True)

    assert all(part.startswith(("[31m", "[0m")) for part in shown.split("\x1b")[1:])
    assert not shown.replace("\x1b[31m", "").replace("\x1b[0m", "").lstrip().startswith("::")


@pytest.mark.parametrize(
    ("environ", "stream", "shown"),
    [
        pytest.param({}, Terminal(), True, id="terminal"),
        pytest.param({}, io.StringIO(), False, id="pipe"),
        pytest.param({"NO_COLOR": "1"}, Terminal(), False, id="no-color"),
        pytest.param({"FORCE_COLOR": "1"}, io.StringIO(), True, id="forced"),
        pytest.param({"NO_COLOR": "1", "FORCE_COLOR": "1"}, Terminal(), False, id="no-color-wins"),
        pytest.param({"TERM": "dumb"}, Terminal(), False, id="dumb"),
    ],
)
def test_colours_are_shown_where_they_are_wanted(monkeypatch, environ, stream, shown):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, content in environ.items():
        monkeypatch.setenv(name, content)

    assert coloured(stream) is shown


def test_a_terminal_without_utf8_gets_escapes():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)

    say("✗ naïve", stream=stream)

    assert raw.getvalue() == b"\\u2717 na\\xefve\n"


def test_no_stdout_is_no_error(monkeypatch, capsys):
    with monkeypatch.context() as without:
        without.setattr("sys.stdout", None)
        say("nobody reads this")

    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("columns", "used"), [("20", 40), ("100", 100), ("500", 120)])
def test_width_stays_readable(monkeypatch, columns, used):
    monkeypatch.setenv("COLUMNS", columns)

    assert width() == used


def test_commands_print_through_the_door():
    """A bare print in a command would let data through unseen; JSON written by our own encoder is ASCII."""
    for path in sorted((HARNESS / "commands").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                assert path.name == "eval.py", f"{path.name}:{node.lineno} prints past the sanitiser"
