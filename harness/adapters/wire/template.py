"""Fill what is sent to an agent elsewhere: `{input}` and its like, in text or anywhere inside JSON.

A text that is nothing but one placeholder becomes the value itself, so that `"{messages}"` sends a list. Anywhere else a value
is written as text, and JSON where it is none. What is filled in is never looked through again: an input that holds `{env.KEY}`
stays what it is. `{{` and `}}` stand for braces.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from harness.errors import nearest
from harness.lazy import pattern
from harness.shape import Misfit

Values = Mapping[str, Any]

PLACEHOLDERS: Final = ("input", "turn", "history", "messages", "session", "seed", "as_of", "world", "env")
"""Names that every template knows; `world` and `env` go on: `{world.portfolio}`, `{env.API_KEY}`."""

_TOKEN = pattern(r"\{\{|\}\}|\{(?P<name>[A-Za-z_][\w.-]*)\}|(?P<stray>[{}])")
_WHOLE = pattern(r"\{(?P<name>[A-Za-z_][\w.-]*)\}")
_DEEP: Final = frozenset({"world", "env"})


def filled(template: Any, values: Values) -> Any:
    """Fill a template of any shape.

    Raises:
        KeyError: for a value that is not there, such as a key that the case's world does not have.
    """
    if isinstance(template, str):
        whole = _WHOLE.fullmatch(template)
        return _looked_up(whole["name"], values) if whole else filled_text(template, values)
    if isinstance(template, Mapping):
        return {filled_text(str(key), values): filled(item, values) for key, item in template.items()}
    if isinstance(template, list | tuple):
        return [filled(item, values) for item in template]
    return template


def filled_text(template: str, values: Values, quote: Callable[[str], str] = str) -> str:
    """Fill a template of text; `quote` makes each value safe for the place that it stands in."""

    def replace(match: Any) -> str:
        if match["name"] is None:
            return str(match[0][0])
        return quote(written(_looked_up(match["name"], values)))

    return _TOKEN.sub(replace, template)


def written(item: Any) -> str:
    """A value as text: itself, or its JSON."""
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)


def variables_in(template: Any) -> tuple[str, ...]:
    """Environment variables that a template names, such as KEY in `{env.KEY}`."""
    names = (name for name, _ in _names(template) if name.startswith("env."))
    return tuple(dict.fromkeys(name.removeprefix("env.") for name in names))


def check_template(template: Any, *, path: tuple[str | int, ...], more: tuple[str, ...] = ()) -> Iterator[Misfit]:
    """Find what is wrong with a template, before anything is sent.

    Args:
        template: The template.
        path: Where it stands.
        more: Placeholders besides the usual ones.
    """
    known = (*PLACEHOLDERS, *more)
    for name, place in _names(template):
        head, _, rest = name.partition(".")
        where = (*path, *place)
        if name in {"{", "}"}:
            yield Misfit(where, f"a single {name!r} in a template", "write it twice where a brace is meant")
        elif head not in known or (rest and head not in _DEEP):
            yield Misfit(where, f"unknown placeholder {{{name}}}", nearest(name, known))
        elif head == "env" and not rest:
            yield Misfit(where, "{env} does not say which variable", "write {env.NAME}")


def _names(template: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    if isinstance(template, str):
        for match in _TOKEN.finditer(template):
            if match["name"] or match["stray"]:
                yield match["name"] or match["stray"], place
    elif isinstance(template, Mapping):
        for key, item in template.items():
            yield from _names(str(key), place)
            yield from _names(item, (*place, str(key)))
    elif isinstance(template, list | tuple):
        for index, item in enumerate(template):
            yield from _names(item, (*place, index))


def _looked_up(name: str, values: Values) -> Any:
    if name in values:
        return values[name]
    found: Any = values
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            raise KeyError(name)
        found = found[part]
    return found
