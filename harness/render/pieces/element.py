"""Make HTML elements out of data: the one place where text becomes markup, and it is escaped on the way."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from markupsafe import Markup, escape

from harness.text import shorten, visible

__all__ = ["Markup", "code", "element", "joined", "spot", "text"]

LONGEST: Final = 20_000
"""Most characters of one piece of text; a page of a megabyte helps nobody."""

_ATTRIBUTE: Final = 2_000
_NO_ANCHOR = re.compile(r"[^A-Za-z0-9-]+")
_NAME = re.compile(r"[a-z][a-z0-9]*")
_ALONE = frozenset({"br", "hr", "img", "wbr"})


def element(name: str, *inside: object, **attributes: object) -> Markup:
    """An element; what is inside is escaped unless it is `Markup`, attributes always are.

    `class_` stands for `class`, other underscores for hyphens; None and False leave an attribute out, True gives it no value.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} names no element")
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _ALONE:
        return Markup(f"<{name}{written}>")  # noqa: S704 - made of escaped parts
    return Markup(f"<{name}{written}>{joined(inside)}</{name}>")  # noqa: S704 - made of escaped parts


def text(item: object, limit: int = LONGEST) -> Markup:
    """Data as text: nothing in it is markup, hides or reorders anything, and it has a bounded length."""
    return escape(shorten(visible(str(item)), limit))


def code(item: object, limit: int = LONGEST) -> Markup:
    """Data in a fixed-width font."""
    return element("code", text(item, limit))


def joined(parts: Iterable[object]) -> Markup:
    """Several pieces one after the other; None is nothing."""
    return Markup("").join(part if isinstance(part, Markup) else text(part) for part in parts if part is not None)


def spot(anchor: str, kind: str, name: object) -> str:
    """The id of a place in a page, whatever a step is called."""
    return f"{anchor}-{kind}-{_NO_ANCHOR.sub('-', str(name))[:60]}"


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if name.startswith("on") or name in {"srcdoc", "src"}:
        raise ValueError(f"no piece has the attribute {name!r}")
    if name == "href" and not str(value).startswith(("#", "?", "/?", "/")):
        raise ValueError("pieces link inside their own page or dashboard only")
    limit = LONGEST if name == "style" else _ATTRIBUTE
    return f" {name}" if value is True else f' {name}="{text(value, limit)}"'
