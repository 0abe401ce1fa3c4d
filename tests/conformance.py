"""What every adapter must do, whatever language or framework its agent is written in.

A test file of an adapter has a fixture `foreign` that gives a `Foreign`, and a class that inherits from `Conformance`. Behind the
adapter stands the same small agent, written in its own way, which acts on what it is told:

    price VTI         calls the tool get_price with {"symbol": "VTI"}, gets {"price": 250.1}, says "VTI costs $250.10."
    which?            says "You asked for VTI.", if `price VTI` was an earlier turn of the same conversation
    allocation        answers {"VTI": 60, "BND": 40} as data
    echo <anything>   says exactly that
    fail              fails in its own way: raises, exits, answers 500
    hang              never answers
    silent            ends without an answer
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import io
import itertools
import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from harness.adapters.loading import LoadedAgent, load_agent
from harness.cli import main
from harness.engine.trial import Trial
from harness.errors import Problems
from harness.model import Event, Trace, fold
from harness.shape import plain
from harness.workspace import AgentSettings, Workspace, config_of, own_settings, place_of

ABILITIES = frozenset({"answers", "tools", "usage", "ttft", "turns", "structured", "failures", "deadlines"})
"""What an agent behind an adapter may be able to do; one that cannot is not asked to."""

NASTY = "déjà-vu 日本語 \"quoted\" 'single' \\n {braces} $(touch pwned) `touch pwned` ; touch pwned & %s 😀"


@dataclass(frozen=True)
class Foreign:
    """One agent behind the adapter under test."""

    settings: AgentSettings
    root: Path
    can: frozenset[str] = ABILITIES
    workspace: Workspace | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    left: Callable[[], Sequence[Any]] = tuple
    """What of the agent is still alive: processes, connections; asked after a trial was cut short."""
    prices: str = "price VTI"
    """How the agent is asked for a price."""


@dataclass(frozen=True)
class Ended:
    """How a trial ended."""

    status: str
    kind: str
    message: str
    trace: Trace


_numbers = itertools.count(1)


def load(foreign: Foreign) -> LoadedAgent:
    """Load the agent as a worker does: from settings that have travelled as JSON."""
    sent = json.loads(json.dumps(plain(foreign.settings)))
    settings = AgentSettings(**{**sent, "env": tuple(sent.get("env", ())), "name": foreign.settings.name})
    models = {} if foreign.workspace is None else foreign.workspace.models
    return load_agent(settings, foreign.root, models=models, environ=foreign.environ)


async def one(agent: LoadedAgent, *inputs: Any, cancel_after_s: float | None = None, **spec: Any) -> Ended:
    """Run one trial on this event loop, ended as a worker would end it."""
    trial = Trial({"n": next(_numbers), "inputs": list(inputs), "seed": 7, "limit_s": 30.0, **spec})
    task = asyncio.get_running_loop().create_task(trial.run(agent), context=contextvars.copy_context())
    trial.task = task  # type: ignore[assignment]
    if cancel_after_s is not None:
        asyncio.get_running_loop().call_later(cancel_after_s, trial.cancel)
    message = await task
    trace = fold(Event(*event) for event in trial.recorder.wire)
    error = message[3] or ["", "", ""]
    return Ended(message[2], error[0], error[1], trace)


def run(foreign: Foreign, *inputs: Any, **about: Any) -> Ended:
    """Run one trial of the agent and close it."""
    return together(foreign, list(inputs), **about)[0]


def together(foreign: Foreign, *talks: list[Any], **about: Any) -> list[Ended]:
    """Run several trials at the same time, one for each list of turns."""

    async def trials() -> list[Ended]:
        agent = load(foreign)
        try:
            return await asyncio.gather(*(one(agent, *talk, **about) for talk in talks))
        finally:
            await agent.close()

    return asyncio.run(trials())


def evaluate(foreign: Foreign, folder: Path, cases: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `finharness eval` on cases for the agent, in a workspace of its own, and give what it said."""
    workspace = folder if foreign.root == folder else folder / "workspace"
    (workspace / "cases").mkdir(parents=True, exist_ok=True)
    lines = [f"{json.dumps(key)} = {toml(item)}" for key, item in table_of(foreign.settings).items()]
    models = [] if foreign.workspace is None else list(foreign.workspace.models.values())
    for model in models:
        if model.provider != "offline":
            lines += [f"[models.{model.name}]"]
            lines += [f"{key} = {toml(item)}" for key, item in plain(model).items() if key != "name"]
    (workspace / "harness.toml").write_text("\n".join(["[agents.mine]", *lines, ""]), encoding="utf-8")
    (workspace / "cases" / "small.yaml").write_text(cases, encoding="utf-8")
    if foreign.root != workspace:
        for item in foreign.root.iterdir():
            if not (workspace / item.name).exists() and item.name != "workspace":
                (workspace / item.name).symlink_to(item)
    return command(workspace, "eval", *words, environ=foreign.environ)


