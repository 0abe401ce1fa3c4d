"""Explain what is set, missing or shadowed.

Looks at the workspace, the environment variables, the optional dependencies and the store; never prints a secret's value.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from harness.errors import ExitCode, HarnessError
from harness.frozen import frozen

if TYPE_CHECKING:
    from harness.workspace import Workspace

Mark = Literal["ok", "note", "wrong"]

EXTRAS: Final = {
    "pytest": ("pytest", "xdist"),
    "stats": ("numpy", "scipy"),
    "dashboard": ("streamlit", "pandas"),
    "anthropic": ("anthropic",),
    "aws": ("boto3",),
    "litellm": ("litellm",),
    "langfuse": ("langfuse",),
    "otlp": ("httpx", "opentelemetry"),
    "http": ("httpx", "websockets"),
}
"""Extra to the modules that it brings."""

SECRETS: Final = {
    "ANTHROPIC_API_KEY": "models with provider anthropic",
    "AWS_ACCESS_KEY_ID": "models with provider bedrock",
    "AWS_SECRET_ACCESS_KEY": "models with provider bedrock",
    "OPENAI_API_KEY": "models with provider litellm, where the id is OpenAI's",
    "LANGFUSE_PUBLIC_KEY": "the langfuse exporter",
    "LANGFUSE_SECRET_KEY": "the langfuse exporter",
}
"""Variables that hold secrets, and who reads them."""


@frozen
class Remark:
    """One thing looked at."""

    mark: Mark
    """`wrong` makes the command fail."""

    text: str
    """What was seen."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Look at everything, and fail when something is wrong."""
    from harness.render.terminal import say

    remarks = tuple(_examine(options.config))
    if options.json:
        import json

        say(json.dumps([{"mark": remark.mark, "text": remark.text} for remark in remarks], indent=2))
    else:
        for remark in remarks:
            say(f"{_SIGNS[remark.mark]} {remark.text}")
    return ExitCode.USAGE if any(remark.mark == "wrong" for remark in remarks) else ExitCode.PASSED


_SIGNS: Final = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


def _examine(config: str | None) -> Iterator[Remark]:
    yield from _program()
    try:
        from harness.workspace import Workspace

        workspace = Workspace.find(config=config)
    except HarnessError as error:
        yield Remark("wrong", str(error))
        return
    yield Remark("ok", f"workspace {workspace.root} ({workspace.where})")
    yield from _agents(workspace)
    yield from _suites(workspace)
    yield from _store(workspace)
    yield from _audit(workspace)
    yield from _environment(workspace)
    yield _concealment(workspace)
    yield from _servers(workspace)


def _program() -> Iterator[Remark]:
    yield Remark("ok", f"Python {sys.version.split()[0]}, finharness {_version('finharness') or 'not installed'}")
    spec = find_spec("harness")
    origin = Path(spec.origin).parent if spec and spec.origin else None
    if origin is not None and origin != Path(__file__).parent.parent:
        yield Remark(
            "wrong", f"`import harness` finds {origin}, which is not finharness\n  fix: rename that folder or package"
        )
    for extra, modules in EXTRAS.items():
        missing = [module for module in modules if find_spec(module) is None]
        if missing:
            yield Remark("note", f'extra [{extra}] is not installed: pip install "finharness[{extra}]"')
        else:
            yield Remark(
                "ok",
                f"extra [{extra}]: " + ", ".join(f"{module} {_version(module) or ''}".strip() for module in modules),
            )


def _agents(workspace: Workspace) -> Iterator[Remark]:
    from harness.workspace import adapter_module, load_target, own_settings, place_of
    from harness.workspace.adapters import PYTHON

    if not workspace.agents:
        yield Remark("wrong", f"{workspace.where} names no agent\n  fix: add [agents.<name>] with a target")
    for name, agent in workspace.agents.items():
        try:
            if agent.adapter == PYTHON:
                load_target(workspace.root, agent.target)
            else:
                own = own_settings(agent)
                adapter_module(agent.adapter).load(own, agent, root=workspace.root, environ=os.environ)
        except HarnessError as error:
            yield Remark("wrong", f"agent {name}: {error}")
        else:
            yield Remark("ok", f"agent {name}: {place_of(agent)}" + (f", model {agent.model}" if agent.model else ""))


