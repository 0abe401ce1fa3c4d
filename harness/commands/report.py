"""Report on a stored run, in the terminal or as files.

finharness report                         the latest run
finharness report --html                  one page that tells each case in trouble whole
finharness report latest~1 -o report.html -o results.junit.xml
finharness report --github                annotations and the summary page of a GitHub Actions job
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from harness.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from harness.store import Store
    from harness.summary import Summary


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
    parser.add_argument(
        "--html",
        nargs="?",
        const="report.html",
        metavar="FILE",
        help="write one self-contained page (default: report.html)",
    )
    parser.add_argument(
        "--case",
        action="append",
        default=[],
        metavar="ID",
        help="tell this case whole in the page even if it passed; * matches",
    )
    parser.add_argument("--github", action="store_true", help="annotations, and the page named by GITHUB_STEP_SUMMARY")


def run(options: argparse.Namespace) -> int:
    """Write the report; a report of a failed run is itself no failure."""
    from harness.commands.alarms import tell_raised
    from harness.render.files import check_target, write
    from harness.render.report import report
    from harness.render.telling import teller_of
    from harness.render.terminal import say
    from harness.store import Store
    from harness.summary import summarise
    from harness.workspace import Workspace

    targets = [*options.output, *([options.html] if options.html else [])]
    for target in targets:
        check_target(target)
    workspace = Workspace.find(config=options.config)
    with Store.open(workspace.store, readonly=True) as store:
        row = store.run(options.run)
        summary = summarise(row, store.results(row.id), store.missing(row.id), store.replaced(row.id))
        templates = workspace.reports / "templates"
        tell = teller_of(store, workspace, row)
        for target in targets:
            write(
                target, summary, store.results(row.id, traces=True), templates=templates, tell=tell, also=options.case
            )
            say(f"wrote {target}")
        if options.github:
            _github(summary, store, templates)
        elif not targets:
            report(summary, store.results(row.id), latest=row.id == store.run().id)
            tell_raised(options.config, store, row.id, row.planned)
    return ExitCode.PASSED


def _github(summary: Summary, store: Store, templates: Path) -> None:
    """Tell GitHub Actions about the run."""
    import os
    import sys
    from pathlib import Path

    from harness.render.github import annotation_lines, step_summary

    for line in annotation_lines(summary, store.results(summary.run.id)):
        sys.stdout.write(f"{line}\n")  # commands on purpose: `say` would take their meaning away
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if page:
        step_summary(Path(page), summary, store.results(summary.run.id), templates=templates)