def command(folder: Path, *words: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `finharness` in a folder, in this process, and give its exit code and what it said."""
    said, complained = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        mock.patch.dict(os.environ, dict(environ or os.environ), clear=True),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(complained),
    ):
        code = main(list(words))
    return subprocess.CompletedProcess(list(words), int(code), said.getvalue(), complained.getvalue())


def table_of(agent: AgentSettings) -> dict[str, Any]:
    """The agent's table as harness.toml would have it."""
    return {**{key: item for key, item in plain(agent).items() if key not in {"options", "name"}}, **agent.options}


def toml(item: Any) -> str:
    """Write plain data as a TOML value."""
    if isinstance(item, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {toml(part)}" for key, part in item.items()) + "}"
    if isinstance(item, list | tuple):
        return "[" + ", ".join(map(toml, item)) + "]"
    return json.dumps(item)


def small_suite(foreign: Foreign) -> str:
    """The small suite that each agent is run on through the command."""
    cases = [{"id": "answers", "input": foreign.prices, "assert": [{"type": "contains", "value": "$250.10"}]}]
    checks: list[dict[str, Any]] = cases[0]["assert"]  # type: ignore[assignment]
    if "tools" in foreign.can:
        checks.append({"type": "trajectory:tool-args-match", "name": "get_price", "args": {"symbol": "VTI"}})
    if "usage" in foreign.can:
        checks.append({"type": "tokens", "max": 1000})
    if "ttft" in foreign.can:
        checks.append({"type": "ttft", "max_ms": 20_000})
    return json.dumps({"agent": "mine", "cases": cases})


class Conformance:
    """The tests; a file inherits from it and gives the fixture `foreign`."""

    def need(self, foreign: Foreign, ability: str) -> None:
        assert foreign.can <= ABILITIES
        if ability not in foreign.can:
            pytest.skip(f"{foreign.settings.adapter} has no {ability}")

    def test_it_says_where_its_agent_is(self, foreign: Foreign) -> None:
        assert place_of(foreign.settings)
        assert own_settings(foreign.settings).effects in {"none", "forbid"}

    def test_the_answer_is_recorded(self, foreign: Foreign) -> None:
        ended = run(foreign, foreign.prices)

        assert (ended.status, ended.kind, ended.message) == ("completed", "", "")
        assert "$250.10" in ended.trace.answer

    def test_tool_calls_have_arguments_and_results(self, foreign: Foreign) -> None:
        self.need(foreign, "tools")

        (call,) = run(foreign, foreign.prices).trace.tools

        assert (call.name, dict(call.args), call.status) == ("get_price", {"symbol": "VTI"}, "ok")
        assert "250.1" in json.dumps(call.result)

    def test_tokens_are_counted(self, foreign: Foreign) -> None:
        self.need(foreign, "usage")

        trace = run(foreign, foreign.prices).trace

        assert trace.models
        assert (trace.usage.input_tokens or 0) > 0
        assert (trace.usage.output_tokens or 0) > 0

    def test_the_time_to_the_first_token_is_measured(self, foreign: Foreign) -> None:
        self.need(foreign, "ttft")

        trace = run(foreign, foreign.prices).trace

        assert trace.ttft_s is not None
        assert 0 < trace.ttft_s <= trace.duration_s

    def test_a_conversation_is_one_session(self, foreign: Foreign) -> None:
        self.need(foreign, "turns")

        trace = run(foreign, foreign.prices, "which?").trace

        assert [turn.answer for turn in trace.turns][1] == "You asked for VTI."

    def test_conversations_at_the_same_time_are_kept_apart(self, foreign: Foreign) -> None:
        self.need(foreign, "answers")

        ended = together(foreign, *([f"echo {number}"] for number in range(8)))

        assert [item.trace.answer for item in ended] == [str(number) for number in range(8)]

    def test_data_is_data(self, foreign: Foreign) -> None:
        self.need(foreign, "structured")

        assert run(foreign, "allocation").trace.structured == {"VTI": 60, "BND": 40}

    def test_text_arrives_as_it_was_said(self, foreign: Foreign) -> None:
        self.need(foreign, "answers")

        assert run(foreign, f"echo {NASTY}").trace.answer == NASTY
        assert not list(foreign.root.rglob("pwned"))

    def test_an_agent_that_fails_has_failed_itself(self, foreign: Foreign) -> None:
        self.need(foreign, "failures")

        ended = run(foreign, "fail")

        assert ended.status == "agent_failed"
        assert ended.message

    def test_silence_is_no_answer(self, foreign: Foreign) -> None:
        self.need(foreign, "failures")

        ended = run(foreign, "silent")

        assert ended.status == "agent_failed"
        assert ended.kind == "invalid_output"

    def test_a_trial_cut_short_ends_and_leaves_nothing(self, foreign: Foreign) -> None:
        self.need(foreign, "deadlines")

        ended = run(foreign, "hang", cancel_after_s=0.3)

        assert ended.status == "cancelled"
        assert list(foreign.left()) == []

    def test_an_option_that_does_not_exist_is_named_before_anything_runs(self, foreign: Foreign) -> None:
        with pytest.raises(Problems, match="unknown key 'no_such_option'"):
            config_of({"agents": {"mine": {**table_of(foreign.settings), "no_such_option": 1}}})

    def test_the_table_of_harness_toml_gives_the_same_settings(self, foreign: Foreign) -> None:
        models = {} if foreign.workspace is None else foreign.workspace.models
        tables = {
            name: {key: item for key, item in plain(model).items() if key != "name"} for name, model in models.items()
        }
        read = config_of({"agents": {foreign.settings.name: table_of(foreign.settings)}, "models": tables})

        assert own_settings(read.agents[foreign.settings.name]) == own_settings(foreign.settings)

    def test_the_small_suite_passes_through_the_command(self, foreign: Foreign, tmp_path: Path) -> None:
        done = evaluate(foreign, tmp_path, small_suite(foreign))

        assert done.returncode == 0, done.stdout + done.stderr
