"""Match a tool call's arguments: by equality, or by a matcher in place of a value.

regex: '^US'                  a text that matches (`ignore_case: true`)
number: 1200                  a number, or a text that is one figure; `tolerance: 0.5` and `relative: 0.01`
one_of: [VTI, VXUS]           one of these values
contains: bond                a text, list or mapping that has it
any: true                     anything, as long as the argument is given
literal: {number: 1}          exactly this value, where it looks like a matcher itself
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from harness.quantities import agrees, parse
from harness.shape import Path

from .equality import same
from .patterns import checked, search
from .wording import refuse, shown

Matcher: TypeAlias = Callable[[Any], str | None]
"""Says why a value does not fit; None when it does."""

_FORMS = {
    "regex": {"ignore_case"}, "number": {"tolerance", "relative"}, "one_of": set(), "contains": set(),
    "any": set(), "literal": set(),
}  # fmt: skip


def matcher(wanted: Any, path: Path) -> Matcher:
    """Make the matcher of a wanted value; `path` is its place in the suite, for mistakes.

    Raises:
        MisfitsError: for a matcher that can never work.
    """
    form = _form(wanted)
    if form is not None:
        return _MAKERS[form](wanted, path)
    if isinstance(wanted, Mapping):
        return _members({key: matcher(item, (*path, key)) for key, item in wanted.items()}, wanted)
    if isinstance(wanted, list | tuple):
        return _items([matcher(item, (*path, index)) for index, item in enumerate(wanted)])
    return lambda actual: None if same(wanted, actual) else f"is {shown(actual)}, expected {shown(wanted)}"


def _form(wanted: Any) -> str | None:
    """The matcher that a mapping is: its own key and nothing but its options beside."""
    if not isinstance(wanted, Mapping):
        return None
    return next((form for form, options in _FORMS.items() if form in wanted and set(wanted) <= {form, *options}), None)


def _members(matchers: Mapping[str, Matcher], wanted: Mapping[str, Any]) -> Matcher:
    def match(actual: Any) -> str | None:
        if not isinstance(actual, Mapping):
            return f"is {shown(actual)}, expected {shown(wanted)}"
        if extra := [key for key in actual if key not in matchers]:
            return f".{extra[0]} is not expected"
        return _first({key: (fits, actual.get(key), key in actual) for key, fits in matchers.items()})

    return match


def _first(members: Mapping[str, tuple[Matcher, Any, bool]]) -> str | None:
    for key, (fits, actual, given) in members.items():
        problem = fits(actual) if given else "is missing"
        if problem:
            return f".{key} {problem}" if not problem.startswith((".", "[")) else f".{key}{problem}"
    return None


def _items(matchers: list[Matcher]) -> Matcher:
    def match(actual: Any) -> str | None:
        if not isinstance(actual, list | tuple) or len(actual) != len(matchers):
            return f"is {shown(actual)}, expected a list of {len(matchers)}"
        for index, (fits, item) in enumerate(zip(matchers, actual, strict=True)):
            if problem := fits(item):
                return f"[{index}] {problem}"
        return None

    return match


def _regex(wanted: Mapping[str, Any], path: Path) -> Matcher:
    pattern, ignore_case = wanted["regex"], wanted.get("ignore_case", False)
    if not isinstance(pattern, str) or not isinstance(ignore_case, bool):
        raise refuse((*path, "regex"), "the pattern is no text", "write regex: 'pattern'")
    checked(pattern, (*path, "regex"), ignore_case=ignore_case)

    def match(actual: Any) -> str | None:
        if isinstance(actual, str) and search(pattern, actual, ignore_case=ignore_case):
            return None
        return f"is {shown(actual)}, expected a text that matches {pattern!r}"

    return match


def _number(wanted: Mapping[str, Any], path: Path) -> Matcher:
    figure = wanted["number"]
    if isinstance(figure, bool) or not (isinstance(figure, int | float) or (isinstance(figure, str) and parse(figure))):
        raise refuse((*path, "number"), f"{shown(figure)} is no figure", "write one such as 1200 or '$1,200'")
    widths = {name: wanted.get(name) for name in ("tolerance", "relative")}
    for name, width in widths.items():
        if width is not None and (isinstance(width, bool) or not isinstance(width, int | float) or width < 0):
            raise refuse((*path, name), f"{shown(width)} is no tolerance", "write a number that is not negative")

    def match(actual: Any) -> str | None:
        numeric = isinstance(actual, int | float | str) and not isinstance(actual, bool)
        try:
            agreement = agrees(figure, actual, absolute=widths["tolerance"], relative=widths["relative"])
        except (TypeError, ValueError):
            numeric = False
        return None if numeric and agreement else f"is {shown(actual)}, expected {figure}"

    return match


def _one_of(wanted: Mapping[str, Any], path: Path) -> Matcher:
    choices = wanted["one_of"]
    if not isinstance(choices, list | tuple) or not choices:
        raise refuse((*path, "one_of"), "there is nothing to choose from", "write one_of: [a, b]")
    matchers = [matcher(choice, (*path, "one_of", index)) for index, choice in enumerate(choices)]

    def match(actual: Any) -> str | None:
        if any(fits(actual) is None for fits in matchers):
            return None
        return f"is {shown(actual)}, expected one of {shown(list(choices))}"

    return match


def _contains(wanted: Mapping[str, Any], path: Path) -> Matcher:
    part = wanted["contains"]
    if part is None or part == "":
        raise refuse((*path, "contains"), "there is nothing to look for", "write contains: text")

    def match(actual: Any) -> str | None:
        inside = (
            (isinstance(part, str) and part in actual)
            if isinstance(actual, str | Mapping)
            else isinstance(actual, list | tuple) and any(same(part, item) for item in actual)
        )
        return None if inside else f"is {shown(actual)}, without {shown(part)} in it"

    return match


def _any(wanted: Mapping[str, Any], path: Path) -> Matcher:
    if wanted["any"] is not True:
        raise refuse((*path, "any"), "`any` says that every value fits", "write any: true, or leave the argument out")
    return lambda _: None


def _literal(wanted: Mapping[str, Any], _: Path) -> Matcher:
    literal = wanted["literal"]
    return lambda actual: None if same(literal, actual) else f"is {shown(actual)}, expected {shown(literal)}"


_MAKERS: Mapping[str, Callable[[Mapping[str, Any], Path], Matcher]] = {
    "regex": _regex,
    "number": _number,
    "one_of": _one_of,
    "contains": _contains,
    "any": _any,
    "literal": _literal,
}
