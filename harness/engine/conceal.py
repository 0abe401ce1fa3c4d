"""Hide from workers what agents are graded by: cases, rubrics, baselines and the store.

Where Linux lets us, the process that workers are forked from gets a view of the file system of its own, in which those folders
are empty. An agent that runs as root, or that may look into other processes of its user, can get around it; a container
cannot be replaced by this. `finharness doctor` says whether it is in force.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:  # the process that workers are forked from imports this, and should stay small
    from collections.abc import Iterable

    from harness.workspace import AgentSettings, Workspace

_CLONE_NEWNS: Final = 0x0002_0000
_CLONE_NEWUSER: Final = 0x1000_0000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 1, 2, 4, 8, 0x4000, 0x4_0000


def concealable(workspace: Workspace, agents: Iterable[AgentSettings]) -> tuple[str, ...]:
    """The folders to hide; none in which an agent, its policy or its world lies, or that holds the whole workspace."""
    from pathlib import Path

    root = workspace.root.resolve()
    named = [target for agent in agents for target in (agent.target, agent.policy, agent.world) if target]
    needed = [(root / target.rpartition(":")[0]).resolve() for target in named]
    recordings = root / workspace.cassettes.folder
    kept = (workspace.store.parent, workspace.audit_log.parent, recordings)
    wanted = (workspace.cases, workspace.judges, workspace.reports, *kept)
    folders = [Path(folder).resolve() for folder in wanted]
    return tuple(
        dict.fromkeys(
            str(folder)
            for folder in folders
            if folder.is_dir()
            and not root.is_relative_to(folder)
            and not any(file.is_relative_to(folder) for file in needed)
        )
    )


def conceal(folders: Iterable[str]) -> bool:
    """Make folders empty for this process and all that it starts; False where the system does not allow it.

    The process must have one thread.
    """
    wanted = list(folders)
    if not wanted or not hasattr(os, "fork") or os.uname().sysname != "Linux":
        return False
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if not _own_view(libc.unshare):
        return False
    none = ctypes.c_char_p(b"none")
    if libc.mount(none, ctypes.c_char_p(b"/"), None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None) != 0:
        return False
    flags = ctypes.c_ulong(_MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    tmpfs, small = ctypes.c_char_p(b"tmpfs"), ctypes.c_char_p(b"size=4k,mode=755")
    return all(
        libc.mount(none, ctypes.c_char_p(os.fsencode(folder)), tmpfs, flags, small) == 0
        for folder in wanted
        if os.path.isdir(folder)  # noqa: PTH112
    )


def possible() -> bool:
    """Whether this system lets us, found out by trying it in another process."""
    import subprocess
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        code = "import sys; from harness.engine.conceal import conceal; sys.exit(not conceal(sys.argv[1:]))"
        words = [sys.executable, "-c", code, folder]
        return subprocess.run(words, check=False, capture_output=True, timeout=60).returncode == 0  # noqa: S603


def _own_view(unshare: Any) -> bool:
    """Get a mount namespace: as root at once, else within a user namespace in which we are who we were."""
    if unshare(_CLONE_NEWNS) == 0:
        return True
    user, group = os.getuid(), os.getgid()
    if unshare(_CLONE_NEWUSER | _CLONE_NEWNS) != 0:
        return False
    try:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123
                file.write(text)
    except OSError:
        return False
    return True
