"""Write a run to one file that carries all of it, or send its traces again.

finharness export                     the latest run, to <id>.finharness.zip
finharness export latest~1 -o run.finharness.zip
finharness export telemetry           send again what could not be delivered
finharness export telemetry latest    make a run's traces and scores anew from the store, and send them
finharness export telemetry FILE.jsonl --to otlp

`finharness import bundle FILE` reads a bundle back, here or elsewhere. Traces and scores that arrived already are replaced.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from harness.errors import ExitCode, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from harness.telemetry import Delivery
    from harness.workspace import Workspace


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("run", nargs="?", default="latest", metavar="RUN", help="run to export, or `telemetry`")
    parser.add_argument("what", nargs="?", metavar="RUN|FILE", help="with `telemetry`: a run, or a file of traces")
    parser.add_argument("-o", "--output", metavar="FILE", help="file to write (default: <id>.finharness.zip)")
    parser.add_argument("--to", choices=["langfuse", "otlp"], help="with `telemetry`: one exporter instead of all")
    parser.add_argument("--deadline", type=float, default=60.0, metavar="S", help="with `telemetry`: most seconds")


def run(options: argparse.Namespace) -> int:
    """Write the bundle, or send traces."""
    from pathlib import Path

    from harness.bundle import export_bundle
    from harness.render.terminal import say
    from harness.store import Store
    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    if options.run == "telemetry":
        return _telemetry(workspace, options)
    if options.what is not None:
        raise UserError(f"{options.what!r} is one too many", remedy="name one run", where="export")
    with Store.open(workspace.store, readonly=True) as store:
        row = store.run(options.run)
        target = Path(options.output or f"{row.id}.finharness.zip")
        export_bundle(store, row, target)
    say(f"wrote {target}: run {row.id}, {row.done} of {row.planned} trials, {target.stat().st_size:,} bytes")
    say(f"next: finharness import bundle {target}")
    return ExitCode.PASSED


def _telemetry(workspace: Workspace, options: argparse.Namespace) -> int:
    import os
    from pathlib import Path

    from harness.render.terminal import say

    if not options.deadline > 0:
        raise UserError(f"{options.deadline} seconds are no time", remedy="give more than 0", where="--deadline")
    if options.what is None:
        sent = _waiting(workspace, os.environ, options)
    elif (path := Path(options.what)).is_file():
        sent = _file(workspace, os.environ, options, path)
    else:
        sent = _stored(workspace, os.environ, options)
    whole = True
    for place, delivery in sent:
        say(_line(place, delivery))
        whole = whole and delivery is not None and delivery.complete
    return ExitCode.PASSED if whole else ExitCode.INCOMPLETE


def _waiting(
    workspace: Workspace, environ: Mapping[str, str], options: argparse.Namespace
) -> Iterator[tuple[str, Delivery | None]]:
    """Everything that was not delivered, each to where it was meant for."""
    from harness.render.terminal import say
    from harness.telemetry.resend import exporter_of, resend, waiting

    files = [path for path in waiting(workspace.root) if options.to in {None, exporter_of(path)}]
    if not files:
        say("nothing is waiting: everything was delivered")
    for path in files:
        found = resend(path, exporter_of(path), workspace.telemetry, environ, deadline_s=options.deadline)
        if found is not None and found.broken:
            say(f"{path.name}: {found.broken} lines cannot be read; they are in {path.name}.broken")
        yield path.name, None if found is None else found.delivery


def _file(
    workspace: Workspace, environ: Mapping[str, str], options: argparse.Namespace, path: Path
) -> Iterator[tuple[str, Delivery | None]]:
    from harness.render.terminal import say
    from harness.telemetry.resend import resend

    for name in _targets(workspace, options):
        found = resend(path, name, workspace.telemetry, environ, deadline_s=options.deadline, keep=True)
        if found is not None and found.broken:
            say(f"{path.name}: {found.broken} lines cannot be read")
        yield path.name, None if found is None else found.delivery


def _stored(
    workspace: Workspace, environ: Mapping[str, str], options: argparse.Namespace
) -> Iterator[tuple[str, Delivery | None]]:
    """A run's results as they are in the store."""
    from harness.store import Store
    from harness.telemetry.masking import redactor
    from harness.telemetry.packing import Packer
    from harness.telemetry.resend import send

    settings = workspace.telemetry
    packer = Packer(
        redactor(environ, settings.redact, workspace.root),
        with_scores=True,
        with_content=settings.content == "full",
    )
    with Store.open(workspace.store, readonly=True) as store:
        row = store.run(options.what)
        parcels = [packer.pack((row.manifest, result)) for result in store.results(row.id, traces=True)]
    for name in _targets(workspace, options):
        yield row.id, send(name, parcels, settings, environ, deadline_s=options.deadline)


def _targets(workspace: Workspace, options: argparse.Namespace) -> tuple[str, ...]:
    from harness.telemetry.resend import NETWORKS

    named = (options.to,) if options.to else tuple(name for name in workspace.telemetry.exporters if name in NETWORKS)
    if not named:
        raise UserError(
            "no exporter is configured that sends over a network",
            remedy='write exporters = ["langfuse"] or ["otlp"] under [telemetry], or give --to',
            where=workspace.where,
        )
    return named


def _line(place: str, delivery: Delivery | None) -> str:
    if delivery is None:
        return f"{place}: not sent; its exporter has no address or credentials (`finharness doctor` says which)"
    why = f" ({delivery.reason})" if delivery.reason else ""
    return (
        f"{place}: {delivery.delivered} of {delivery.accepted} spans, {delivery.scores_delivered} of"
        f" {delivery.scores_accepted} scores delivered to {delivery.name}{why}"
    )
