"""Compare a run with its suites' baselines and decide whether anything got worse.

finharness gate [RUN]               one look at the run
finharness gate --confirm           run what failed again, and decide on those fresh trials
finharness gate plan                what the gate could see, in how many trials, at which price
finharness gate comment FILE.json   a decision made elsewhere as a comment, read strictly

Alarms that gate (`finharness alarms list`), such as routing below 85 %, fail it whatever the baseline says.
Exit codes: 0 no worse (or inconclusive) · 1 regressed, or an alarm · 2 the baseline or the command cannot be used · 3 the run cannot be
compared, or is inconclusive and that was asked to fail.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from harness.errors import ExitCode, UserError, os_errors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.alarms import AlarmState
    from harness.gate import Decision, Limits
    from harness.gate.alarming import Named
    from harness.store import Store
    from harness.workspace import Workspace

_FORMATS = {".md", ".json", ".xml"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("run", nargs="?", default="latest", metavar="RUN", help="run to judge, `plan` or `comment`")
    parser.add_argument("file", nargs="?", metavar="FILE", help="with `comment`: the decision, as JSON")
    parser.add_argument("--confirm", action="store_true", help="run suspected cases again to tell failures from chance")
    parser.add_argument("--confirm-run", metavar="RUN", help="take the fresh trials from this run instead")
    parser.add_argument("--base", metavar="FOLDER", help="checkout of the base branch: its settings and baselines hold")
    parser.add_argument("--baseline", metavar="PATH", help="baseline file or folder (default: reports/baselines)")
    parser.add_argument("--margin", type=float, help="drop of the pass rate to tolerate (default: 0.05)")
    parser.add_argument("--alpha", type=float, help="chance of a false alarm (default: 0.05)")
    parser.add_argument("--allow-removed", action="store_true", help="accept that cases of the baseline were not run")
    parser.add_argument("--fail-on", choices=["regress", "inconclusive"], default="regress", help="what fails besides")
    parser.add_argument("--no-alarms", action="store_true", help="do not hold the run against the alarms that gate")
    parser.add_argument("--json", action="store_true", help="write the decision as JSON instead of words")
    parser.add_argument(
        "-o", "--output", action="append", default=[], metavar="FILE", help="also write it to a file: .md .json .xml"
    )


def run(options: argparse.Namespace) -> int:
    """Judge a run."""
    from harness.gate import exit_code, worst
    from harness.gate.files import read_files
    from harness.gate.session import Session
    from harness.store import Store
    from harness.workspace import Workspace

    outputs = [_output(name) for name in options.output]
    for name in ("margin", "alpha"):
        _share(getattr(options, name), f"--{name}")
    if options.run == "comment":
        return _comment(options.file, outputs)
    if options.file is not None:
        raise UserError(f"{options.file!r} is one too many", remedy="name one run", where="gate")
    if options.run == "plan":
        return _plan(options)
    workspace = Workspace.find(config=options.config)
    with Store.open(workspace.store, readonly=not options.confirm) as store:
        session = Session.of(workspace, store, options.run)
        files = read_files(workspace, session.suites, base=options.base, baseline=options.baseline)
        limits = _limits(files.limits, options)
        decisions = session.decide(files, limits, confirm=options.confirm, confirm_run=options.confirm_run)
        alarms = _alarms(options, workspace, store, session.row.id)
    strict = options.fail_on == "inconclusive" or limits.on_inconclusive == "fail"
    code = exit_code(worst(item.value for item in decisions), strict=strict)
    code = ExitCode.FAILED if alarms and code == ExitCode.PASSED else code
    unjudged = [suite for suite in session.suites if suite not in files.baselines]
    _tell(decisions, alarms, options, int(code), unjudged)
    for path in outputs:
        _write(path, decisions, int(code), alarms)
    return int(code)


def _alarms(options: argparse.Namespace, workspace: Workspace, store: Store, run_id: str) -> tuple[AlarmState, ...]:
    from harness.alarms import needs_traces
    from harness.gate.alarming import raised, ruling_of

    if options.no_alarms:
        return ()
    ruling = ruling_of(workspace, options.base)
    return raised(workspace, ruling, store.results(run_id, traces=needs_traces(ruling)))


def _plan(options: argparse.Namespace) -> int:
    from pathlib import Path

    from harness.gate.baseline import read_baseline
    from harness.gate.limits import read_limits
    from harness.gate.planning import plan_lines
    from harness.render.terminal import say
    from harness.workspace import Workspace

    reports = Workspace.find(config=options.config).reports
    place = reports / "baselines" if options.baseline is None else Path(options.baseline)
    paths = sorted(place.rglob("*.json")) if options.baseline is None or place.is_dir() else [place]
    if not paths:
        raise UserError(
            "there is no baseline to plan with", remedy="say that a run is good: finharness bless", where=str(place)
        )
    limits = _limits(read_limits(reports / "gate.yaml"), options)
    for path in paths:
        for line in plan_lines(read_baseline(path), limits):
            say(line)
    return ExitCode.PASSED


def _comment(file: str | None, outputs: Sequence[Path]) -> int:
    from pathlib import Path

    from harness.gate import markdown
    from harness.gate.alarming import alarm_markdown
    from harness.gate.reading import read_alarms, read_decisions
    from harness.render.terminal import say

    if file is None:
        raise UserError("which decision?", remedy="name it: finharness gate comment gate.json -o gate.md", where="gate")
    decisions, alarms = read_decisions(Path(file)), read_alarms(Path(file))
    if not outputs:
        say(markdown(decisions) + alarm_markdown(alarms))
    for path in outputs:
        _write(path, decisions, 0, alarms)
    return ExitCode.PASSED


def _limits(read: Limits, options: argparse.Namespace) -> Limits:
    from dataclasses import replace

    return replace(
        read,
        margin=read.margin if options.margin is None else options.margin,
        alpha=read.alpha if options.alpha is None else options.alpha,
        allow_removed=read.allow_removed or options.allow_removed,
    )


def _share(number: float | None, option: str) -> None:
    if number is not None and not 0 < number < 1:
        raise UserError(f"{number} is no share", remedy="give a number between 0 and 1, such as 0.05", where=option)


def _output(name: str) -> Path:
    from pathlib import Path

    path = Path(name)
    if path.suffix not in _FORMATS:
        raise UserError(f"{name!r} has no known format", remedy="end it with .md, .json or .xml", where="-o")
    return path


def _tell(
    decisions: Sequence[Decision],
    alarms: Sequence[AlarmState],
    options: argparse.Namespace,
    code: int,
    unjudged: Sequence[str],
) -> None:
    from harness.gate import document, lines
    from harness.gate.alarming import alarm_document, alarm_lines
    from harness.render.terminal import say

    if options.json:
        say(_json({**document(decisions, code), **({"alarms": alarm_document(alarms)} if alarms else {})}))
    else:
        for line in (*lines(decisions), *alarm_lines(alarms)):
            _show(line)
        for suite in unjudged:
            say(f"no baseline  {suite}: not judged; `finharness bless` makes one")
    _tell_github(decisions, alarms)


def _show(line: str) -> None:
    from harness.render.terminal import Style, Styled, say

    styles: dict[str, Style] = {
        "PASS": "good", "REGRESSED": "bad", "ALARM": "bad", "INCONCLUSIVE": "warn", "INVALID": "warn",
    }  # fmt: skip
    word, mark, rest = line.partition("  ")
    say(Styled(word, styles[word]), mark, rest) if word in styles else say(line)


def _tell_github(decisions: Sequence[Decision], alarms: Sequence[AlarmState]) -> None:
    """Inside a GitHub job: an annotation at each case that was lost, and the comment on the job's summary page."""
    import os
    import sys

    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from harness.gate import markdown
    from harness.gate.alarming import alarm_markdown
    from harness.gate.annotations import placed
    from harness.render.github import command

    for level, place, message in placed(decisions):
        sys.stderr.write(f"{command(level, place, message)}\n")  # commands on purpose: `say` would disarm them
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if page:
        from harness.render.github import add_to_summary

        add_to_summary(page, markdown(decisions) + alarm_markdown(alarms))


def _write(path: Path, decisions: Sequence[Decision], code: int, alarms: Sequence[Named]) -> None:
    from harness.gate import document, markdown
    from harness.gate.alarming import alarm_document, alarm_markdown
    from harness.gate.junit import junit

    match path.suffix:
        case ".md":
            text = markdown(decisions) + alarm_markdown(alarms)
        case ".xml":
            text = junit(decisions)
        case _:
            told = {"alarms": alarm_document(alarms)} if alarms else {}
            text = _json({**document(decisions, code), **told}) + "\n"
    with os_errors(UserError, "cannot be written", remedy="name another file with -o", where=path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _json(content: object) -> str:
    import json

    return json.dumps(content, indent=2, sort_keys=True, allow_nan=False)
