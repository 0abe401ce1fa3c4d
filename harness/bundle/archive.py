"""Open a zip file that anybody may have made: bounded, checked against its own hashes, and never unpacked to disk."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from harness.errors import UserError
from harness.shape import MisfitsError, read

from .layout import FORMAT, MANIFEST, PARTS, VERSION, BundleManifest

MOST_BYTES = 2 << 30
"""Uncompressed size of a bundle that is still read."""

MOST_IN_LINE = 64 << 20
"""Longest line that is still read."""

_MOST_IN_MANIFEST = 4 << 20
_CHUNK = 1 << 20


class Archive:
    """A bundle whose hashes agree with its content."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive
        self._check_size()
        self.manifest = self._manifest()
        self._check_entries()
        for name in PARTS[self.manifest.version]:
            self._check_part(name)

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Archive]:
        """Open a bundle and check it whole.

        Raises:
            UserError: for anything that is not an intact bundle.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                yield cls(path, archive)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
            raise _refusal(path, f"it is not an intact zip file ({error})") from error
        except OSError as error:
            raise UserError(
                f"it cannot be read ({error.strerror})",
                remedy="name a bundle that `finharness export` wrote",
                where=str(path),
            ) from error

    def lines(self, name: str) -> Iterator[Any]:
        """The rows of a part, as plain data."""
        with self._archive.open(name) as file:
            for number, line in enumerate(iter(lambda: file.readline(MOST_IN_LINE + 1), b""), 1):
                if len(line) > MOST_IN_LINE:
                    self.refuse(f"{name}:{number} is longer than {MOST_IN_LINE >> 20} MiB")
                yield self._json(line, f"{name}:{number}")

    def rows(self, name: str, kind: type) -> Iterator[Any]:
        """The rows of a part, as values of that kind."""
        for number, data in enumerate(self.lines(name), 1):
            try:
                yield read(kind, data)
            except (MisfitsError, RecursionError) as error:
                self.refuse(f"{name}:{number}: {error}")

    def refuse(self, problem: str) -> NoReturn:
        """Give up on the file."""
        raise _refusal(self.path, problem)

    def has(self, name: str) -> bool:
        """Whether bundles of its version have that part."""
        return name in self.manifest.parts

    def _check_entries(self) -> None:
        parts = PARTS[self.manifest.version]
        if sorted(entry.filename for entry in self._archive.infolist()) != sorted((MANIFEST, *parts)):
            self.refuse(f"a bundle holds {MANIFEST}, {', '.join(parts)} and nothing else")
        if sorted(self.manifest.parts) != sorted(parts):
            self.refuse(f"{MANIFEST} does not name the parts")

    def _check_size(self) -> None:
        entries = self._archive.infolist()
        if [entry.filename for entry in entries].count(MANIFEST) != 1:
            self.refuse(f"a bundle holds one {MANIFEST}")
        if any(entry.flag_bits & 0x1 for entry in entries):
            self.refuse("it is encrypted")
        if sum(entry.file_size for entry in entries) > MOST_BYTES:
            self.refuse(f"it unpacks to more than {MOST_BYTES >> 30} GiB")

    def _manifest(self) -> BundleManifest:
        with self._archive.open(MANIFEST) as file:
            content = file.read(_MOST_IN_MANIFEST + 1)
        if len(content) > _MOST_IN_MANIFEST:
            self.refuse(f"{MANIFEST} is too large")
        data = self._json(content, MANIFEST)
        if isinstance(data, dict) and data.get("format") == FORMAT and data.get("version") not in {*PARTS}:
            raise UserError(
                f"it has version {data.get('version')}, and this finharness reads versions up to {VERSION}",
                remedy="pip install --upgrade finharness",
                where=str(self.path),
            )
        try:
            manifest: BundleManifest = read(BundleManifest, data)
        except (MisfitsError, RecursionError) as error:
            self.refuse(f"{MANIFEST}: {error}")
        return manifest

    def _check_part(self, name: str) -> None:
        """Read a part once through, so that nothing is believed before all of it is known to be whole."""
        said = self.manifest.parts[name]
        digest, size, lines = hashlib.sha256(), 0, 0
        with self._archive.open(name) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size, lines = size + len(chunk), lines + chunk.count(b"\n")
                if size > said.bytes:
                    break
        if (digest.hexdigest(), size, lines) != (said.sha256, said.bytes, said.lines):
            self.refuse(f"{name} is not what {MANIFEST} says: its hash or size differs")

    def _json(self, content: bytes, place: str) -> Any:
        try:
            return json.loads(content, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            self.refuse(f"{place} is no JSON ({error})")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _refusal(path: Path, problem: str) -> UserError:
    return UserError(problem, remedy="make the bundle again with `finharness export`", where=str(path))
