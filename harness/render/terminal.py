"""Write to the terminal: the one door for text that people see, so that no data can steer their terminal or CI log."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from typing import Literal, TextIO, TypeAlias

from harness import logs
from harness.frozen import frozen
from harness.text import visible

Style: TypeAlias = Literal["good", "bad", "warn", "dim", "strong"]

_CODES: Mapping[str, str] = {"good": "32", "bad": "31", "warn": "33", "dim": "2", "strong": "1"}
_COMMAND = re.compile(r"^[^\S\n]*::", re.MULTILINE)
_WIDEST, _NARROWEST = 120, 40


@frozen
class Styled:
    """Text that stands out where colours are shown."""

    text: str
    """What is written; data is fine."""

    style: Style
    """How."""


Line: TypeAlias = tuple["str | Styled", ...]
"""Parts of one line; each may hold data."""


def say(*parts: str | Styled, stream: TextIO | None = None) -> None:
    """Write one line for a person, with everything that could act on a terminal or CI log made visible."""
    target = sys.stdout if stream is None else stream
    if target is None:
        return
    if logs.on() and target is sys.stderr:
        words = "".join(part if isinstance(part, str) else part.text for part in parts)
        logs.emit("info", "MESSAGE", words.strip())
        return
    _write(target, painted(parts, colour=coloured(target)))


def say_all(lines: Iterable[Line], *, stream: TextIO | None = None) -> None:
    """Write lines for a person."""
    for line in lines:
        say(*line, stream=stream)


def painted(parts: Iterable[str | Styled], *, colour: bool) -> str:
    """One line as it is written."""
    shown = tuple(parts)
    plain = "".join(part if isinstance(part, str) else part.text for part in shown)
    # A workflow command may be split over parts, where no single one of them looks like an order.
    if not colour or _COMMAND.search(plain):
        return visible(plain)
    return "".join(
        visible(part) if isinstance(part, str) else f"\x1b[{_CODES[part.style]}m{visible(part.text)}\x1b[0m"
        for part in shown
    )


def coloured(stream: TextIO) -> bool:
    """Whether the reader wants colours: a terminal, unless NO_COLOR or TERM=dumb says otherwise; FORCE_COLOR always."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and hasattr(stream, "isatty") and stream.isatty()


def width() -> int:
    """Columns to fill: the terminal's, within what reads well."""
    return min(_WIDEST, max(_NARROWEST, shutil.get_terminal_size((80, 24)).columns))


def _write(target: TextIO, text: str) -> None:
    try:
        target.write(f"{text}\n")
    except UnicodeEncodeError:  # a terminal that does not speak UTF-8 gets escapes rather than nothing
        encoding = target.encoding or "ascii"
        target.write(f"{text.encode(encoding, 'backslashreplace').decode(encoding)}\n")
    target.flush()
