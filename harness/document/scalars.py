"""Tell what an unquoted YAML scalar means: the YAML 1.2 core schema, without its octal traps.

`NO`, `on`, `12:30:45`, `01234`, `1_000` and dates stay the text they look like.
"""

from __future__ import annotations

import math
import re
from typing import Final

_FIRST: Final = frozenset("0123456789+-.ntfNTF~")
NO_TEXT: Final = {
    **dict.fromkeys(["~", "null", "Null", "NULL", ""], None),
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["false", "False", "FALSE"], False),
}
"""Words that are nothing or a truth value."""

_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_OTHER_BASE: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST_INTEGER: Final = 308


class ScalarError(ValueError):
    """A scalar that looks like a number and cannot be one."""


def resolve(text: str) -> str | int | float | bool | None:
    """Read an unquoted scalar.

    Raises:
        ScalarError: for infinities, NaN and numbers too large to be one.
    """
    if text and text[0] not in _FIRST:
        return text
    if text in NO_TEXT:
        return NO_TEXT[text]
    return _number(text)


def _number(text: str) -> str | int | float:
    if _INTEGER.fullmatch(text):
        if len(text) > _LONGEST_INTEGER:
            raise ScalarError(f"a number of {len(text)} digits is too large")
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise ScalarError(f"{text[:40]} is too large for a number")
        return number
    if _OTHER_BASE.fullmatch(text):
        if len(text) > _LONGEST_INTEGER:
            raise ScalarError(f"a number of {len(text)} digits is too large")
        return int(text, 0)
    if _NOT_FINITE.fullmatch(text):
        raise ScalarError(f"{text} is not a finite number")
    return text
