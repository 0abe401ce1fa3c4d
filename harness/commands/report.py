"""Report on a stored run, in the terminal or as files.

finharness report                         the latest run
finharness report latest~1 -o report.html -o results.junit.xml
"""

from __future__ import annotations

import argparse

from harness.errors import ExitCode


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "run", nargs="?", default="latest", metavar="RUN", help="id, latest or latest~1 (default: latest)"
    )
    parser.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help="write a file instead: .json .jsonl .csv .md .html .junit.xml; may be given several times",
    )


def run(options: argparse.Namespace) -> int:
    """Write the report; a report of a failed run is itself no failure."""
    from harness.render.files import check_target, write
    from harness.render.report import report
    from harness.render.terminal import say
    from harness.store import Store
    from harness.summary import summarise
    from harness.workspace import Workspace

    for target in options.output:
        check_target(target)
    workspace = Workspace.find(config=options.config)
    with Store.open(workspace.store, readonly=True) as store:
        row = store.run(options.run)
        summary = summarise(row, store.results(row.id), store.missing(row.id))
        for target in options.output:
            write(target, summary, store.results(row.id, traces=True), templates=workspace.reports / "templates")
            say(f"wrote {target}")
        if not options.output:
            report(summary, store.results(row.id), latest=row.id == store.run().id)
    return ExitCode.PASSED
