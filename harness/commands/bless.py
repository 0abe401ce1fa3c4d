"""Say that a run is good: write its suites' baselines.

Each case gets ten trials, so that a gate can screen with five and confirm with the other five: what the run lacks is run
now, unless `--trials` asks for fewer. The files go to reports/baselines, one line per case, to be reviewed and committed.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from harness.errors import ExitCode, UserError

if TYPE_CHECKING:
    from harness.gate import CaseTally
    from harness.store import RunRow, Store
    from harness.workspace import Workspace

    Suites = dict[str, tuple[CaseTally, ...]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("run", nargs="?", default="latest", metavar="RUN", help="run to bless (default: latest)")
    parser.add_argument("--trials", type=int, default=10, help="decided trials of each case (default: 10)")
    parser.add_argument("--dry-run", action="store_true", help="say which trials would be run, and do nothing")
    parser.add_argument("--allow-removed", action="store_true", help="accept that cases of the old baseline go")
    parser.add_argument("--by", metavar="NAME", help="who blesses (default: the user)")


def run(options: argparse.Namespace) -> int:
    """Write the baselines of a run's suites, all of them or none."""
    from datetime import UTC, datetime

    from harness.gate import baseline_path, bless, find_baseline, tally, write_baseline
    from harness.gate.judged import Admission
    from harness.render.terminal import say
    from harness.store import Store
    from harness.workspace import Workspace

    if options.trials < 1:
        raise UserError(f"{options.trials} trials decide nothing", remedy="give 1 or more", where="--trials")
    workspace = Workspace.find(config=options.config)
    folder = workspace.reports / "baselines"
    with Store.open(workspace.store) as store:
        row = store.run(options.run)
        suites = tally(store.planned(row.id), store.results(row.id), Admission(workspace))
        lacking = _lacking(suites, options.trials)
        if options.dry_run:
            say(f"{sum(lacking.values())} trials of {len(lacking)} cases would be run; nothing was")
            return ExitCode.PASSED
        more = _filled(workspace, store, row, suites, lacking) if lacking and row.done == row.planned else ()
    by, now = options.by or _user(), datetime.now(UTC)
    made = {
        suite: bless(
            row.manifest,
            suite,
            cases,
            by=by,
            at=now,
            trials=options.trials,
            old=find_baseline(folder, suite),
            more=more,
        )
        for suite, cases in suites.items()
    }
    if not made:
        raise UserError(f"run {row.id} has no trials", remedy="bless a run that has some; `finharness show` lists them")
    for suite, blessing in made.items():
        if blessing.removed and not options.allow_removed:
            raise UserError(
                f"{suite}: the old baseline has cases that this run has not: {', '.join(blessing.removed[:5])}",
                remedy="run the whole suite, or accept it with --allow-removed",
                where=f"run {row.id}",
            )
    for suite, blessing in made.items():
        path = baseline_path(folder, suite)
        if blessing.unchanged:
            say(f"unchanged  {suite}: the baseline already says the same")
            continue
        write_baseline(path, blessing.baseline)
        say(f"blessed  {suite}: {len(blessing.baseline.cases)} cases -> {path.relative_to(workspace.root)}")
        if blessing.failing:
            say(f"  not all trials passed in: {', '.join(blessing.failing)}")
        if row.manifest.git_dirty:
            say("  the run was made with uncommitted changes, so its commit does not say all")
    say("next: review and commit the files, then `finharness gate` after each change")
    return ExitCode.PASSED


def _lacking(suites: Suites, trials: int) -> dict[tuple[str, str, str], int]:
    """Trials that cases lack; an undecided case would stay so, and a must-pass case that failed cannot be blessed."""
    return {
        (suite, *item.name): trials - item.decided
        for suite, cases in suites.items()
        for item in cases
        if item.decided < trials and not item.undecided and not (item.case.must_pass and item.failed)
    }


def _filled(
    workspace: Workspace, store: Store, row: RunRow, suites: Suites, lacking: dict[tuple[str, str, str], int]
) -> tuple[str, ...]:
    """Run what is lacking and count it in."""
    from harness.gate import together
    from harness.gate.again import further, run_again, tallies
    from harness.gate.judged import Admission
    from harness.render.terminal import say

    jobs = further(store.planned(row.id), lacking, row.manifest.seed)
    say(f"running {len(jobs)} more trials of {len(lacking)} cases")
    other = run_again(workspace, store, jobs, row.manifest, f"finharness bless {row.id}")
    for suite, cases in suites.items():
        found = tallies(store, other.id, suite, admission=Admission(workspace))
        suites[suite] = tuple(together(item, found.get(item.name)) for item in cases)
    return (other.id,)


def _user() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (KeyError, OSError):  # no name for this user id, as in many containers
        return "unknown"
