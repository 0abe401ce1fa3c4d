"""Use an installed wheel as a newcomer would: three commands in an empty folder, and pytest, without network.

usage: python ci/newcomer.py WHEEL
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FORBIDDEN = {"agents", "cases", "judges", "reports", "dashboard", "tests", "bench"}


def main() -> int:
    """Run every step; the first that is not as promised ends it."""
    wheel = Path(sys.argv[1])
    only_harness(wheel)
    with tempfile.TemporaryDirectory(prefix="newcomer-") as folder:
        isolated = network_less()
        starter = Path(folder) / "starter"
        starter.mkdir()
        first = step(starter, isolated, 0, "finharness", "init")
        step(starter, isolated, 0, "finharness", "validate")
        failing = step(starter, isolated, 1, "finharness", "eval")
        expect("expected" in failing and "actual" in failing, "the failing case is explained in the terminal")
        expect("eval" in first, "init names the next command")
        parallel = step(
            starter,
            isolated,
            1,
            sys.executable,
            "-m",
            "pytest",
            "cases",
            "-p",
            "harness.pytest_plugin",
            "-n",
            "2",
            "-q",
        )
        expect("1 failed, 2 passed" in parallel, "pytest -n 2 gives the same three results")
        demo = Path(folder) / "demo"
        demo.mkdir()
        step(demo, isolated, 0, "finharness", "init", "--demo")
        step(demo, isolated, 0, "finharness", "validate")
        step(demo, isolated, 0, "finharness", "eval", "cases/alex")
    print(
        "newcomer: every step was as promised" + ("" if isolated else " (network was not cut off: not permitted here)")
    )
    return 0


def only_harness(wheel: Path) -> None:
    """The wheel must own one import name."""
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
        expect(not tops & FORBIDDEN, f"only `harness` is importable, found {sorted(tops)}")
        stray = [name for name in archive.namelist() if "__pycache__" in name or "/out/" in name]
        expect(not stray, f"nothing generated is shipped, found {stray[:3]}")
        expect(
            any(name.startswith("harness/_workspace/agents/") for name in archive.namelist()), "the workspace is inside"
        )


def network_less() -> list[str]:
    """Command prefix that cuts the network off, where the system permits it; required in CI."""
    unshare = shutil.which("unshare")
    for flags in (["--net"], ["--net", "--map-root-user"]):
        if unshare and subprocess.run([unshare, *flags, "true"], capture_output=True, check=False).returncode == 0:
            return [unshare, *flags]
    expect(os.environ.get("CI") != "true", "CI must be able to run without network (unshare)")
    return []


def step(folder: Path, prefix: list[str], code: int, *command: str) -> str:
    """Run one command and insist on its exit code; return what it printed."""
    words = [shutil.which(command[0], path=str(Path(sys.executable).parent)) or command[0], *command[1:]]
    environment = {key: text for key, text in os.environ.items() if not key.endswith(("_KEY", "_TOKEN", "_SECRET"))}
    done = subprocess.run(
        [*prefix, *words], cwd=folder, capture_output=True, text=True, env=environment, check=False, timeout=300
    )
    printed = done.stdout + done.stderr
    if done.returncode != code:
        print(printed)
    expect(done.returncode == code, f"`{' '.join(command)}` exits {code}, not {done.returncode}")
    print(f"newcomer: {' '.join(command)} -> {done.returncode}")
    return printed


def expect(held: bool, promise: str) -> None:
    """Stop with the promise that was not kept."""
    if not held:
        sys.exit(f"newcomer: not as promised: {promise}")


if __name__ == "__main__":
    sys.exit(main())
