"""Whatever an agent does, every trial ends in one honest outcome and its neighbours are untouched."""

from __future__ import annotations

import os
import subprocess
import time

import pytest
from arena_runner import run_on_workers, trial

from harness.model import Outcome

LIMIT_S = 0.8
HARMLESS = (
    "none", "nan", "infinity", "bytes", "set", "wrong type", "cyclic", "deep", "huge number", "50 MB", "surrogate",
    "raise", "unshowable", "base exception", "sys.exit", "keyboard interrupt", "cancelled", "generator exit", "recurse",
    "stray exit", "fine",
)  # fmt: skip
DEADLY = ("os._exit", "segfault", "sigkill", "grandchild", "close everything")
ENDLESS = ("hang", "block", "ignore cancel", "hold lock", "ignore sigterm")
OTHERS = ("stuck", "sync_exit", "silent", "after_done", "garbled", "mistaken", "endless", "late_thread")


@pytest.fixture(scope="module")
def ended() -> dict[str, Outcome]:
    """All of them at once, in one pool, among innocent neighbours."""
    jobs = [trial("agent", how, limit_s=LIMIT_S, name=how) for how in (*HARMLESS, *DEADLY, *ENDLESS)]
    jobs += [trial(name, limit_s=20 if name == "endless" else LIMIT_S, name=name) for name in OTHERS]
    jobs += [trial("nap", 0.2, limit_s=5, name=f"neighbour-{number}") for number in range(6)]
    return run_on_workers(jobs, concurrency=12)


def test_every_trial_ends_once(ended: dict[str, Outcome]) -> None:
    assert set(ended) >= {*HARMLESS, *DEADLY, *ENDLESS, *OTHERS}
    assert len(ended) == len(HARMLESS) + len(DEADLY) + len(ENDLESS) + len(OTHERS) + 6


def test_neighbours_are_untouched(ended: dict[str, Outcome]) -> None:
    neighbours = [outcome for name, outcome in ended.items() if name.startswith("neighbour")]

    assert {outcome.status for outcome in neighbours} == {"completed"}
    assert {outcome.trace.answer for outcome in neighbours} == {"rested"}
    assert ended["fine"].status == "completed"


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("none", "answer: nothing (None) instead of text, a mapping or an AgentReply"),
        ("nan", "answer.numbers[1]: the number nan"),
        ("infinity", "answer.x: the number inf"),
        ("bytes", "answer: a value of type bytes instead of text, a mapping or an AgentReply"),
        ("set", "answer.tags: a value of type set"),
        ("wrong type", "answer: a value of type object instead of text, a mapping or an AgentReply"),
        ("cyclic", "answer.loop[0]: a structure that contains itself"),
        ("huge number", "answer.x: a number that is too large"),
        ("silent", "answer: the agent ended its turn without saying anything"),
        ("after_done", "event[2]: 'text_delta' after 'done'"),
        ("garbled", "event[1]: a value of type int instead of an Event or a (kind, data) pair"),
    ],
)
def test_what_is_no_answer_is_named_with_its_place(ended: dict[str, Outcome], how: str, message: str) -> None:
    outcome = ended[how]

    assert outcome.status == "agent_failed"
    assert outcome.error is not None
    assert (outcome.error.type, outcome.error.message) == ("invalid_output", message)


def test_deep_nesting_is_no_answer(ended: dict[str, Outcome]) -> None:
    assert ended["deep"].error is not None
    assert "nested deeper than 64" in ended["deep"].error.message


def test_misspelt_event_gets_the_nearest_kind(ended: dict[str, Outcome]) -> None:
    assert ended["mistaken"].error is not None
    assert "'tool_cal' is no kind of event; did you mean 'tool_call'?" in ended["mistaken"].error.message


def test_long_answer_is_cut_with_size_and_hash(ended: dict[str, Outcome]) -> None:
    outcome = ended["50 MB"]

    assert outcome.status == "completed"
    assert len(outcome.trace.answer) < 1_001_000
    assert "[cut: 50000000 characters, sha256 " in outcome.trace.answer


