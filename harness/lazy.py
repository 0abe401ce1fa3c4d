"""Let a package offer names whose modules are imported when they are first used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def exports(package: str, homes: Mapping[str, tuple[str, ...]]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make a package's `__getattr__` and `__dir__`.

    Workers and the help page need a few of a package's modules and are started often; the others cost them nothing so.

    Args:
        package: Its `__name__`.
        homes: Module of the package to the names it defines.
    """
    home_of = {name: home for home, names in homes.items() for name in names}
    space = vars(sys.modules[package])

    def find(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = space[name] = getattr(import_module(f"{package}.{home_of[name]}"), name)
        return found

    def listed() -> list[str]:
        return sorted({*space, *home_of})

    return find, listed
