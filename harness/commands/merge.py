"""Put runs together: the shards of one plan, or runs of one commit.

finharness merge shard-1.finharness.zip shard-2.finharness.zip
finharness merge 20261121-101502-3f9c21 20261121-101503-a0b1c2

Bundles and runs of the store may be mixed, in any order, and again: the same parts always give the same run, with one result
per trial. Exit codes are those of `finharness eval`, and 3 while a shard is still absent.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ExitCode

if TYPE_CHECKING:
    from harness.store import Store


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("parts", nargs="+", metavar="PART", help="bundle file, or run of the store")
    parser.add_argument(
        "--fail-on", action="append", default=[], choices=["undecided"], help="end with 3 on these, too"
    )


def run(options: argparse.Namespace) -> int:
    """Merge, and say what came of it."""
    from harness.bundle import merge
    from harness.render.report import report
    from harness.render.terminal import say
    from harness.store import Store
    from harness.summary import exit_code, summarise
    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    with Store.open(workspace.store) as store:
        done = merge(store, [_run_of(store, part) for part in options.parts])
        row = store.run(done.run)
        summary = summarise(row, store.results(row.id), store.missing(row.id), store.replaced(row.id))
        told = [result for result in store.results(row.id) if result.status != "passed"]
        say()
        report(summary, told, latest=store.run("latest").id == row.id)
    say(f"merged {len(options.parts)} parts into run {done.run}: {row.done} of {done.planned} trials, {done.added} new")
    if done.absent:
        say(f"absent: shard {', '.join(map(str, done.absent))}; merge again when they are there")
        return ExitCode.INCOMPLETE
    say(f"next: finharness report {done.run}")
    return int(exit_code(summary, options.fail_on))


def _run_of(store: Store, part: str) -> str:
    """The run that a part stands for; a bundle is read into the store first."""
    if not Path(part).is_file():
        return store.run(part).id
    from harness.bundle import import_bundle

    return import_bundle(store, Path(part)).run
