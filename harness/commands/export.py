"""Write a run to one file that carries all of it: cases, results, traces, hashes.

finharness export                     the latest run, to <id>.finharness.zip
finharness export latest~1 -o run.finharness.zip

`finharness import bundle FILE` reads it back, here or elsewhere.
"""

from __future__ import annotations

import argparse

from harness.errors import ExitCode


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("run", nargs="?", default="latest", metavar="RUN", help="run to export (default: latest)")
    parser.add_argument("-o", "--output", metavar="FILE", help="file to write (default: <id>.finharness.zip)")


def run(options: argparse.Namespace) -> int:
    """Write the bundle."""
    from pathlib import Path

    from harness.bundle import export_bundle
    from harness.render.terminal import say
    from harness.store import Store
    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    with Store.open(workspace.store, readonly=True) as store:
        row = store.run(options.run)
        target = Path(options.output or f"{row.id}.finharness.zip")
        export_bundle(store, row, target)
    say(f"wrote {target}: run {row.id}, {row.done} of {row.planned} trials, {target.stat().st_size:,} bytes")
    say(f"next: finharness import bundle {target}")
    return ExitCode.PASSED
