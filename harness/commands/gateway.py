"""Serve the workspace's models to agents in any language: usage plans, limits, budgets, a usage log.

It speaks Anthropic Messages, OpenAI chat completions and Bedrock; point a library at it by base URL. /t/<name>/... names the
trial that a request belongs to, whose tool calls are rebuilt from the traffic: GET /t/<name> shows them.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.errors import ExitCode, UserError

if TYPE_CHECKING:
    from harness.cassettes import Cassette
    from harness.gateway import Gateway, PlanFile
    from harness.gateway.totals import Totals
    from harness.workspace import Workspace

LOG: Final = Path(".harness") / "gateway" / "usage.jsonl"
"""Where the usage log is, unless another file is named."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8900, help="port; 0 takes a free one (default: 8900)")
    parser.add_argument("--plans", metavar="FILE", help="usage plans, YAML or TOML; needed on any other address")
    parser.add_argument("--log", metavar="FILE", help=f"usage log, continued if it exists (default: {LOG})")
    parser.add_argument("--model", metavar="NAME", help="model of harness.toml that answers to names it does not know")
    parser.add_argument("--agent", metavar="NAME", help="agent whose policy answers for the offline model")
    tapes = parser.add_mutually_exclusive_group()
    tapes.add_argument("--record", metavar="FILE", help="record the traffic of each trial in a cassette")
    tapes.add_argument("--replay", metavar="FILE", help="answer from a cassette: no key, no network")
    tapes.add_argument("--chaos", type=int, metavar="SEED", help="let things go wrong at random, by this seed")
    parser.add_argument("--check", action="store_true", help="read the settings and the plans, and serve nothing")
    parser.add_argument("--new-key", action="store_true", help="make a key, with what a plan keeps of it")


def run(options: argparse.Namespace) -> int:
    """Serve until it is stopped."""
    from harness.render.terminal import say
    from harness.workspace import Workspace

    if options.new_key:
        return _new_key()
    if not 0 <= options.port <= 65_535:
        raise UserError(f"{options.port} is no port", remedy="give one between 1024 and 65535", where="--port")
    workspace = Workspace.find(config=options.config)
    plans = _plans(options.plans, workspace)
    if options.check:
        served = "no plans: whoever reaches it may do anything" if plans is None else f"{len(plans.plans)} plans"
        say(f"the gateway of {workspace.root.name} can start: {served}")
        return ExitCode.PASSED
    return _serve(options, workspace, plans)


def _serve(options: argparse.Namespace, workspace: Workspace, plans: PlanFile | None) -> int:
    from harness.gateway.hosting import address, listening, server
    from harness.gateway.opening import Surroundings, open_gateway, policy_of
    from harness.gateway.spans import Spans
    from harness.gateway.totals import Totals
    from harness.render.terminal import say
    from harness.telemetry import describe
    from harness.telemetry.facade import open_telemetry

    totals, telemetry = Totals(), open_telemetry(workspace.telemetry, os.environ, workspace.root, run="gateway")
    log = Path(options.log) if options.log else workspace.root / LOG
    gateway = open_gateway(
        workspace,
        plans=plans,
        log=log,
        model=options.model,
        policy=policy_of(workspace, options.agent) if options.agent else None,
        host=options.host,
        around=Surroundings(on_entry=totals.add, observes=Spans(telemetry) if telemetry.provider is not None else None),
    )
    cassette = _tape(gateway, options)
    running = server(gateway)
    taken = listening(options.host, options.port)
    say(f"gateway of {workspace.root.name}: {address(taken)}  (stop with Ctrl+C)")
    for line in _addresses(gateway, address(taken), plans, log):
        say(line)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # however it is ended, what it knows is written down
    try:
        running.run(sockets=[taken])
    except KeyboardInterrupt:
        pass  # the usual way to end it
    finally:
        taken.close()
        if cassette is not None:
            cassette.save()
        _report(totals, describe(telemetry.close(workspace.telemetry.deadline_s)))
    return ExitCode.PASSED


def _addresses(gateway: Gateway, url: str, plans: PlanFile | None, log: Path) -> list[str]:
    models = ", ".join(gateway.office.directory.names()) or "none: name an agent with --agent, or add [models]"
    lines = [
        f"  ANTHROPIC_BASE_URL={url}  OPENAI_BASE_URL={url}/v1  AWS_ENDPOINT_URL_BEDROCK_RUNTIME={url}",
        f"  models: {models}",
        f"  usage log: {log}",
    ]
    if plans is None:
        lines.append("  no plans: every program on this machine may ask; --plans FILE asks for keys")
    return lines


def _tape(gateway: Gateway, options: argparse.Namespace) -> Cassette | None:
    """Record, play or spoil what goes through; the cassette that is to be saved at the end."""
    from harness.cassettes import Cassette
    from harness.faults.chaos import DEFAULT
    from harness.faults.plan import FaultPlan
    from harness.gateway.tapes import tapes_of

    if options.chaos is not None:
        gateway.office.faults = FaultPlan(DEFAULT, seed=options.chaos)
    name = options.record or options.replay
    if name is None:
        return None
    cassette = Cassette.open(Path(name), "record" if options.record else "replay", about="gateway", name=name)
    gateway.office.tape = tapes_of(cassette)
    return cassette if options.record else None


def _report(totals: Totals, delivered: Iterable[str]) -> None:
    from harness.render.terminal import say

    for line in (*totals.lines(), *delivered):
        say(line)


def _plans(name: str | None, workspace: Workspace) -> PlanFile | None:
    from harness.gateway.plans import load_plans

    if name is None:
        return None
    path = Path(name) if Path(name).is_absolute() or Path(name).exists() else workspace.root / name
    return load_plans(path, os.environ, name=name)


def _new_key() -> int:
    from harness.gateway.keys import digest, new_key
    from harness.render.terminal import say

    key = new_key()
    say(f"key (shown once; give it to whoever is to ask): {key}")
    say(f'for the plan file:                              keys: ["{digest(key)}"]')
    return ExitCode.PASSED
