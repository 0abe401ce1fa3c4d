"""Check every suite and rubric without running anything.

Names every mistake of every file with its place and what to do about it. Nothing is spent.
"""

from __future__ import annotations

import argparse

from harness.errors import ExitCode


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="files, folders or names (default: all)")
    parser.add_argument("--untrusted", action="store_true", help="refuse checks that run code of the workspace")


def run(options: argparse.Namespace) -> int:
    """Load everything and count it."""
    from harness import rubrics
    from harness.document import FileProblems
    from harness.render.terminal import say
    from harness.suites import load_suites
    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    known, mistakes = rubrics.survey(workspace)
    try:
        suites = load_suites(workspace, options.suites, untrusted=options.untrusted)
    except FileProblems as error:
        raise FileProblems([*error.mistakes, *mistakes]) from error
    if mistakes:
        raise FileProblems(mistakes)
    for suite in suites:
        if not suite.cases:
            say(f"{suite.file} holds no cases")
        elif options.verbose:
            say(f"{suite.file}: {_count(len(suite.cases), 'case')}")
    total = sum(len(suite.cases) for suite in suites)
    also = f" and {_count(len(known), 'rubric')}" if known else ""
    verb = "is" if total == 1 and not known else "are"
    say(f"{_count(total, 'case')} in {_count(len(suites), 'suite')}{also} {verb} valid")
    return ExitCode.PASSED if total else ExitCode.USAGE


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
