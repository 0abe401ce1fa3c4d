"""Make one case per combination of its variables, and fill them in."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Final

from harness.document import FileProblems, Mistake, Site
from harness.errors import SuiteError
from harness.model import fingerprint
from harness.shape import Path as DataPath

from .fixtures import PREFIX, Fixtures
from .template import TemplateError, is_template, names_in, render

MOST_TEXT: Final = 64 << 20
"""Most characters that one file's variables may make."""

MOST_COMBINATIONS: Final = 10_000
"""Most cases that one case's variables may make."""

_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_LITERAL_KEYS: Final = frozenset({"vars", "id"})


class TooMuchError(SuiteError):
    """Variables that would fill the memory; nothing more is filled in."""


@dataclass(slots=True)
class Filler:
    """Replaces `{{ name }}` and `file://` in what one file says."""

    fixtures: Fixtures
    """Reads fixtures."""

    folder: Path
    """Folder that fixture paths start from."""

    mistakes: list[Mistake] = field(default_factory=list)
    """What could not be filled in."""

    written: int = 0
    """Characters made so far."""

    def fill(self, item: Any, variables: Mapping[str, Any], site: Site) -> Any:
        """Copy plain data with everything filled in; keys and a case's `vars` and `id` are literal."""
        return self._fill(item, variables, site, ())

    def _fill(self, item: Any, variables: Mapping[str, Any], site: Site, path: DataPath) -> Any:
        if isinstance(item, str):
            return self._text(item, variables, site, path) if has_spots(item) else item
        if isinstance(item, dict):
            return {
                key: part if not path and key in _LITERAL_KEYS else self._fill(part, variables, site, (*path, key))
                for key, part in item.items()
            }
        if isinstance(item, list):
            return [self._fill(part, variables, site, (*path, index)) for index, part in enumerate(item)]
        return item

    def _text(self, text: str, variables: Mapping[str, Any], site: Site, path: DataPath) -> Any:
        try:
            filled = self._render(text, variables) if is_template(text) else text
            return self.fixtures.fetch(str(filled), self.folder) if text.startswith(PREFIX) else filled
        except TooMuchError:
            raise
        except (TemplateError, SuiteError) as error:
            self.mistakes.append(site.mistake(error.problem, error.remedy, *path))
        except FileProblems as error:
            self.mistakes.extend(error.mistakes)
        return text

    def _render(self, text: str, variables: Mapping[str, Any]) -> Any:
        filled = render(text, variables)
        self.written += len(filled) if isinstance(filled, str) else 0
        if self.written > MOST_TEXT:  # 1 MiB of YAML can ask for ten thousand copies of itself
            raise TooMuchError("the variables of this file make too much text", remedy="use shorter texts or lists")
        return filled

    def variables(self, given: Mapping[str, Any] | None, site: Site) -> dict[str, Any]:
        """Variables with the fixtures they name; their text is otherwise literal."""
        return {
            name: self._text(item, {}, site, (name,)) if isinstance(item, str) and item.startswith(PREFIX) else item
            for name, item in (given or {}).items()
        }


def mentioned(item: Any) -> set[str]:
    """Variables that plain data mentions, outside `vars` and `id`."""
    if isinstance(item, str):
        return names_in(item) if "{{" in item else set()
    if isinstance(item, dict):
        return set().union(*(mentioned(part) for key, part in item.items() if key not in _LITERAL_KEYS))
    if isinstance(item, list):
        return set().union(*map(mentioned, item))
    return set()


def has_spots(item: Any) -> bool:
    """Whether plain data has anything to fill in."""
    if isinstance(item, str):
        return "{{" in item or item.startswith(PREFIX)
    if isinstance(item, dict):
        return any(map(has_spots, item.values()))
    return isinstance(item, list) and any(map(has_spots, item))


def combinations(variables: Mapping[str, Any], used: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every combination of the lists among the variables in use, with the suffix of its case id.

    Raises:
        SuiteError: for more than `MOST_COMBINATIONS`, or a list that is empty or repeats itself.
    """
    axes = {name: items for name, items in variables.items() if isinstance(items, list) and name in used}
    labels = {name: [_label(item) for item in items] for name, items in axes.items()}
    for name, texts in labels.items():
        if not texts or len(set(texts)) != len(texts):
            raise SuiteError(
                f"the variable {name!r} {'repeats a value' if texts else 'has no values'}",
                remedy="list each value once",
            )
    count = math.prod(len(items) for items in axes.values())
    if count > MOST_COMBINATIONS:
        raise SuiteError(
            f"the variables make {count} cases, more than {MOST_COMBINATIONS}",
            remedy="use shorter lists or several cases",
        )
    for choice in product(*(range(len(items)) for items in axes.values())):
        chosen = dict(zip(axes, choice, strict=True))
        suffix = ",".join(f"{name}={labels[name][index]}" for name, index in chosen.items())
        yield (
            f"[{suffix}]" if suffix else "",
            {**variables, **{name: axes[name][index] for name, index in chosen.items()}},
        )


def _label(item: Any) -> str:
    """A short stable name of a variable's value: itself where it is a word, its `id` or `name`, or a hash."""
    named = item.get("id", item.get("name")) if isinstance(item, dict) else item
    text = str(named).lower() if isinstance(named, bool) else str(named)
    if isinstance(named, str | int | float) and _LABEL.fullmatch(text):
        return text
    return fingerprint(item)[:8]
