"""What one trial uses up or changes is felt by no other, in all three kinds of isolation."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from arena_runner import ARENA, run_on_workers, trial

from harness.engine.watchdog import Wait, Watchdog
from harness.model import Outcome
from harness.workspace import AgentSettings, Workspace


def run(*inputs: str, warnings: list[str] | None = None, live: bool = False, **options: Any) -> dict[str, Outcome]:
    settings = AgentSettings(name="agent", target="heavy.py:agent", side_effects="live" if live else "none")
    workspace = Workspace.at(ARENA, agents={"agent": settings})
    jobs = [trial("agent", said, name=f"{said} {number}", limit_s=20) for number, said in enumerate(inputs)]
    return run_on_workers(jobs, workspace=workspace, warnings=warnings, **options)


@pytest.mark.parametrize("isolation", ["shared", "process"])
@pytest.mark.parametrize(("how", "words"), [("hoard", "MemoryError"), ("thread bomb", "can't start new thread")])
def test_what_uses_up_its_process_fails_alone(isolation: str, how: str, words: str) -> None:
    ended = run("fine", how, "fine", "fine", isolation=isolation, memory_mb=400, concurrency=4)

    guilty = ended.pop(f"{how} 1")
    assert guilty.status == "agent_failed"
    assert guilty.error is not None
    assert words in f"{guilty.error.type}: {guilty.error.message}"
    assert {outcome.trace.answer for outcome in ended.values()} == {"fine"}


def test_a_process_that_threads_pile_up_in_is_replaced() -> None:
    warnings: list[str] = []
    ended = run("leave threads", *["fine"] * 5, warnings=warnings, concurrency=1)

    assert {outcome.status for outcome in ended.values()} == {"completed"}
    assert warnings == ["agent 'agent' left 100 threads running; its process is replaced"]


@pytest.mark.parametrize("isolation", ["shared", "process"])
def test_what_a_trial_changes_of_its_process_is_put_back(isolation: str) -> None:
    warnings: list[str] = []
    ended = run("change all", "look", warnings=warnings, isolation=isolation, concurrency=1)

    assert ended["look 1"].trace.answer == "False None 0"
    changed = "changed the working folder and changed the environment and changed the signal handlers"
    assert warnings == [f"agent 'agent' {changed} of its process; it was put back"]


def test_chance_is_the_trials_own_where_it_has_a_process() -> None:
    ended = run("draw", "draw", isolation="process", concurrency=1)

    assert ended["draw 0"].trace.answer == ended["draw 1"].trace.answer  # both have seed 7


def test_all_that_a_process_prints_is_caught_where_it_has_one_trial() -> None:
    ended = run("shout", "close output", "shout", isolation="process", concurrency=1)

    printed = "by print\nto the descriptor\nfrom a child\n"
    assert [ended[name].stdout for name in ("shout 0", "close output 1", "shout 2")] == [printed, "", printed]


def test_last_words_of_a_process_that_ends_are_kept() -> None:
    outcome = run("shout and leave", isolation="process")["shout and leave 0"]

    assert (outcome.status, outcome.stdout) == ("agent_failed", "last words\n")


def test_endless_printing_is_bounded() -> None:
    outcome = run("flood", isolation="process")["flood 0"]

    assert outcome.status == "completed"
    assert len(outcome.stdout) < 70_000
    assert "bytes left out" in outcome.stdout


def test_nothing_that_escapes_its_group_outlives_the_run() -> None:
    escaped = run("escape", "fine")["escape 0"].trace.answer

    assert escaped.isdecimal()
    assert not Path(f"/proc/{escaped}").exists()


@pytest.mark.parametrize("how", ["nest", "set locale"])
def test_other_oddities_are_survived(how: str) -> None:
    assert {outcome.status for outcome in run(how, "fine").values()} == {"completed"}


def test_live_agents_have_a_process_each_and_one_attempt() -> None:
    ended = run("shout and leave", "fine", "fine", live=True, concurrency=2)

    assert {name: outcome.attempts for name, outcome in ended.items()} == dict.fromkeys(ended, 1)
    assert ended["shout and leave 0"].status == "agent_failed"
    assert {ended[name].status for name in ("fine 1", "fine 2")} == {"completed"}


def test_an_idle_worker_is_in_nobodys_way() -> None:
    """With room for one, a worker that ran a suspect apart has to go before the others can go on."""
    ended = run("shout and leave", *["fine"] * 4, concurrency=1)

    assert [outcome.status for outcome in ended.values()].count("completed") == 4


class _Loop:
    def call_later(self, *_: object) -> None: ...


def test_waiting_for_a_processor_is_nobodys_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Any] = []
    waited = [0.0]
    monkeypatch.setattr(Wait, "seconds", lambda _: waited[0])
    watchdog = Watchdog(_Loop(), said.append, "")  # type: ignore[arg-type]
    watchdog._tick()
    now = time.monotonic()
    assert watchdog._held_up(now + 3) == pytest.approx(2.9, abs=0.2)

    waited[0] = 2.8
    assert watchdog._held_up(now + 3) < 0.5


def test_the_kernel_says_how_long_a_thread_had_to_wait() -> None:
    wait = Wait(os.getpid())

    assert 0 <= wait.seconds() < 3600
