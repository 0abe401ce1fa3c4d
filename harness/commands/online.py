"""Grade production traces and give the scores back: what `finharness score --online` and `--feedback` do."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ExitCode, UserError

if TYPE_CHECKING:
    from harness.importers.otel.episode import Episode
    from harness.importers.traces import Imported
    from harness.model import CheckSpec, Result, RunManifest
    from harness.telemetry.langfuse import Account
    from harness.workspace import Workspace


def onlining(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    live = parser.add_argument_group("production")
    live.add_argument("--online", metavar="FILE|langfuse", help="grade production traces instead of a run")
    live.add_argument(
        "--feedback", type=Path, metavar="FILE.jsonl", help="post what users thought: trace_id, rating 1-5, comment"
    )
    live.add_argument(
        "--checks", action="append", default=[], metavar="SUITE", help="suites whose checks every trace must pass"
    )
    live.add_argument("--agent", default="production", metavar="NAME", help="name of the agent that was traced")
    live.add_argument("--since", metavar="TIME", help="with langfuse: traces since 24h, 7d or an ISO time")
    live.add_argument("--environment", metavar="NAME", help="with langfuse: only this environment")
    live.add_argument("--most", type=int, metavar="N", help="at most N traces")
    live.add_argument("--post", action="store_true", help="post the scores of a file's traces to Langfuse, too")
    live.add_argument("--no-post", action="store_true", help="with langfuse: keep the scores here")


def score_online(workspace: Workspace, options: argparse.Namespace) -> int:
    """Grade traces, keep them as a run, report, and post."""
    from harness.engine.grading import services_of
    from harness.importers.traces import told
    from harness.online.grading import grade
    from harness.render.report import report
    from harness.render.terminal import say
    from harness.store import Store
    from harness.summary import exit_code, summarise
    from harness.telemetry import scrubber

    posting = options.post or (options.online == "langfuse" and not options.no_post)
    to = _account() if posting else None
    checks = _checks(workspace, options)
    imported = _read(options)
    for line in told(imported):
        say(line)
    services = services_of(workspace, untrusted=options.untrusted)
    results = grade(imported.episodes, checks, services, agent=options.agent, scrubber=scrubber(workspace))
    manifest = _manifest(imported, options)
    with Store.open(workspace.store) as store:
        store.begin(manifest, [result.job for result in results])
        store.add(manifest.id, results)
        store.end(manifest.id, "complete")
        summary = summarise(store.run(manifest.id), store.results(manifest.id), ())
        say()
        report(summary, store.results(manifest.id))
    delivered = to is None or _posted(imported.episodes, results, to)
    say(f"next: finharness import {imported.origin['format']} … makes cases of what failed")
    code = int(exit_code(summary, options.fail_on))
    return code if delivered or code else ExitCode.INCOMPLETE


def _account() -> Account:
    from harness.online.posting import account

    return account()


def _posted(episodes: Sequence[Episode], results: Sequence[Result], to: Account) -> bool:
    from harness.online.posting import post, scores_of
    from harness.render.terminal import say

    bodies = [
        body
        for episode, result in zip(episodes, results, strict=True)
        for body in scores_of(episode, result, environment=to.environment)
    ]
    done = post(bodies, to)
    say(f"{done.delivered} of {done.accepted} scores posted" + (f": {done.problem}" if done.problem else ""))
    return done.delivered == done.accepted


def _checks(workspace: Workspace, options: argparse.Namespace) -> Sequence[CheckSpec]:
    from harness.online.grading import USUAL, checks_of

    if not options.checks:
        return USUAL
    from harness.suites import load

    found = checks_of(load(workspace, options.checks, untrusted=options.untrusted))
    if not found:
        raise UserError("the suites have no checks", remedy="give cases `assert:`", where="--checks")
    return found


def _read(options: argparse.Namespace) -> Imported:
    from harness.importers.traces import chosen

    if options.online == "langfuse":
        from harness.importers.langfuse.fetching import fetch

        return fetch(since=options.since, environment=options.environment or "", most=options.most or 100)
    return chosen(_file(Path(options.online)), most=options.most)


def _file(path: Path) -> Imported:
    """A file of either kind: an export of Langfuse says that it is one."""
    from harness.importers.langfuse.reading import read_langfuse
    from harness.importers.traces import read_otel

    try:
        return read_otel(path)
    except UserError as error:
        if "an export of Langfuse" in error.problem:
            return read_langfuse(path)
        raise


def _manifest(imported: Imported, options: argparse.Namespace) -> RunManifest:
    from datetime import UTC, datetime

    from harness.engine.manifest import new_id
    from harness.model import RunManifest
    from harness.online.grading import SUITE

    now = datetime.now(UTC)
    return RunManifest(
        id=new_id(now),
        started_at=now.isoformat(timespec="seconds"),
        suites=(SUITE,),
        config={"online": {**imported.origin, "agent": options.agent, "checks": list(options.checks)}},
        source="import",
    )


def post_feedback(options: argparse.Namespace) -> int:
    """Post what users thought."""
    from harness.online.feedback import read_feedback
    from harness.online.posting import account, post
    from harness.render.terminal import say

    bodies = read_feedback(options.feedback)
    done = post(bodies, account())
    say(
        f"{done.delivered} of {done.accepted} pieces of feedback posted" + (f": {done.problem}" if done.problem else "")
    )
    return ExitCode.PASSED if done.delivered == done.accepted else ExitCode.INCOMPLETE
