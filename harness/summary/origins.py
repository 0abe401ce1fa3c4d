"""Say what besides the cases is not the same in two runs: the agents' code and settings, models, versions, the commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.model import RunManifest
from harness.text import one_line

_NAMED = 5


def differences(before: RunManifest, after: RunManifest) -> tuple[str, ...]:
    """What differs, in words; what one of the runs did not write down is not told of.

    Agents that only one of the runs has are what it is about, not a difference of theirs.
    """
    return tuple(one_line(text, 400) for text in _all(before, after))


def code_changes(before: RunManifest, after: RunManifest) -> tuple[str, ...]:
    """The files of agents that both runs have and that were not the same."""
    old, new = _part(before, "code"), _part(after, "code")
    return tuple(sorted(file for file in old.keys() & new.keys() if old[file] != new[file]))


def _all(before: RunManifest, after: RunManifest) -> Iterator[str]:
    files = code_changes(before, after)
    if files:
        more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
        yield f"code of the agents: {', '.join(files[:_NAMED])}{more}"
    old, new = _part(before, "agents"), _part(after, "agents")
    for name in sorted(old.keys() & new.keys()):
        keys = sorted(key for key in {*old[name], *new[name]} if old[name].get(key) != new[name].get(key))
        if keys:
            yield f"settings of {name}: {', '.join(keys)}"
    for what, then, now in (("model of", before.models, after.models), ("version of", before.packages, after.packages)):
        for name in sorted(then.keys() & now.keys()):
            if then[name] != now[name]:
                yield f"{what} {name}: {then[name]} -> {now[name]}"
    if before.git_commit and after.git_commit and before.git_commit != after.git_commit:
        yield f"commit: {before.git_commit[:10]} -> {after.git_commit[:10]}"


def _part(manifest: RunManifest, name: str) -> Mapping[str, Any]:
    part: Any = manifest.config.get(name)
    return part if isinstance(part, Mapping) else {}
