"""The masking rules of a workspace: ours, and its own from harness.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import ConfigError, HarnessError
from harness.workspace import RedactSettings

from .redact import Redactor
from .rules import CREDENTIALS, PERSONAL, FunctionRule, Masking, Rule


def redactor(environ: Mapping[str, str], settings: Sequence[RedactSettings], root: Path) -> Redactor:
    """Make what cleans everything that is sent: an environment's secrets, our rules, and the workspace's own.

    Raises:
        ConfigError: for a rule that cannot be used.
    """
    return Redactor(environ, (*CREDENTIALS, *PERSONAL, *own_rules(settings, root)))


def own_rules(settings: Sequence[RedactSettings], root: Path) -> tuple[Masking, ...]:
    """Make the rules of harness.toml.

    Raises:
        ConfigError: for a rule that cannot be used.
    """
    return tuple(_rule(item, root, f"harness.toml: telemetry.redact[{index}]") for index, item in enumerate(settings))


def _rule(item: RedactSettings, root: Path, where: str) -> Masking:
    if (item.pattern is None) == (item.function is None):
        raise ConfigError(
            f"the masking rule {item.name!r} needs a pattern or a function, and not both",
            remedy="write pattern = '...' or function = 'rules.py:mask'",
            where=where,
        )
    if item.pattern is not None:
        return Rule(item.name, _compiled(item.name, item.pattern, where), stored=item.stored)
    from harness.workspace import load_target

    try:
        function = load_target(root, str(item.function))
    except HarnessError as error:
        raise ConfigError(f"the masking rule {item.name!r}: {error}", remedy="correct it", where=where) from error
    if not callable(function):
        raise ConfigError(f"{item.function!r} is no function", remedy="name a function of text to text", where=where)
    return FunctionRule(item.name, function)


def _compiled(name: str, source: str, where: str) -> re.Pattern[str]:
    try:
        found = re.compile(source)
    except re.error as error:
        raise ConfigError(
            f"the masking rule {name!r} is no regular expression: {error}",
            remedy="correct the pattern; in TOML write it in single quotes",
            where=where,
        ) from error
    if found.search(""):
        raise ConfigError(
            f"the masking rule {name!r} finds empty text",
            remedy="write a pattern that needs a character at least",
            where=where,
        )
    return found
