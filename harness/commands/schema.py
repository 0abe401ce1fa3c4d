"""Write the JSON Schemas that let editors complete and check suites.

They go into .harness/schema/. A suite names its schema in its first line:
  # yaml-language-server: $schema=../.harness/schema/suite.json
"""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.errors import ExitCode


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a schema is out of date")
    parser.add_argument(
        "--docs", metavar="FOLDER", help="write the reference pages cases.md and checks.md there instead"
    )


def run(options: argparse.Namespace) -> int:
    """Write or compare."""
    from harness.render.terminal import say
    from harness.schema import write_schemas
    from harness.workspace import Workspace

    if options.docs is not None:
        return _docs(Path(options.docs), check=options.check)
    root = Workspace.find(config=options.config).root
    if options.check:
        return _check(root)
    for path in write_schemas(root):
        say(f"wrote {path.relative_to(root)}")
    return ExitCode.PASSED


def _check(root: Path) -> int:
    from harness.render.terminal import say
    from harness.schema import stale

    old = stale(root)
    for name in old:
        say(f"{name} is missing or out of date")
    say("run `finharness schema` to write it" if old else "the schemas are current")
    return ExitCode.FAILED if old else ExitCode.PASSED


def _docs(folder: Path, *, check: bool) -> int:
    from harness.render.terminal import say
    from harness.schema import differs, pages, write_pages

    if not check:
        for path in write_pages(folder):
            say(f"wrote {path}")
        return ExitCode.PASSED
    old = [name for name, text in pages().items() if differs(folder / name, text)]
    for name in old:
        say(f"{folder / name} is out of date")
    return ExitCode.FAILED if old else ExitCode.PASSED
