"""Bring in a run from elsewhere: a bundle of ours, or what another program recorded.

finharness import bundle run.finharness.zip
finharness import tau-bench gpt-4o-airline.json --suite airline --agent gpt-4o
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ExitCode

if TYPE_CHECKING:
    from harness.importers import Recording
    from harness.model import Result, RunManifest
    from harness.workspace import Workspace


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("format", choices=["bundle", "tau-bench"], help="what the file is")
    parser.add_argument("file", type=Path, metavar="FILE", help="file to read; tau-bench files may be gzipped")
    parser.add_argument("--suite", default="tau-bench", metavar="NAME", help="suite that imported cases get")
    parser.add_argument("--agent", default="recorded", metavar="NAME", help="name of the agent that was recorded")


def run(options: argparse.Namespace) -> int:
    """Read the file into the store."""
    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    return {"bundle": _bundle, "tau-bench": _tau_bench}[options.format](workspace, options)


def _bundle(workspace: Workspace, options: argparse.Namespace) -> int:
    from harness.bundle import import_bundle
    from harness.render.terminal import say
    from harness.store import Store

    with Store.open(workspace.store) as store:
        done = import_bundle(store, options.file)
    known = "" if done.added else "; all of it was there already"
    say(f"imported run {done.run}: {done.added} of {done.planned} trials added{known}")
    say(f"next: finharness report {done.run}")
    return ExitCode.PASSED


def _tau_bench(workspace: Workspace, options: argparse.Namespace) -> int:
    from harness.importers.tau_bench import read_tau_bench
    from harness.render.terminal import say
    from harness.store import Store

    recording = read_tau_bench(options.file, suite=options.suite, agent=options.agent)
    manifest = _manifest(recording, options)
    with Store.open(workspace.store) as store:
        jobs = [job for job, _ in recording.trials]
        store.begin(manifest, jobs)
        store.add(manifest.id, _graded(recording, workspace))
        store.end(manifest.id, "complete")
    cases = len({job.case.id for job in jobs})
    say(f"imported {len(jobs)} trials of {cases} cases as run {manifest.id}")
    say("next: finharness report, or finharness score to grade it again")
    return ExitCode.PASSED


def _graded(recording: Recording, workspace: Workspace) -> list[Result]:
    """Grade what was recorded by the importer's own checks, none of which needs a judge."""
    import asyncio

    from harness.registry import Services
    from harness.score import score

    services = Services(root=workspace.root, untrusted=True)

    async def grade() -> list[Result]:
        return await asyncio.gather(*(score(job, outcome, services) for job, outcome in recording.trials))

    return asyncio.run(grade())


def _manifest(recording: Recording, options: argparse.Namespace) -> RunManifest:
    from datetime import UTC, datetime

    from harness.engine.manifest import new_id
    from harness.model import RunManifest

    now = datetime.now(UTC)
    return RunManifest(
        id=new_id(now),
        started_at=now.isoformat(timespec="seconds"),
        suites=(options.suite,),
        config={"imported": dict(recording.origin)},
        source="import",
    )
