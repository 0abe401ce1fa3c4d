"""List cases, agents, checks or rubrics.

finharness list                 cases by suite
finharness list cases alex/*    cases of some suites
finharness list agents          agents of harness.toml
finharness list checks          every kind of check
finharness list rubrics         rubrics of the judges folder
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from harness.errors import ExitCode

if TYPE_CHECKING:
    from harness.model import Case
    from harness.workspace import Workspace


_FAMILY = 8


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    what = ("cases", "agents", "checks", "rubrics")
    parser.add_argument("what", nargs="?", choices=what, default="cases", help="what to list (default: cases)")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="patterns of suite names (default: all)")
    parser.add_argument("--case", action="append", default=[], metavar="ID", help="pattern of case ids")
    parser.add_argument("--tag", action="append", default=[], metavar="K[=V]", help="cases with that tag")
    parser.add_argument("--json", action="store_true", help="one JSON document for programs")


def run(options: argparse.Namespace) -> int:
    """Print the list."""
    from harness.render.terminal import say
    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    rows = list(
        {"cases": _cases, "agents": _agents, "checks": _checks, "rubrics": _rubrics}[options.what](workspace, options)
    )
    if options.json:
        _print_json(rows)
    elif options.what == "cases":
        _print_cases(rows if options.verbose else list(_folded(rows)))
        say(f"{len(rows)} case{'' if len(rows) == 1 else 's'}")
    else:
        _print_rows(rows)
    return ExitCode.PASSED


def _cases(workspace: Workspace, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from harness.plan import Selection, select
    from harness.suites import load

    selection = Selection(suites=tuple(options.suites), cases=tuple(options.case), tags=tuple(options.tag))
    for case in select(load(workspace), selection):
        yield {
            "suite": case.suite,
            "id": case.id,
            "agent": case.agent,
            "description": case.description,
            "tags": case.tags,
            "checks": _check_names(case),
            "repeat": case.repeat,
            "where": str(case.where),
        }


def _check_names(case: Case) -> list[str]:
    every = [*case.checks, *(check for turn in case.turns for check in turn.checks)]
    return list(dict.fromkeys(check.name for check in every))


def _agents(workspace: Workspace, _options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from harness.workspace import place_of

    for name, agent in workspace.agents.items():
        yield {
            "name": name,
            "about": agent.description or place_of(agent),
            "model": agent.model,
            "adapter": agent.adapter,
        }


def _checks(_workspace: Workspace, _options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from harness.registry import describe, kind_of, kinds

    for name in kinds():
        yield {"name": name, "about": describe(kind_of(name)).splitlines()[0]}


def _rubrics(workspace: Workspace, _options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from harness import rubrics

    for rubric in rubrics.load(workspace).values():
        about = rubric.description or ", ".join(criterion.id for criterion in rubric.criteria)
        yield {"name": rubric.id, "about": about, "version": rubric.version, "hash": rubric.hash}


def _print_json(rows: list[dict[str, Any]]) -> None:
    import json

    from harness.render.terminal import say

    say(json.dumps(rows, indent=2))


def _print_cases(rows: list[dict[str, Any]]) -> None:
    from itertools import groupby

    from harness.render.terminal import say
    from harness.text import one_line

    for suite, cases in groupby(rows, key=lambda row: row["suite"]):
        members = list(cases)
        say(f"{suite} ({sum(row.get('members', 1) for row in members)})")
        width = max(len(row["id"]) for row in members)
        for row in members:
            tags = " ".join(f"{name}={content}" if content else name for name, content in row["tags"].items())
            rest = "  ".join(part for part in (row["agent"], ", ".join(row["checks"]), tags) if part)
            say(f"  {row['id']:<{width}}  {one_line(rest, 160)}")


def _folded(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows with one instead of many for a case that variables multiplied; -v shows them all."""
    from itertools import groupby

    for (_, name), members in groupby(rows, key=lambda row: (row["suite"], row["id"].partition("[")[0])):
        family = list(members)
        if len(family) > _FAMILY:
            yield {**family[0], "id": f"{name}[...] x{len(family)}", "members": len(family)}
        else:
            yield from family


def _print_rows(rows: list[dict[str, Any]]) -> None:
    from harness.render.terminal import say
    from harness.text import one_line

    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        say(f"{row['name']:<{width}}  {one_line(str(row['about']), 120)}")
    if not rows:
        say("none")
