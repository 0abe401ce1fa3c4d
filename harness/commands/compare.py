"""Compare two runs case by case: what was lost, what was gained, and whether it can be chance.

finharness compare                  the run before the latest with the latest
finharness compare BASELINE RUN
finharness compare --arm old=adviser --arm new=adviser@claude     run both on the same cases, then compare

It informs and always ends with 0; `finharness gate` decides.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from harness.errors import ExitCode, UserError

if TYPE_CHECKING:
    from harness.model import Job
    from harness.stats import Difference
    from harness.summary.pairing import Comparison, Pair

_SHOWN = 40


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "baseline", nargs="?", default="latest~1", metavar="BASELINE", help="older run (default: latest~1)"
    )
    parser.add_argument("run", nargs="?", default="latest", metavar="RUN", help="newer run (default: latest)")
    parser.add_argument("--agents", action="store_true", help="pair by case alone, to compare two agents")
    parser.add_argument("--arm", action="append", default=[], metavar="NAME=AGENT[@MODEL]", help="run this arm; twice")
    parser.add_argument("--arms", metavar="FILE", help="the arms as a YAML list of {name, agent}")
    parser.add_argument(
        "--cases", action="append", default=[], metavar="PATH", help="with arms: suite files or folders"
    )
    parser.add_argument("--repeat", type=int, default=3, help="with arms: trials of each case (default: 3)")
    parser.add_argument("--json", action="store_true", help="one JSON document for programs")


def run(options: argparse.Namespace) -> int:
    """Print the comparison."""
    from harness.store import Store
    from harness.summary import summarise
    from harness.summary.pairing import compare
    from harness.workspace import Workspace

    if options.arm or options.arms:
        return _arms(options)
    workspace = Workspace.find(config=options.config)
    with Store.open(workspace.store, readonly=True) as store:
        rows = (store.run(options.baseline), store.run(options.run))
        if rows[0].id == rows[1].id:
            raise UserError("a run is always equal to itself", remedy="name two runs; `finharness show` lists them")
        before, after = (
            summarise(row, store.results(row.id), store.missing(row.id), store.replaced(row.id)) for row in rows
        )
        changed = _changed(store.planned(rows[0].id), store.planned(rows[1].id))
    comparison = compare(before, after, changed=changed, by_case=options.agents)
    if not comparison.pairs:
        raise UserError("the two runs have no case in common", remedy="name runs of the same suites", where=rows[1].id)
    if options.json:
        _dump(comparison)
    else:
        _print(comparison)
    return ExitCode.PASSED


def _arms(options: argparse.Namespace) -> int:
    """Run every arm on the first one's cases and say how they differ."""
    from pathlib import Path

    from harness.gate.again import run_jobs_as_run
    from harness.gate.arms import checked, parse_arm, read_arms, report, trials_of
    from harness.plan import Selection, plan, select
    from harness.render.terminal import say
    from harness.store import Store
    from harness.suites import load
    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    arms = read_arms(Path(options.arms)) if options.arms else checked([parse_arm(text) for text in options.arm])
    cases = select(load(workspace, options.cases), Selection(agent=arms[0].agent))
    planned = [
        plan(cases, workspace, Selection(agent=arm.agent, repeat=options.repeat), seed=workspace.run.seed)
        for arm in arms
    ]
    trials = []
    with Store.open(workspace.store) as store:
        for arm, jobs in zip(arms, planned, strict=True):
            say(f"{arm.name}: {len(jobs)} trials of {len(cases)} cases")
            command = f"finharness compare --arm {arm.name}={arm.agent}"
            row = run_jobs_as_run(workspace, store, jobs, seed=workspace.run.seed, command=command)
            trials.append(trials_of(store.results(row.id, traces=True)))
    say()
    for line in report(arms, trials):
        say(line)
    return ExitCode.PASSED


def _changed(before: tuple[Job, ...], after: tuple[Job, ...]) -> frozenset[tuple[str, str]]:
    """Cases whose content is not what it was: their results are not comparable."""
    old = {(job.case.suite, job.case.id): job.case.fingerprint for job in before}
    new = {(job.case.suite, job.case.id): job.case.fingerprint for job in after}
    return frozenset(key for key, content in new.items() if key in old and old[key] != content)


