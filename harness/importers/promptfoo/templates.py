"""Fill promptfoo's `{{ name }}` in; what else Nunjucks can do is refused by name, so that nothing is asked half-filled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Final

_PLACE: Final = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_]\w*(?:\.\w+|\[\d+\])*")
_DEEPEST: Final = 5
_ONLY: Final = re.compile(r"\s*\{\{-?\s*([A-Za-z_]\w*(?:\.\w+|\[\d+\])*)\s*-?\}\}\s*")


class TemplateError(ValueError):
    """Text that we cannot fill in."""


def filled(item: Any, variables: Mapping[str, Any]) -> Any:
    """Any data with its texts filled in; text that is one placeholder becomes the variable itself.

    Raises:
        TemplateError: for anything but the names of known variables.
    """
    if isinstance(item, Mapping):
        return {key: filled(inner, variables) for key, inner in item.items()}
    if isinstance(item, list):
        return [filled(inner, variables) for inner in item]
    if not isinstance(item, str):
        return item
    if "{%" in item:
        raise TemplateError("a Nunjucks block ({% ... %})")
    whole = _ONLY.fullmatch(item)
    if whole:
        return _value(whole[1], variables)
    return _PLACE.sub(lambda found: _text(_value(found[1], variables)), item)


def settled(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Variables with each other filled in.

    Raises:
        TemplateError: when one cannot be, or they go round in circles.
    """
    found = dict(variables)
    for _ in range(_DEEPEST):
        following = {name: filled(item, found) for name, item in found.items()}
        if following == found:
            return found
        found = following
    raise TemplateError("variables that refer to each other without end")


def combinations(variables: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One set of variables for each combination of the lists among them, as promptfoo makes them."""
    names = [name for name, item in variables.items() if isinstance(item, list)]
    for chosen in product(*(variables[name] for name in names)):
        yield {**variables, **dict(zip(names, chosen, strict=True))}


def _value(name: str, variables: Mapping[str, Any]) -> Any:
    if not _NAME.fullmatch(name):
        raise TemplateError(f"a Nunjucks expression ({{{{ {name[:40]} }}}})")
    found: Any = variables
    for part in re.split(r"[.\[\]]+", name.rstrip("]")):
        if isinstance(found, Mapping) and part in found:
            found = found[part]
        elif isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            raise TemplateError(f"the variable {name!r}, which has no value")
    return found


def _text(found: Any) -> str:
    import json

    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
