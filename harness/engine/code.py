"""Find the files of a workspace that agents are made of, and say what is in them, without importing any of it.

An agent's own modules are those that its file reaches by relative imports, and so on from there: a workspace's files reach each
other in no other way. A file beside a module that it names (`knowledge.json`) belongs to it, too. What is put together only while
the agent runs is not seen.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from stat import S_ISREG
from typing import Final

from harness.workspace import AgentSettings

_MOST_FILES: Final = 2_000
_LARGEST: Final = 4 << 20
_DATA: Final = (".csv", ".j2", ".jinja", ".json", ".jsonl", ".md", ".sql", ".toml", ".txt", ".yaml", ".yml")


def code_of(agents: Sequence[AgentSettings], root: Path) -> dict[str, str]:
    """SHA-256 of the files that agents are made of, beginnings only, by their path under the root."""
    from harness.suites.digests import digest_of

    waiting = deque(sorted({file for agent in agents for file in _named_by(agent)}))
    folders, found, seen = Folders(str(root)), dict[str, str](), set(waiting)
    while waiting and len(found) < _MOST_FILES:
        file = waiting.popleft()
        content = _content(f"{root}/{file}")
        if content is None:
            continue  # that it cannot be loaded is said elsewhere
        found[file] = digest_of(content)[:16]
        for other in _reached(file, content, folders) if file.endswith(".py") else ():
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return dict(sorted(found.items()))


def _named_by(agent: AgentSettings) -> Iterator[str]:
    for target in (agent.target, agent.policy, agent.world, agent.mutant):
        if target:
            yield os.path.normpath(target.partition(":")[0])


def _content(path: str) -> bytes | None:
    try:
        about = os.stat(path)  # noqa: PTH116 - a hundred files in a few milliseconds
        if not S_ISREG(about.st_mode) or about.st_size > _LARGEST:
            return None
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()
    except (OSError, ValueError):
        return None


class Folders:
    """What is in the folders under a root, looked up once each."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._known: dict[str, frozenset[str]] = {}

    def names(self, folder: str) -> frozenset[str]:
        """The names in a folder; none where there is no such folder."""
        found = self._known.get(folder)
        if found is None:
            try:
                found = frozenset(os.listdir(f"{self._root}/{folder}"))  # noqa: PTH208
            except OSError:
                found = frozenset()
            self._known[folder] = found
        return found

    def module(self, folder: str, name: str) -> Iterator[str]:
        """The file of a module, or of a package, where it is one."""
        names = self.names(folder)
        if f"{name}.py" in names:
            yield _joined(folder, f"{name}.py")
        elif name in names and "__init__.py" in self.names(_joined(folder, name)):
            yield _joined(folder, name, "__init__.py")


def _reached(file: str, content: bytes, folders: Folders) -> Iterator[str]:
    """The files that a module brings along."""
    folder = os.path.dirname(file)  # noqa: PTH120
    above = folder
    while True:
        if "__init__.py" in folders.names(above):
            yield _joined(above, "__init__.py")
        if not above:
            break
        above = os.path.dirname(above)  # noqa: PTH120
    for level, package, names in imports(content):
        place: str | None = folder
        for _ in range(level - 1):
            place = os.path.dirname(place) if place else None  # noqa: PTH120
        if place is not None:
            yield from _imported(place, package, names, folders)
    for name in folders.names(folder):
        if name.endswith(_DATA) and name.encode("utf-8", "surrogateescape") in content:
            yield _joined(folder, name)


def _imported(place: str, package: str, names: Sequence[str], folders: Folders) -> Iterator[str]:
    *above, last = package.split(".") if package else [""]
    folder = _joined(place, *above)
    if last:
        yield from folders.module(folder, last)
        folder = _joined(folder, last)
    for name in names:
        yield from folders.module(folder, name)


def imports(content: bytes) -> Iterator[tuple[int, str, list[str]]]:
    """The relative imports of a module: how many dots, the name after them, and what is imported from there."""
    content = content.replace(b"\\\n", b" ")
    at = -1
    while (at := content.find(b"from .", at + 1)) >= 0:
        before = content[content.rfind(b"\n", 0, at) + 1 : at].strip()
        if before and before[-1:] not in b";:":
            continue  # not the beginning of a statement
        end = content.find(b"\n", at)
        line = content[at : end if end >= 0 else len(content)].partition(b";")[0]
        if b"(" in line:
            end = content.find(b")", at)
            line = content[at : end if end >= 0 else len(content)].replace(b"(", b" ").replace(b",", b" ")
        source, word, names = line[5:].partition(b" import ")
        dotted = source.strip().decode("utf-8", "replace")
        package = dotted.lstrip(".")
        if word:
            yield len(dotted) - len(package), package, names.decode("utf-8", "replace").replace(",", " ").split()


def _joined(*parts: str) -> str:
    return "/".join(part for part in parts if part)
