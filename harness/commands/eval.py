"""Run agents on cases, check what they do, and store the results.

Without arguments every case of the workspace is run. Exit codes: 0 all passed · 1 something failed · 2 a mistake in the
command, the suites or the settings, nothing was spent · 3 not every trial has a verdict · 130 / 143 interrupted; what was
finished is stored, and `finharness eval --resume` does the rest.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.errors import ConfigError, ExitCode, HarnessError

from .amounts import amount, at_least, seconds
from .choosing import Planned, choosing, dry_run, planned_of, seed_of
from .streaming import hang_up, heard_by, live_of
from .taping import about, check_taping, taped, taping, words

if TYPE_CHECKING:
    from harness.engine.options import RunOptions
    from harness.engine.run import RunEnd
    from harness.engine.sink import Sink
    from harness.model import Job, Result, RunManifest
    from harness.store import Store
    from harness.summary import Summary
    from harness.telemetry import Exporter
    from harness.workspace import Workspace


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    choosing(parser)
    how = parser.add_argument_group("how")
    how.add_argument("-j", "--concurrency", type=at_least(1, 10_000), metavar="N", help="most trials at once")
    how.add_argument("--workers", type=at_least(0, 256), metavar="N", help="worker processes; 0 chooses")
    how.add_argument(
        "--executor", metavar="WHERE", help="where workers run: local, ray, or a Ray cluster's ray://host:port"
    )
    how.add_argument("--timeout", type=seconds, metavar="SECONDS", help="longest trial, where the case does not say")
    how.add_argument("--isolation", choices=["shared", "process", "none"], help="who shares a process with whom")
    how.add_argument("--budget-usd", type=amount, metavar="USD", help="most money, judges and retries included")
    how.add_argument("--budget-tokens", type=at_least(1), metavar="N", help="most tokens, judges and retries included")
    how.add_argument("--budget-s", type=seconds, metavar="SECONDS", help="start no more trials after so long")
    how.add_argument("--seed", type=at_least(0), metavar="N", help="seed of the run")
    how.add_argument("--untrusted", action="store_true", help="refuse checks that are code of the workspace")
    taping(parser)
    out = parser.add_argument_group("what comes out")
    out.add_argument("-o", "--output", action="append", default=[], metavar="FILE", help="also write .html .md .json …")
    out.add_argument(
        "--stream", metavar="PORT|FILE", help="tell what trials do while they do it, on a port or in a file"
    )
    out.add_argument("--fail-on", action="append", default=[], choices=["undecided"], help="end with 3 on these, too")
    out.add_argument("--dry-run", action="store_true", help="say what would be run, and run nothing")
    out.add_argument("--json", action="store_true", help="write the run as JSON instead of words")


def run(options: argparse.Namespace) -> int:
    """Evaluate."""
    from harness.store import Store
    from harness.workspace import Workspace

    _check_options(options)
    workspace = Workspace.find(config=options.config)
    _check_outputs(options.output)
    if options.dry_run:
        return dry_run(planned_of(options, workspace).jobs, as_json=options.json)
    if options.resume is not None:
        with Store.open(workspace.store) as store:
            return _resume(options, workspace, store)
    planned = planned_of(options, workspace)
    gc.freeze()  # what was read stays to the end: the collector need not walk it again and again
    try:
        manifest = _manifest(options, workspace, planned)
        with Store.open(workspace.store) as store, store.claim(manifest.id):
            return _evaluate(options, workspace, store, planned.jobs, manifest)
    finally:
        gc.unfreeze()


# ---- before anything is spent


def _check_options(options: argparse.Namespace) -> None:
    check_taping(options)
    if options.resume is None:
        for option in ("retry_errors", "accept_changes"):
            if getattr(options, option):
                name = f"--{option.replace('_', '-')}"
                raise ConfigError(f"{name} needs the run it belongs to", remedy="add --resume [RUN]", where=name)
        return
    selecting = ("paths", "case", "tag", "agent", "failing", "limit", "repeat", "seed", "shard")
    given = [name for name in selecting if getattr(options, name) not in (None, [], False)]
    if given or options.dry_run:
        raise ConfigError(
            "--resume takes up exactly what a run left, so nothing else can be selected",
            remedy=f"leave out {', '.join(given or ['dry-run'])}, or start a new run",
            where="--resume",
        )


def _check_outputs(outputs: Sequence[str]) -> None:
    if outputs:
        from harness.render.files import check_target

        for output in outputs:
            check_target(output)


def _options(options: argparse.Namespace, workspace: Workspace) -> RunOptions:
    from dataclasses import replace

    from harness.engine.options import RunOptions

    made = RunOptions.of(workspace.run)
    if options.concurrency is not None:
        made = replace(made, concurrency=options.concurrency)
    if options.workers is not None:
        made = replace(made, workers=options.workers)
    if options.timeout is not None:
        made = replace(made, timeout_s=options.timeout, timeout_overrides=True)
    if options.executor is not None:
        made = replace(made, executor=options.executor)
    if options.isolation is not None:
        made = replace(made, isolation=options.isolation, isolation_overrides=True)
    budgets = {name: getattr(options, name) for name in ("budget_usd", "budget_tokens", "budget_s")}
    given = {name: budget for name, budget in budgets.items() if budget is not None}
    return replace(made, untrusted=options.untrusted, **given)


def _manifest(options: argparse.Namespace, workspace: Workspace, planned: Planned) -> RunManifest:
    import shlex
    import sys
    from dataclasses import replace

    from harness.engine.manifest import CommitLookup, manifest_of

    manifest = manifest_of(
        planned.jobs,
        workspace,
        _options(options, workspace),
        seed=seed_of(options, workspace),
        commit=CommitLookup(workspace.root).commit(),
        digests=planned.digests,
        command=shlex.join(["finharness", *sys.argv[1:]]),
        source="eval",
    )
    known = about(options) | ({} if planned.shard is None else {"shard": planned.shard})
    return replace(manifest, config=manifest.config | known) if known else manifest


# ---- running


def _resume(options: argparse.Namespace, workspace: Workspace, store: Store) -> int:
    from harness.engine.resume import take_up

    row = store.run(options.resume)
    with store.claim(row.id):
        rest = take_up(store, row.manifest, workspace, retry=options.retry_errors, accept=options.accept_changes)
        if rest.interrupted:
            _warn(f"{rest.interrupted} trials were under way and are not run again: their agents may have acted")
        if not rest.jobs:
            store.end(row.id, "complete")
            return _report(options, store, row.id, None)
        _warn(f"run {row.id}: {len(rest.jobs)} of {row.planned} trials to do, {rest.retried} of them errored before")
        return _evaluate(options, workspace, store, rest.jobs, row.manifest, begin=False)


def _evaluate(
    options: argparse.Namespace,
    workspace: Workspace,
    store: Store,
    jobs: Sequence[Job],
    manifest: RunManifest,
    *,
    begin: bool = True,
) -> int:
    import asyncio
    import os

    from harness.engine.allowance import allowance
    from harness.engine.executors import opened
    from harness.engine.grading import services_of
    from harness.engine.run import Terms, run_jobs

    live = live_of(options.stream)
    exporters = _exporters(workspace, os.environ)
    run_options = heard_by(live, taped(_options(options, workspace), workspace, jobs, manifest))
    doing = run_options.tapes.doing if run_options.tapes is not None else ""
    for line in words(manifest):
        _warn(line)
    if options.verbose:
        workers = run_options.workers_for(len(jobs))
        _warn(f"{len(jobs)} trials, {run_options.concurrency} at once, {workers} workers, run {manifest.id}")
    if run_options.isolation == "none":
        _warn("isolation is none: agents run inside the harness, which cannot stop or survive them")
    variants = {job.variant for job in jobs}
    spent = (0.0, 0) if begin else store.spent(manifest.id)  # a run's budget is one, however often it is taken up
    limits = allowance(workspace, variants, run_options, spent=spent) if doing != "replay" else None
    address = limits.address if limits else None
    try:
        with opened(workspace, variants, run_options, limits=address) as executor:
            end = asyncio.run(
                run_jobs(
                    jobs,
                    manifest,
                    workspace,
                    store,
                    options=run_options,
                    services=services_of(workspace, untrusted=options.untrusted, limits=address, taped=doing),
                    sinks=[*_sinks(workspace, manifest, exporters), *live],
                    terms=Terms(begin, limits, executor),
                )
            )
    finally:
        if limits is not None:
            limits.close()
        _close(exporters, workspace.telemetry.deadline_s)
        hang_up(live)
    if not end.begun:
        _warn("interrupted before the first trial; nothing was run")
        return 128 + (end.signal or 0)
    return _report(options, store, manifest.id, end)


def _close(exporters: Sequence[Exporter], deadline_s: float) -> None:
    """Deliver what is left, also after a failure, and say what could not be."""
    if exporters:
        from harness.telemetry import close_all, describe

        for line in describe(close_all(exporters, deadline_s)):
            _warn(line)


def _exporters(workspace: Workspace, environ: Mapping[str, str]) -> tuple[Exporter, ...]:
    if not workspace.telemetry.exporters:
        return ()
    from harness.telemetry import connect

    return connect(workspace.telemetry, environ, workspace.root)


def _sinks(workspace: Workspace, manifest: RunManifest, exporters: Sequence[Exporter]) -> list[Sink]:
    from harness.engine.progress import progress
    from harness.engine.recording import recorders

    sinks: list[Sink] = [progress(), *recorders(workspace, manifest)]
    if exporters:
        from harness.engine.export import Exports

        sinks.append(Exports(manifest, exporters))
    return sinks


# ---- afterwards, from what is stored


def _report(options: argparse.Namespace, store: Store, run_id: str, end: RunEnd | None) -> int:
    from harness.commands.alarms import tell_raised
    from harness.render.report import report
    from harness.render.terminal import say
    from harness.summary import exit_code, summarise

    row = store.run(run_id)
    missing = store.missing(run_id) if row.done < row.planned else ()
    told: list[Result] = []
    summary = summarise(row, _noting(store.results(run_id), told), missing, store.replaced(run_id))
    if options.json:
        from harness.render.data import json_text

        for piece in json_text(summary, store.results(run_id)):
            print(piece, end="")
    else:
        say()
        report(summary, told, latest=store.run("latest").id == run_id)
        tell_raised(options.config, store, run_id, row.planned)
        _say_next(row.id, failed=summary.counts.failed > 0, complete=not missing)
    written = _write_outputs(options, store, run_id, summary)
    for warning in end.warnings if end is not None else ():
        _warn(warning)
    if missing:
        _warn(f"{len(missing)} of {row.planned} trials have no result; do them with: finharness eval --resume {run_id}")
    if end is not None and end.signal is not None:
        return 128 + end.signal
    code = exit_code(summary, options.fail_on)
    return int(code) if written else int(code or ExitCode.INCOMPLETE)


def _say_next(run_id: str, *, failed: bool, complete: bool) -> None:
    from harness.render.terminal import Styled, say

    steps = ["finharness report -o report.html"]
    if failed:
        steps.insert(0, "finharness eval --failing  (once something is changed)")
    elif complete:
        steps.append(f"finharness bless {run_id}  (make it the baseline)")
    say()
    say(Styled(f"next: {' · '.join(steps)}", "dim"))


def _noting(results: Iterable[Result], told: list[Result]) -> Iterator[Result]:
    """Pass results on and keep those that a report tells of: reading the store once is enough."""
    for result in results:
        if result.status != "passed":
            told.append(result)
        yield result


def _write_outputs(options: argparse.Namespace, store: Store, run_id: str, summary: Summary) -> bool:
    """Write the files that were asked for; says whether all were. What the run found is stored, whatever becomes of them."""
    if not options.output:
        return True
    from harness.render.files import write
    from harness.render.telling import teller_of
    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    templates, tell = workspace.reports / "templates", teller_of(store, workspace, summary.run)
    lost = 0
    for output in options.output:
        try:
            write(output, summary, store.results(run_id, traces=True), templates=templates, tell=tell)
        except HarnessError as error:
            _warn(str(error))
            lost += 1
        else:
            _warn(f"written: {output}")
    return not lost


def _warn(text: str) -> None:
    import sys

    from harness.render.terminal import say

    say(text, stream=sys.stderr)
