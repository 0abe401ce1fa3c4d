"""Plant defects in agents and say which of them the checks notice.

Each mutant is run on its cases beside the unchanged agent; it is noticed when a check passes there and fails on it. Benign
changes are run in the same way, and must not be noticed. Exit codes: 0 the targets are met · 1 too many defects went unnoticed,
or a harmless change was taken for one · 2 a mistake in the command or in a mutant · 3 some mutants could not be decided.
The findings of all mutants, and the scorecard, are kept in reports/out for the dashboard.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from harness.errors import ExitCode, UserError, os_errors

if TYPE_CHECKING:
    from harness.detection.examine import Planned, Wanted
    from harness.detection.values import Findings
    from harness.mutation import Mutant
    from harness.workspace import Workspace


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("ids", nargs="*", metavar="ID", help="mutants to run; * matches (default: all)")
    which = parser.add_argument_group("which mutants")
    which.add_argument("--agent", metavar="NAME", help="only mutants of this agent")
    which.add_argument(
        "--severity", action="append", default=[], type=int, choices=[0, 1, 2, 3], help="only these; 0 is benign"
    )
    which.add_argument("--file", action="append", default=[], metavar="FILE", help="also register this file's mutants")
    how = parser.add_argument_group("how")
    how.add_argument("--seeds", type=_whole, metavar="N", help="trials of each case (default: as the mutant says)")
    how.add_argument("--seed", type=int, metavar="N", help="seed of the run")
    how.add_argument("-j", "--concurrency", type=_whole, metavar="N", help="most trials at once")
    how.add_argument("--workers", type=int, metavar="N", help="worker processes; 0 chooses")
    how.add_argument("--untrusted", action="store_true", help="refuse checks that are code of the workspace")
    out = parser.add_argument_group("what comes out")
    out.add_argument("--list", action="store_true", dest="listing", help="say which mutants there are, and run none")
    out.add_argument("--json", metavar="FILE", help="also write the findings as JSON; - is standard output")
    out.add_argument("--md", metavar="FILE", help="also write them as Markdown")
    out.add_argument(
        "--scorecard", action="store_true", help="measure the guardrails of the source documents beside ours"
    )
    out.add_argument("--coverage", metavar="FILE", help="write the table agent × check × severity as Markdown")


def run(options: argparse.Namespace) -> int:
    """Examine."""
    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    if options.scorecard:
        return _scorecard(options, workspace)
    from harness.mutation.files import registered

    mutants = registered(workspace, options.file)
    if options.coverage:
        return _coverage(options, workspace, mutants)
    wanted = _wanted(options, workspace)
    from harness.detection.examine import choose, plan
    from harness.detection.tables import record
    from harness.suites import load

    chosen = choose(mutants, wanted)
    if options.listing:
        return _list(chosen)
    planned = plan(chosen, load(workspace, untrusted=options.untrusted), workspace, wanted)
    findings = _examined(options, workspace, planned, wanted)
    _write(options, findings)
    if not (options.ids or options.agent or options.severity):
        _file(workspace, "mutate", record(findings))
    return _code(findings)


def _whole(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1") from None
    if not 1 <= number <= 10_000:
        raise argparse.ArgumentTypeError(f"{number} is no number from 1 to 10000")
    return number


def _wanted(options: argparse.Namespace, workspace: Workspace) -> Wanted:
    from harness.detection.examine import Wanted

    if options.agent is not None:
        workspace.agent(options.agent)
    return Wanted(
        ids=tuple(options.ids),
        agent=options.agent,
        severities=frozenset(options.severity),
        seeds=options.seeds,
        seed=workspace.run.seed if options.seed is None else options.seed,
    )


def _examined(
    options: argparse.Namespace, workspace: Workspace, planned: Sequence[Planned], wanted: Wanted
) -> Findings:
    from dataclasses import replace

    from harness.detection.examine import examine
    from harness.detection.showing import Showing
    from harness.engine.options import RunOptions
    from harness.registry import Services

    how = RunOptions.of(workspace.run)
    if options.concurrency is not None:
        how = replace(how, concurrency=options.concurrency)
    if options.workers is not None:
        how = replace(how, workers=options.workers)
    return examine(
        planned,
        workspace,
        options=how,
        services=Services(root=workspace.root, untrusted=options.untrusted),
        seed=wanted.seed,
        stage=lambda name, _trials: Showing(name),
    )


def _write(options: argparse.Namespace, findings: Findings) -> None:
    import json

    from harness.detection.markdown import markdown
    from harness.detection.report import lines
    from harness.detection.tables import record
    from harness.render.terminal import say, say_all

    if options.json == "-":
        say(json.dumps(record(findings), indent=1))
    else:
        say_all(lines(findings, verbose=options.verbose))
    _save_both(options, lambda: json.dumps(record(findings), ensure_ascii=False, indent=1), lambda: markdown(findings))


def _save_both(options: argparse.Namespace, as_json: Callable[[], str], as_markdown: Callable[[], str]) -> None:
    if options.json not in (None, "-"):
        _save(options.json, as_json())
    if options.md:
        _save(options.md, as_markdown())


def _save(name: str, text: str) -> None:
    from pathlib import Path

    with os_errors(UserError, "cannot be written", remedy="name a file in a folder that exists", where=name):
        Path(name).write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")


def _code(findings: Findings) -> int:
    from harness.detection.tables import met

    if not met(findings):
        return ExitCode.FAILED
    nothing = not findings.rate().of and not findings.of("quiet")
    return ExitCode.INCOMPLETE if findings.of("undecided") or nothing else ExitCode.PASSED


def _list(mutants: Sequence[Mutant]) -> int:
    from harness.render.terminal import say

    for item in mutants:
        about = "benign" if item.is_benign else f"severity {item.severity}"
        say(f"{item.id:<10} {item.agent:<12} {item.seam}  {about:<10}  {item.description}")
    defects = sum(not item.is_benign for item in mutants)
    say(f"{defects} mutants, {len(mutants) - defects} benign changes")
    return ExitCode.PASSED


def _file(workspace: Workspace, kind: Literal["mutate", "scorecard"], findings: object) -> None:
    """Keep the findings for the dashboard; a folder that cannot be written to takes nothing from the command."""
    from contextlib import suppress

    from harness.detection.filing import file_findings

    with suppress(OSError):
        file_findings(workspace, kind, findings)


def _scorecard(options: argparse.Namespace, workspace: Workspace) -> int:
    import json

    from harness.detection.cardreport import ahead, lines, markdown, record
    from harness.detection.scorecard import scorecard
    from harness.render.terminal import say, say_all

    rows = scorecard()
    _file(workspace, "scorecard", record(rows))
    if options.json == "-":
        say(json.dumps(record(rows), indent=1))
    else:
        say_all(lines(rows))
    _save_both(options, lambda: json.dumps(record(rows), ensure_ascii=False, indent=1), lambda: markdown(rows))
    return ExitCode.FAILED if ahead(rows) else ExitCode.PASSED


def _coverage(options: argparse.Namespace, workspace: Workspace, mutants: Sequence[Mutant]) -> int:
    from harness.detection.coverage import coverage, markdown
    from harness.render.terminal import say
    from harness.suites import load

    found = coverage(load(workspace, untrusted=options.untrusted), mutants, workspace.mutants.groups)
    _save(options.coverage, markdown(found))
    say(f"written: {options.coverage}")
    for words, kinds in (("asked by no case", found.unasked()), ("no mutant expects", found.unexpected())):
        if kinds:
            say(f"{words}: {', '.join(kinds)}")
    return ExitCode.PASSED
