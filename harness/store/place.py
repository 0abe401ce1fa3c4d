"""Tell whether the store's folder is one that SQLite's log can be trusted on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_SHARED: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs"}
)
_ESCAPES: Final = (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\"))


def network_file_system(path: Path, mounts: str | None = None) -> str | None:
    """The kind of network file system that a path is on; None where it is on none, or nobody can tell.

    Args:
        path: Where the store is or will be.
        mounts: Content of /proc/self/mounts, for tests.
    """
    if mounts is None:
        try:
            mounts = Path("/proc/self/mounts").read_text("utf-8", "surrogateescape")
        except OSError:  # not on Linux
            return None
    place, found = os.path.realpath(path), ("", "")
    for line in mounts.splitlines():
        _, point, kind, *_ = [*line.split(" "), "", "", ""]
        for escape, character in _ESCAPES:
            point = point.replace(escape, character)
        if (place == point or place.startswith(f"{point.rstrip('/')}/")) and len(point) >= len(found[0]):
            found = point, kind
    return found[1] if found[1] in _SHARED else None


def place_warnings(path: Path) -> tuple[str, ...]:
    """What a person should know of the store's place."""
    kind = network_file_system(path)
    if kind is None:
        return ()
    return (
        f"the store is on a network file system ({kind}), whose locks may fail: set a local `store` in harness.toml",
    )
