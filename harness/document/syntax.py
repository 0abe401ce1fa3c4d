"""Say in plain words what the YAML parser stumbled over."""

from __future__ import annotations

import re
from typing import Any

from harness.model import Where

from .mistake import Mistake

_TWO_COLONS = re.compile(r"^(?P<lead>\s*(?:- +)*)(?P<key>[^\s:#'\"][^:#]*):\s+(?P<value>[^'\"\[{|>].*:(?:\s.*)?)$")


def explain(error: Exception, text: str, name: str) -> Mistake:
    """Turn a PyYAML error into a mistake at its place."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", None) or error).strip()
    context = getattr(error, "context_mark", None)
    if mark is None:
        return Mistake(Where(file=name), f"is not valid YAML: {problem}", "correct the file")
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    said, remedy, at = _words(problem, line, mark, context)
    return Mistake(Where(file=name, line=at.line + 1, column=at.column + 1), said, remedy)


def _words(problem: str, line: str, mark: Any, context: Any) -> tuple[str, str, Any]:
    """Problem, remedy and the mark to show."""
    if context is not None and ("unexpected end of stream" in problem or "unexpected document" in problem):
        last = max(mark.line, context.line + 1)
        return (
            f"a quote is opened on line {context.line + 1} and not closed by line {last}",
            "close the quote",
            context,
        )
    if "mapping values are not allowed" in problem:
        return _colon(line, mark)
    if "\t" in line[: mark.column + 1] or "tab character" in problem:
        return "a tab is used for indentation", "indent with spaces", mark
    if "cannot start any token" in problem:
        found = line[mark.column : mark.column + 1]
        return f"text cannot begin with {found!r}", "put the text into quotes", mark
    if "Unicode character escape" in problem:
        return "the escape names no character (a lone surrogate or out of range)", "write the character itself", mark
    if "unknown escape character" in problem:
        return (
            "unknown escape in a double-quoted text",
            "use single quotes, in which a backslash is a backslash",
            mark,
        )
    if "did not find expected" in problem and context is not None:
        what = problem.removeprefix("did not find ").replace("<", "").replace(">", "")
        return (
            f"{what} not found; what it belongs to begins on line {context.line + 1}",
            "check brackets, commas and indentation between the two lines",
            mark,
        )
    return f"is not valid YAML: {problem}", "check quotes, brackets and indentation", mark


def _colon(line: str, mark: Any) -> tuple[str, str, Any]:
    match = _TWO_COLONS.match(line.rstrip())
    if match is not None:
        text = match["value"].strip().replace("'", "''")
        return "a second `: ` on the line", f"quote it: {match['key']}: '{text}'", mark
    return "a `key: value` stands where none can be", "check the indentation, or quote the text", mark
