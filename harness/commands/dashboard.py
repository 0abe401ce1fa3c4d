"""Open the dashboard in a browser: what ran, what failed and why.

It listens on this machine only and reads the result store without ever writing to it. Given bundles that `finharness export` wrote, it
shows their runs instead, without a workspace and without touching one.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ConfigError, ExitCode, MissingExtra, UserError, os_errors

if TYPE_CHECKING:
    import subprocess

    from harness.workspace import Workspace

HOST = "127.0.0.1"
NEEDED = ("streamlit", "pandas", "numpy")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "bundle",
        nargs="*",
        type=Path,
        metavar="BUNDLE",
        help="show the runs of these bundles instead of the workspace's",
    )
    parser.add_argument("--port", type=int, default=8501, help="port to listen on; 0 takes a free one (default: 8501)")
    parser.add_argument("--headless", action="store_true", help="do not open a browser")


def run(options: argparse.Namespace) -> int:
    """Start the dashboard and wait until it is stopped."""
    from tempfile import TemporaryDirectory

    from harness.workspace import Workspace

    if not 0 <= options.port <= 65_535:
        raise UserError(f"{options.port} is no port", remedy="give one between 1024 and 65535", where="--port")
    _require()
    port = _port(options.port)
    if not options.bundle:
        return _serve(Workspace.find(config=options.config), port, headless=options.headless)
    with TemporaryDirectory(prefix="finharness-") as folder:
        return _serve(unpacked(options.bundle, Path(folder)), port, headless=options.headless)


def unpacked(bundles: Sequence[Path], folder: Path) -> Workspace:
    """A workspace in `folder` whose store holds the runs of these bundles.

    Raises:
        UserError: for a bundle that cannot be read.
    """
    from harness.bundle import import_bundle
    from harness.store import Store
    from harness.workspace import Workspace

    root = folder / (bundles[0].name.partition(".")[0] or "bundle")
    root.mkdir()
    (root / "harness.toml").write_text('[workspace]\nstore = ".harness/results.db"\n', encoding="utf-8")
    workspace = Workspace.find(config=str(root / "harness.toml"))
    with Store.open(workspace.store) as store:
        for bundle in bundles:
            import_bundle(store, bundle)
    return workspace


def _serve(workspace: Workspace, port: int, *, headless: bool) -> int:
    """Start Streamlit on a workspace and wait until it is stopped."""
    import subprocess

    from harness.frames import WORKSPACE_VARIABLE
    from harness.render.terminal import say

    config = workspace.root / workspace.where
    say(f"dashboard of {workspace.root.name}: http://{HOST}:{port}  (stop with Ctrl+C)")
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and settings
        command(app_path(workspace), port, headless=headless),
        env={**os.environ, WORKSPACE_VARIABLE: str(config)},
        cwd=workspace.root,
    )
    return _wait(process)


def command(app: Path, port: int, *, headless: bool) -> Sequence[str]:
    """The command line that serves the dashboard: on this machine only, calling nobody."""
    import sys

    settings = {
        "server.address": HOST,
        "server.port": port,
        "server.headless": headless,
        "server.showEmailPrompt": False,
        "server.fileWatcherType": "none",
        "server.enableStaticServing": False,
        "browser.gatherUsageStats": False,
        "browser.serverAddress": HOST,
        "client.toolbarMode": "viewer",
        "runner.magicEnabled": False,
        "client.showErrorDetails": "none",
        "theme.light.primaryColor": "#0072B2",
        "theme.dark.primaryColor": "#56B4E9",
        "theme.baseRadius": "small",
        "theme.light.codeTextColor": "#2f2d2b",
        "theme.dark.codeTextColor": "#edebe8",
    }
    flags = [f"--{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in settings.items()]
    # A name that leads here by DNS rebinding is refused.
    flags += [f"--server.allowedHosts={name}" for name in (HOST, "localhost")]
    return [sys.executable, "-m", "harness.frames.served", "run", str(app), *flags]


def app_path(workspace: Workspace) -> Path:
    """The workspace's own dashboard, else the one that comes with finharness.

    Raises:
        ConfigError: when neither is there.
    """
    import harness

    package = Path(harness.__file__).parent
    candidates = (
        workspace.root / "dashboard" / "app.py",
        package / "_workspace" / "dashboard" / "app.py",
        package.parent / "dashboard" / "app.py",  # an editable install: the repository is the first workspace
    )
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise ConfigError("no dashboard/app.py was found", remedy="install finharness again", where=str(candidates[1]))


def _require() -> None:
    from importlib.util import find_spec

    if any(find_spec(name) is None for name in NEEDED):
        raise MissingExtra("the dashboard", "dashboard")


def _port(wanted: int) -> int:
    """Check that the port is free, or find one; said before a browser opens on somebody else's page."""
    import socket

    with socket.socket() as probe:
        # As servers do; else a port is "in use" for a minute after the last dashboard.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with os_errors(
            UserError, f"port {wanted} cannot be used", remedy="name another one, or 0 for any", where="--port"
        ):
            probe.bind((HOST, wanted))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes]) -> int:
    import subprocess

    try:
        code = process.wait()
    except KeyboardInterrupt:
        try:
            process.wait(timeout=5)  # it has had the same signal from the terminal
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return ExitCode.PASSED
    return ExitCode.PASSED if code == 0 else ExitCode.INCOMPLETE
