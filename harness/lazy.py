"""Put work off until it is asked for: importing the modules of a package, compiling regular expressions."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib import import_module
from typing import Any, cast


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


class _Later:
    """A regular expression that compiles itself when one of its methods is first asked for."""

    def __init__(self, source: str, flags: int) -> None:
        self._source = source
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._source, self._flags)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # copying and pickling ask for names that no pattern has
            raise AttributeError(name)
        found = self.__dict__[name] = getattr(self._compiled, name)
        return found


def pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    """Make a regular expression that is compiled at its first use.

    Compiling the expressions that read figures takes longer than importing them; many runs read none.
    """
    return cast("re.Pattern[str]", _Later(source, flags))