def _concealment(workspace: Workspace) -> Remark:
    from harness.engine.conceal import concealable, possible

    if not workspace.run.conceal:
        return Remark("note", "agents can read cases and rubrics: `conceal = false` under [run]")
    hidden = concealable(workspace, workspace.agents.values())
    names = ", ".join(os.path.relpath(folder, workspace.root) for folder in hidden)
    if not possible():
        return Remark("note", f"agents can read {names}: this system does not let us hide folders from them")
    return Remark("ok", f"hidden from agents: {names}")


def _suites(workspace: Workspace) -> Iterator[Remark]:
    from harness.suites import load

    try:
        cases = load(workspace)
    except HarnessError as error:
        yield Remark("wrong", f"suites: {error}")
    else:
        yield Remark("ok", f"{len(cases)} cases under {workspace.places.cases}")


def _store(workspace: Workspace) -> Iterator[Remark]:
    from harness.store import Store

    if not workspace.store.exists():
        yield Remark("note", f"no results yet in {workspace.places.store}: `finharness eval` makes it")
        return
    try:
        with Store.open(workspace.store, readonly=True) as store:
            yield Remark("ok", f"{len(store.runs())} runs in {workspace.places.store}")
    except HarnessError as error:
        yield Remark("wrong", f"store: {error}")


def _audit(workspace: Workspace) -> Iterator[Remark]:
    from harness.alarms import rules_of

    settings = workspace.audit
    if not settings.enabled:
        yield Remark("note", f"no audit log is written; `[audit] enabled = true` in {workspace.where} asks for one")
    elif workspace.audit_log.exists():
        signed = "signed" if os.environ.get(settings.key_env) else f"not signed ({settings.key_env} is not set)"
        yield Remark("ok", f"audit log {settings.file}, {signed}: `finharness audit verify` says whether it holds")
    try:
        yield Remark("ok", f"{len(rules_of(workspace.alarms))} alarm rules")
    except HarnessError as error:
        yield Remark("wrong", str(error))


def _environment(workspace: Workspace) -> Iterator[Remark]:
    from harness.workspace import OVERRIDES

    for variable, (table, key, _) in OVERRIDES.items():
        if os.environ.get(variable):
            yield Remark("note", f"{variable} overrides {table}.{key} of {workspace.where}")
    for variable, reader in SECRETS.items():
        value = os.environ.get(variable)
        if value is None:
            yield Remark("note", f"{variable} is not set ({reader})")
        elif value != value.strip() or value[:1] in {"'", '"'}:
            yield Remark("wrong", f"{variable} has white space or quotes around it\n  fix: set it to the bare key")
        else:
            yield Remark("ok", f"{variable} is set ({reader})")
    if workspace.judge.model is None:
        yield Remark("note", "no judge is configured: judged claims will be undecided; set `model` under [judge]")


def _servers(workspace: Workspace) -> Iterator[Remark]:
    from harness.telemetry.probe import probe
    from harness.telemetry.resend import waiting

    try:
        for mark, text in probe(workspace.telemetry, os.environ):
            yield Remark(mark, text)
    except HarnessError as error:
        yield Remark("wrong", str(error))
    left = waiting(workspace.root)
    if left:
        yield Remark(
            "note",
            f"{len(left)} {'file' if len(left) == 1 else 'files'} of traces to send again: finharness export telemetry",
        )


def _version(name: str) -> str | None:
    distribution = {"xdist": "pytest-xdist"}.get(name, name)
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
