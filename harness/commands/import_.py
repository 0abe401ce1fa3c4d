"""Bring in what is elsewhere: a bundle of ours, runs that another program recorded, or tasks as cases.

finharness import bundle run.finharness.zip
finharness import tau-bench gpt-4o-airline.json --suite airline --agent gpt-4o
finharness import tau2 results.json
finharness import tau2 tasks.json --cases cases/banking.yaml
finharness import bfcl tasks.jsonl --truth answers.jsonl [--results model.jsonl]
finharness import asb runs.jsonl --tools normal_tools.jsonl
finharness import agentdojo runs/ | environment.yaml --cases cases/bank.yaml
finharness import promptfoo promptfooconfig.yaml --cases cases/ported.yaml --agent advisor
finharness import pydantic-evals dataset.yaml --cases cases/ported.yaml --agent advisor
finharness import vals public.csv --cases cases/filings.yaml --agent analyst
finharness import otel spans.json | langfuse [trace.json]      production traces as cases in cases/inbox/
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ExitCode, UserError

from .drafting import FORMATS as _TRACES
from .drafting import draft, drafting

if TYPE_CHECKING:
    from harness.importers import Recording
    from harness.importers.mapped import Mapped
    from harness.model import Result, RunManifest
    from harness.workspace import Workspace

_ONLY_TASKS = ("promptfoo", "pydantic-evals", "vals")
_FORMATS = ("bundle", "tau-bench", "tau2", "bfcl", "asb", "agentdojo", *_ONLY_TASKS, *_TRACES)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("format", choices=_FORMATS, help="what the file is")
    parser.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="file to read; it may be gzipped, and a folder for agentdojo, otel and langfuse",
    )
    parser.add_argument("--suite", metavar="NAME", help="suite that imported cases get (default: the format)")
    parser.add_argument("--agent", default="recorded", metavar="NAME", help="name of the agent that was recorded")
    parser.add_argument("--cases", type=Path, metavar="SUITE.yaml", help="write the tasks as a new suite, and no run")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="bfcl: the possible answers")
    parser.add_argument("--results", type=Path, metavar="FILE", help="bfcl: what a model answered (default: the truth)")
    parser.add_argument("--tools", type=Path, metavar="FILE", help="asb: the tools that the agents' own tasks need")
    parser.add_argument(
        "--vectors", type=Path, metavar="FILE", help="agentdojo: injection_vectors.yaml, if it is elsewhere"
    )
    drafting(parser)


def run(options: argparse.Namespace) -> int:
    """Read the file into the store, or into a suite."""
    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    options.suite = options.suite or options.format
    if options.format in _TRACES:
        return draft(workspace, options)
    if options.file is None:
        raise UserError("the file is missing", remedy=f"name it: finharness import {options.format} FILE", where="FILE")
    if options.format == "bundle":
        return _bundle(workspace, options)
    if options.cases is not None:
        return _suite(workspace, options)
    if options.format in _ONLY_TASKS:
        raise _only_tasks(options)
    return _recording(workspace, options)


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


def _recording(workspace: Workspace, options: argparse.Namespace) -> int:
    from harness.render.terminal import say
    from harness.store import Store

    recording = _read(options)
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


def _read(options: argparse.Namespace) -> Recording:
    """The recorded runs."""
    names = {"suite": options.suite, "agent": options.agent}
    if options.format == "tau-bench":
        from harness.importers.tau_bench import read_tau_bench

        return read_tau_bench(options.file, **names)
    if options.format == "tau2":
        from harness.importers.tau2 import is_task_list, read_tau2

        if is_task_list(options.file):
            raise _only_tasks(options)
        return read_tau2(options.file, **names)
    if options.format == "bfcl":
        from harness.importers.bfcl import read_bfcl

        return read_bfcl(options.file, _truth(options), results=options.results, **names)
    if options.format == "asb":
        from harness.importers.asb import read_asb

        return read_asb(options.file, tools=options.tools, **names)
    from harness.importers.agentdojo import read_agentdojo

    if options.file.suffix in {".yaml", ".yml"}:
        raise _only_tasks(options)
    return read_agentdojo(options.file, **names)


def _suite(workspace: Workspace, options: argparse.Namespace) -> int:
    from harness.importers.mapped import told
    from harness.importers.suite import suite_text
    from harness.render.terminal import say

    mapped = _tasks(options)
    path = workspace.root / options.cases
    if not path.resolve().is_relative_to(workspace.cases.resolve()) or path.suffix != ".yaml":
        raise UserError(
            f"{options.cases} is no suite of this workspace", remedy="write to cases/<name>.yaml", where="--cases"
        )
    if path.exists():
        raise UserError(
            f"{options.cases} is there already", remedy="choose another name, or remove it", where="--cases"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    about = f"Imported from {options.file.name} ({options.format})."
    notes = [f"not taken over: {item}" for item in mapped.unmapped]
    text = suite_text(mapped.cases, description=about, agent=options.agent, notes=notes)
    path.write_text(text, encoding="utf-8")
    for line in told(mapped):
        say(line)
    say(f"wrote {len(mapped.cases)} cases to {options.cases}")
    say(f"next: finharness validate {options.cases}")
    return ExitCode.PASSED


def _tasks(options: argparse.Namespace) -> Mapped:
    """The tasks of a file as cases."""
    from harness.importers.mapped import Mapped

    names = {"suite": options.suite, "agent": options.agent}
    if options.format in _ONLY_TASKS:
        return _ported(options, names)
    if options.format == "tau2":
        from harness.importers.tau2 import read_tau2_tasks

        return Mapped(read_tau2_tasks(options.file, **names))
    if options.format == "bfcl":
        from harness.importers.bfcl import read_bfcl_tasks

        return Mapped(read_bfcl_tasks(options.file, _truth(options), **names))
    if options.format == "agentdojo":
        from harness.importers.agentdojo import read_agentdojo_environment

        vectors = options.vectors or options.file.with_name("injection_vectors.yaml")
        return Mapped(read_agentdojo_environment(options.file, vectors, **names))
    raise UserError(f"{options.format} files have no tasks to write", remedy="leave --cases out", where="--cases")


def _ported(options: argparse.Namespace, names: dict[str, str]) -> Mapped:
    """The cases of another harness."""
    if options.format == "promptfoo":
        from harness.importers.promptfoo import read_promptfoo

        return read_promptfoo(options.file, **names)
    if options.format == "pydantic-evals":
        from harness.importers.pydantic_evals import read_pydantic_evals

        return read_pydantic_evals(options.file, **names)
    from harness.importers.vals import read_vals

    return read_vals(options.file, **names)


def _only_tasks(options: argparse.Namespace) -> UserError:
    return UserError(
        f"{options.file.name} has tasks and no runs", remedy="write them as a suite: --cases cases/<name>.yaml"
    )


def _truth(options: argparse.Namespace) -> Path:
    if options.truth is None:
        raise UserError("the tasks' possible answers are missing", remedy="give them: --truth FILE", where="--truth")
    return Path(options.truth)


def _graded(recording: Recording, workspace: Workspace) -> list[Result]:
    """Grade what was recorded by the importer's own checks, none of which needs a judge."""
    import asyncio

    from harness.registry import Services
    from harness.score import score
    from harness.telemetry import scrubber

    services, clean = Services(root=workspace.root, untrusted=True), scrubber(workspace)

    async def grade() -> list[Result]:
        graded = await asyncio.gather(*(score(job, outcome, services) for job, outcome in recording.trials))
        return [clean.result(result) for result in graded]

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
