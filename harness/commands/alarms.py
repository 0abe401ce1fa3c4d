"""Hold a run against the alarm rules, and give CloudWatch the same rules, dashboards and metrics.

finharness alarms check [RUN]       which alarms the run would raise; exit 1 when one does
finharness alarms list              the rules in force, and the metrics there are
finharness alarms render            dashboards and alarms as CloudWatch takes them; -o FOLDER writes a file for each
finharness alarms push              put them into the account of the environment (needs finharness[aws])
finharness alarms emf [RUN]         the run's metrics as log lines in CloudWatch's embedded metric format
finharness alarms cost ...          what functions on Lambda cost a month: --load planner=100x300sx2048MB

Rules of your own, and those of ours that are off, are under [alarms] in harness.toml.
Exit codes: 0 quiet · 1 an alarm is raised · 2 a mistake in the command or the rules · 3 too little data, with --fail-on no-data.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from harness.errors import ExitCode, UserError, os_errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.alarms import AlarmState, LambdaLoad
    from harness.alarms.cloudwatch import Request
    from harness.alarms.dashboards import Body
    from harness.store import Store
    from harness.workspace import Workspace

_LEAST = 5
"""Trials below which none of our rules says anything, so that small runs need not ask."""

_ACTIONS = ("check", "list", "render", "push", "emf", "cost")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("what", choices=_ACTIONS, metavar="|".join(_ACTIONS), help="what to do")
    parser.add_argument(
        "run", nargs="?", default="latest", metavar="RUN", help="run, for check and emf (default: latest)"
    )
    parser.add_argument("--json", action="store_true", help="write JSON instead of words")
    parser.add_argument(
        "--fail-on", action="append", default=[], choices=["no-data"], help="check: end with 3 on these, too"
    )
    cloud = parser.add_argument_group("CloudWatch")
    cloud.add_argument("--region", metavar="NAME", help="region (default: [alarms] region, or AWS_REGION)")
    cloud.add_argument("--endpoint", metavar="URL", help="push: another address than the region's own")
    cloud.add_argument(
        "--agent", action="append", default=[], metavar="NAME", help="agents with alarms and lines of their own"
    )
    cloud.add_argument("-o", "--output", metavar="PATH", help="render: folder for the files; emf: file")
    cost = parser.add_argument_group("cost")
    cost.add_argument(
        "--load",
        action="append",
        default=[],
        metavar="NAME=CALLSxSECONDSsxMBMB",
        help="a function's month: planner=100x300sx2048MB",
    )
    cost.add_argument("--messages", type=int, default=0, metavar="N", help="requests to queues")
    cost.add_argument("--free-tier", action="store_true", help="take off what an account gets for nothing")


def run(options: argparse.Namespace) -> int:
    """Do what was asked."""
    if options.what == "cost":
        return _cost(options)
    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    return {"check": _check, "list": _list, "render": _render, "push": _push, "emf": _emf}[options.what](
        options, workspace
    )


def _check(options: argparse.Namespace, workspace: Workspace) -> int:
    from harness.alarms import check_run, needs_traces
    from harness.alarms.pages import alarm_row
    from harness.store import Store

    with Store.open(workspace.store, readonly=True) as store:
        row = store.run(options.run)
        traced = store.results(row.id, traces=needs_traces(workspace))
        found = check_run(workspace, traced, earlier=store.earlier(row.id))
    raised = [state for state in found if state.state == "ALARM"]
    silent = [state for state in found if state.state == "INSUFFICIENT_DATA"]
    if options.json:
        _dump({"run": row.id, "alarms": [alarm_row(state) for state in found]})
    else:
        _tell(row.id, found)
    if raised:
        return ExitCode.FAILED
    return ExitCode.INCOMPLETE if silent and "no-data" in options.fail_on else ExitCode.PASSED


def tell_raised(config: str | None, store: Store, run_id: str, planned: int) -> None:
    """Say which alarms a run raises, after its report; nothing when all is quiet, or rules cannot be read."""
    from harness.alarms import check_run, needs_traces
    from harness.errors import HarnessError
    from harness.render.terminal import Styled, say
    from harness.workspace import Workspace

    try:
        workspace = Workspace.find(config=config)
        least = min((rule.min_samples for rule in workspace.alarms.rules), default=_LEAST)
        traces = needs_traces(workspace)
        found: tuple[AlarmState, ...] = ()
        if planned >= min(least, _LEAST):
            found = check_run(workspace, store.results(run_id, traces=traces), earlier=store.earlier(run_id))
    except HarnessError as error:
        say(Styled("alarms: ", "warn"), error.problem)
        return
    raised = [state for state in found if state.state == "ALARM"]
    if raised:
        say()
    for state in raised:
        say("  ", Styled("ALARM", "bad"), f"  {state.name}: {state.reason}")


def _tell(run_id: str, found: Sequence[AlarmState]) -> None:
    from harness.render.terminal import Style, Styled, say

    styles: Mapping[str, Style] = {"ALARM": "bad", "OK": "good", "INSUFFICIENT_DATA": "warn"}
    say(f"Run {run_id}")
    for state in found:
        word = {"INSUFFICIENT_DATA": "no data"}.get(state.state, state.state)
        say("  ", Styled(f"{word:<8}", styles[state.state]), f"{state.name}: {state.reason}")
        if state.state == "ALARM" and state.rule.description:
            say(f"            {state.rule.description}")


def _list(options: argparse.Namespace, workspace: Workspace) -> int:
    from harness.alarms import rules_of
    from harness.alarms.pages import metric_rows
    from harness.render.terminal import Styled, say
    from harness.shape import plain

    rules = rules_of(workspace.alarms)
    if options.json:
        _dump({"rules": [plain(rule) for rule in rules], "metrics": metric_rows()})
        return ExitCode.PASSED
    for rule in rules:
        when = f"{rule.statistic} of {rule.metric} {rule.comparison} {rule.threshold:g}"
        often = f"{rule.needed} of {rule.periods} periods of {rule.period_s} s"
        gate = "; gates" if rule.gate else ""
        each = f" for each {', '.join(rule.by)}" if rule.by else ""
        say(
            Styled(f"{rule.name:<18}", "strong"),
            f"{when}{each}; {often}, from {rule.min_samples} samples; no data: {rule.missing}{gate}",
        )
    say()
    for known in metric_rows():
        say(f"{known['metric']:<18}{known['what']}")
    return ExitCode.PASSED


def _rendered(options: argparse.Namespace, workspace: Workspace) -> tuple[Mapping[str, Body], Sequence[Request]]:
    from harness.alarms import alarm_requests, dashboards
    from harness.alarms.push import check

    unknown = [name for name in options.agent if name.partition("@")[0] not in workspace.agents]
    if unknown and workspace.agents:
        from harness.errors import nearest

        raise UserError(
            f"there is no agent {unknown[0]!r}", remedy=nearest(unknown[0], workspace.agents), where="--agent"
        )
    agents = options.agent or sorted(workspace.agents)
    boards = dashboards(workspace.alarms, agents, _region(options, workspace) or "us-east-1")
    alarms = alarm_requests(workspace.alarms, agents)
    check(boards, alarms)
    return boards, alarms


def _render(options: argparse.Namespace, workspace: Workspace) -> int:
    import json
    from pathlib import Path

    from harness.render.terminal import say

    boards, alarms = _rendered(options, workspace)
    if options.output is None:
        _dump({"dashboards": boards, "alarms": alarms})
        return ExitCode.PASSED
    folder = Path(options.output)
    with os_errors(UserError, "cannot be written", remedy="name a folder", where=folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in [*((f"dashboard-{name}", body) for name, body in boards.items()), ("alarms", alarms)]:
            (folder / f"{name}.json").write_text(f"{json.dumps(content, indent=2)}\n", encoding="utf-8")
            say(f"wrote {folder / f'{name}.json'}")
    return ExitCode.PASSED


def _push(options: argparse.Namespace, workspace: Workspace) -> int:
    from harness.alarms.push import connect, push
    from harness.render.terminal import say

    boards, alarms = _rendered(options, workspace)
    client = connect(_region(options, workspace), options.endpoint)
    for line in push(client, boards, alarms):
        say(f"put {line}")
    return ExitCode.PASSED


def _emf(options: argparse.Namespace, workspace: Workspace) -> int:
    import sys
    from pathlib import Path

    from harness.alarms import emf_lines, run_samples
    from harness.alarms.rules import budget_of
    from harness.render.terminal import say
    from harness.store import Store

    with Store.open(workspace.store, readonly=True) as store:
        row = store.run(options.run)
        results, earlier = store.results(row.id, traces=True), store.earlier(row.id)
        samples = run_samples(results, budget_of(workspace), earlier=earlier)
    lines = [f"{line}\n" for line in emf_lines(samples, workspace.alarms.namespace, properties={"run": row.id})]
    if options.output is None:
        sys.stdout.write("".join(lines))  # for a collector, and ASCII alone
        return ExitCode.PASSED
    with os_errors(UserError, "cannot be written", remedy="name another file", where=options.output):
        Path(options.output).write_text("".join(lines), encoding="utf-8")
    say(f"wrote {options.output}: {len(lines)} lines, {len(samples)} samples")
    return ExitCode.PASSED


def _cost(options: argparse.Namespace) -> int:
    from harness.alarms import monthly_cost
    from harness.render.terminal import say

    if not options.load:
        raise UserError("what is called how often?", remedy="give --load planner=100x300sx2048MB", where="alarms cost")
    loads = dict(_load(text) for text in options.load)
    cost = monthly_cost(loads.values(), free_tier=options.free_tier, messages=options.messages)
    if options.json:
        names = ("compute_usd", "requests_usd", "messages_usd", "total_usd", "gb_seconds")
        _dump({name: float(getattr(cost, name)) for name in names})
        return ExitCode.PASSED
    for name, load in loads.items():
        own = monthly_cost([load])
        say(f"{name:<20}{load.gb_seconds:>14,.0f} GB-s  ${own.total_usd:,.2f}")
    free = " after the free tier" if options.free_tier else ""
    say(f"{'together':<20}{cost.gb_seconds:>14,.0f} GB-s  ${cost.total_usd:,.2f} a month{free}")
    return ExitCode.PASSED


def _load(text: str) -> tuple[str, LambdaLoad]:
    import re

    from harness.alarms import LambdaLoad

    found = re.fullmatch(r"([\w.-]+)=(\d+)x(\d+(?:\.\d+)?)sx(\d+)MB", text)
    if found is None:
        raise UserError(
            f"{text!r} is no load",
            remedy="write NAME=CALLSxSECONDSsxMEMORYMB, such as planner=100x300sx2048MB",
            where="--load",
        )
    name, calls, seconds, memory = found.groups()
    return name, LambdaLoad(int(calls), float(seconds), int(memory))


def _region(options: argparse.Namespace, workspace: Workspace) -> str:
    import os

    known = (
        options.region,
        workspace.alarms.region,
        os.environ.get("AWS_REGION"),
        os.environ.get("AWS_DEFAULT_REGION"),
    )
    return next((region for region in known if region), "")


def _dump(content: object) -> None:
    import json

    from harness.render.terminal import say

    say(json.dumps(content, indent=2, allow_nan=False))
