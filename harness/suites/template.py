"""Put variables into text: `{{ name }}`, `{{ name.key }}`, `{{ name[0] }}`, and nothing else.

There are no filters, calls or operators, so a suite cannot compute, loop or reach anything but its own variables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from harness.errors import nearest

LONGEST_TEXT: Final = 1 << 20
"""Longest text that filling in variables may make."""

_SPOT: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_EXPRESSION: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d{1,6}\]|\['[^'\n]*'\]|\[\"[^\"\n]*\"\])*")
_PART: Final = re.compile(r"\.?([A-Za-z_]\w*)|\[(\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")


class TemplateError(ValueError):
    """Text whose `{{ }}` cannot be filled in.

    Attributes:
        problem: What is wrong.
        remedy: What would be right.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


def is_template(text: str) -> bool:
    """Whether text asks for variables."""
    return "{{" in text


def names_in(text: str) -> set[str]:
    """Variables that a text mentions."""
    return {match[0] for spot in _SPOT.finditer(text) if (match := re.match(r"[A-Za-z_]\w*", spot[1].strip()))}


def render(text: str, variables: Mapping[str, Any]) -> Any:
    """Fill in variables. Text that is one `{{ name }}` and nothing more becomes the variable's value as it is.

    Raises:
        TemplateError: for anything but known names, naming what was meant.
    """
    whole = _SPOT.fullmatch(text.strip())
    if whole is not None and "{{" not in whole[1]:
        return _value(whole[1].strip(), variables)
    pieces: list[str] = []
    length = end = 0
    for spot in _SPOT.finditer(text):
        pieces += [text[end : spot.start()], _text(_value(spot[1].strip(), variables))]
        end = spot.end()
        length += len(pieces[-1])
        if length > LONGEST_TEXT:  # before it is joined: a short file can ask for gigabytes
            raise TemplateError(f"the filled-in text is longer than {LONGEST_TEXT} characters", "use shorter variables")
    pieces.append(text[end:])
    if any("{{" in literal for literal in pieces[::2]):
        raise TemplateError("`{{` without `}}`", "close it, or put the braces into a variable")
    return "".join(pieces)


def _value(expression: str, variables: Mapping[str, Any]) -> Any:
    if not _EXPRESSION.fullmatch(expression):
        raise TemplateError(
            f"{expression[:60]!r} is more than a variable's name",
            "write {{ name }}, {{ name.key }} or {{ name[0] }}; put literal braces into a variable",
        )
    first, *parts = _parts(expression)
    name = str(first)
    if name not in variables:
        raise TemplateError(
            f"undefined variable {name!r}",
            nearest(name, variables) if variables else f"add `vars: {{{name}: ...}}`",
        )
    found: Any = variables[name]
    for part in parts:
        if isinstance(found, dict) and str(part) in found:
            found = found[str(part)]
        elif isinstance(found, list) and isinstance(part, int) and part < len(found):
            found = found[part]
        else:
            known = nearest(str(part), found) if isinstance(found, dict) else "check the variable's value"
            raise TemplateError(f"the variable {name!r} has no {part!r} in {expression!r}", known)
    return found


def _parts(expression: str) -> list[str | int]:
    parts: list[str | int] = []
    for match in _PART.finditer(expression):
        name, index, single, double = match.groups()
        parts.append(
            int(index) if index is not None else next(part for part in (name, single, double) if part is not None)
        )
    return parts


def _text(item: Any) -> str:
    if isinstance(item, str):
        return item
    return "" if item is None else json.dumps(item, ensure_ascii=False)
