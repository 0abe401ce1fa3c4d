"""Look through plain data for secrets: the text in it, and what its keys call a secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from harness.lazy import pattern

_SECRET_KEY = pattern(r"key|secret|token|passw", re.IGNORECASE)


def names_secret(key: str, text: str, clean: Callable[[str], str]) -> bool:
    """Whether a key calls its text a secret, whatever that looks like."""
    return _SECRET_KEY.search(key) is not None and clean(f"{key}={text}") != f"{key}={text}"


def texts_in(rest: list[Any], *, long: int) -> list[str]:
    """All text in JSON-plain data, which is used up; what a key calls a secret is one, so that keys go with their text.

    Where a key and its text together are `long`, the short ones of the two are given by themselves, too: who takes short texts to
    be clean on their own sees them.
    """
    found: list[str] = []
    while rest:
        item = rest.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict | Mapping):
            for key, content in item.items():
                if isinstance(content, str):
                    together = f"{key}={content}"
                    found.append(together)
                    if len(together) >= long:
                        found += [part for part in (str(key), content) if len(part) < long]
                else:
                    found.append(str(key))
                    rest.append(content)
        elif isinstance(item, list | tuple):
            rest += item
    return found