def test_half_a_character_is_escaped(ended: dict[str, Outcome]) -> None:
    assert ended["surrogate"].trace.answer == "half \\ud800"


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ("raise", "ValueError", "boom"),
        ("unshowable", "UnshowableError", "cannot be shown"),
        ("base exception", "OwnError", "mine"),
        ("sys.exit", "SystemExit", "sys.exit(0)"),
        ("keyboard interrupt", "KeyboardInterrupt", ""),
        ("cancelled", "CancelledError", ""),
        ("generator exit", "GeneratorExit", ""),
        ("recurse", "RecursionError", "recursion"),
        ("sync_exit", "SystemExit", "sys.exit(5)"),
    ],
)
def test_whatever_is_raised_fails_its_own_trial(ended: dict[str, Outcome], how: str, kind: str, words: str) -> None:
    outcome = ended[how]

    assert outcome.status == "agent_failed"
    assert outcome.error is not None
    assert outcome.error.type == kind
    assert words in outcome.error.message
    assert "bad.py" in outcome.error.traceback
    assert "harness/engine" not in outcome.error.traceback


def test_exit_of_a_stray_task_does_not_end_the_worker(ended: dict[str, Outcome]) -> None:
    assert ended["stray exit"].status == "completed"


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ("os._exit", "exit", "ended with exit code 0 while running 'agent'"),
        ("grandchild", "exit", "ended with exit code 7 while running 'agent'"),
        ("segfault", "signal", "ended by signal 11 (SIGSEGV) while running 'agent'"),
        ("sigkill", "signal", "ended by signal 9 (SIGKILL) while running 'agent'; its memory had grown to"),
    ],
)
def test_death_of_the_process_is_pinned_on_the_guilty(
    ended: dict[str, Outcome], how: str, kind: str, words: str
) -> None:
    outcome = ended[how]

    assert outcome.status == "agent_failed"
    assert outcome.error is not None
    assert outcome.error.type == kind
    assert words in outcome.error.message
    assert [step.args for step in outcome.trace.tools] == [{"before": how}]


def test_hanging_up_on_the_supervisor_is_a_death_too(ended: dict[str, Outcome]) -> None:
    assert ended["close everything"].status == "agent_failed"
    assert ended["close everything"].error is not None
    assert ended["close everything"].error.type in {"exit", "signal"}


def test_crash_of_the_interpreter_says_where(ended: dict[str, Outcome]) -> None:
    assert ended["segfault"].error is not None
    assert "in segfault" in ended["segfault"].error.traceback


@pytest.mark.parametrize("how", [*ENDLESS, "stuck"])
def test_what_never_ends_is_ended_in_time(ended: dict[str, Outcome], how: str) -> None:
    outcome = ended[how]

    assert outcome.status == "timed_out"
    assert LIMIT_S <= outcome.trace.duration_s <= LIMIT_S + 1.0


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("block", "in time.sleep at bad.py:"),
        ("ignore sigterm", "in time.sleep at bad.py:"),
        ("stuck", "it was in time.sleep at bad.py:"),
        ("ignore cancel", "it was in asyncio.sleep at bad.py:"),
        ("hold lock", "blocked its whole process in match at "),
    ],
)
def test_blocking_place_is_named(ended: dict[str, Outcome], how: str, words: str) -> None:
    assert ended[how].error is not None
    assert words in ended[how].error.message


def test_events_before_a_deadline_are_kept(ended: dict[str, Outcome]) -> None:
    assert [step.args for step in ended["block"].trace.tools] == [{"before": "block"}]
    assert [step.args for step in ended["hang"].trace.tools] == [{"before": "hang"}]


def test_endless_output_is_bounded(ended: dict[str, Outcome]) -> None:
    outcome = ended["endless"]

    assert outcome.status == "over_budget"
    assert outcome.error is not None
    assert (outcome.error.type, outcome.error.message) == ("output", "produced more than 20000 events")


def test_killing_the_parent_is_pinned_on_the_guilty() -> None:
    jobs = [trial("agent", "kill parent", limit_s=5, name="guilty")]
    jobs += [trial("nap", 0.1, limit_s=5, name=f"neighbour-{number}") for number in range(3)]

    ended = run_on_workers(jobs, concurrency=4)

    assert ended["guilty"].status == "agent_failed"
    assert {ended[f"neighbour-{number}"].status for number in range(3)} == {"completed"}


def test_nothing_is_left_running() -> None:
    run_on_workers([trial("agent", "grandchild", limit_s=5), trial("agent", "ignore sigterm", limit_s=0.3)])

    deadline = time.monotonic() + 2
    while "finharness-" in _commands() and time.monotonic() < deadline:
        pass
    assert "finharness-" not in _commands()


def _commands() -> str:
    """Command lines of this process's descendants: zygotes carry their private folder's name."""
    listed = subprocess.run(
        ["ps", "-o", "args=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    )
    return listed.stdout