def _print(comparison: Comparison) -> None:
    from harness.render.figures import plural, rated
    from harness.render.terminal import Styled, say
    from harness.summary.origins import differences

    say(f"baseline  {comparison.before.run.id}  {rated(comparison.before.rate)}")
    say(f"run       {comparison.after.run.id}  {rated(comparison.after.rate)}")
    for title, style, pairs in (
        ("Lost", "bad", comparison.lost),
        ("Gained", "good", comparison.gained),
    ):
        if pairs:
            say()
            say(Styled(f"{title}: {plural(len(pairs), 'case')}", "bad" if style == "bad" else "good"))
            for pair in pairs[:_SHOWN]:
                _print_pair(pair)
            if len(pairs) > _SHOWN:
                say(f"  … and {len(pairs) - _SHOWN} more: --json has them all")
    say()
    for text in differences(comparison.before.run.manifest, comparison.after.run.manifest):
        say(f"not the same: {text}")
    say(
        f"{plural(len(comparison.pairs), 'case')} compared: {len(comparison.lost)} lost, {len(comparison.gained)} gained, {comparison.same} the same"
    )
    for text, cases in (("only in the baseline", comparison.gone), ("only in the run", comparison.new)):
        if cases:
            say(f"{len(cases)} {text}")
    if comparison.changed:
        say(Styled(f"{plural(len(comparison.changed), 'case')} changed in between and left out of the test", "warn"))
    if comparison.difference is not None:
        say(f"difference of the pass rates: {_difference(comparison.difference)}")
    say(
        f"chance of a drop like this without any change: p = {comparison.p.worse:.4f}; of a gain: p = {comparison.p.better:.4f}"
    )
    say("  (exact test, stratified by case, one-sided mid-p)")


def _difference(found: Difference) -> str:
    """The difference with its errors: for cases like these, and for these very cases."""
    parts = [f"{found.value:+.3f}"]
    if found.interval is not None:
        parts.append(f"(95 %: {found.interval.low:+.3f} to {found.interval.high:+.3f} for cases like these)")
    if found.suite_se is not None:
        parts.append(f"± {found.suite_se:.3f} for these very cases")
    return " ".join(parts)


def _print_pair(pair: Pair) -> None:
    from harness.render.terminal import say
    from harness.text import one_line

    counts = pair.counts
    mark = "  (changed in between)" if pair.changed else ""
    name = one_line(f"{pair.suite} :: {pair.case} [{pair.variant}]", 90)
    say(f"  {counts.baseline_passed}/{counts.baseline} -> {counts.candidate_passed}/{counts.candidate}  {name}{mark}")


def _dump(comparison: Comparison) -> None:
    import json

    from harness.render.data import summary_row
    from harness.render.terminal import say
    from harness.shape import plain
    from harness.summary.origins import differences

    document = {
        "baseline": {"id": comparison.before.run.id, "rate": summary_row(comparison.before)["rate"]},
        "run": {"id": comparison.after.run.id, "rate": summary_row(comparison.after)["rate"]},
        "difference": None if comparison.difference is None else comparison.difference._asdict(),
        "p_worse": comparison.p.worse,
        "p_better": comparison.p.better,
        "exact_p_worse": comparison.p.exact_worse,
        "lost": [_pair(pair) for pair in comparison.lost],
        "gained": [_pair(pair) for pair in comparison.gained],
        "same": comparison.same,
        "not_the_same": list(differences(comparison.before.run.manifest, comparison.after.run.manifest)),
        "changed": [f"{suite}::{case}" for suite, case in sorted(comparison.changed)],
        "only_in_baseline": list(comparison.gone),
        "only_in_run": list(comparison.new),
    }
    say(json.dumps(document, indent=2, default=plain))


def _pair(pair: Pair) -> dict[str, object]:
    return {"suite": pair.suite, "case": pair.case, "agent": pair.variant, **pair.counts._asdict()}
