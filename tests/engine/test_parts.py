"""The engine's small parts: messages, ends, manifest, environment, progress, options."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import pytest
from builders import a_job, a_result
from hypothesis import given
from hypothesis import strategies as st

from harness.engine.capture import Captured
from harness.engine.ending import death, outcome_of, over
from harness.engine.environment import worker_environment
from harness.engine.flight import Flight, limit_of
from harness.engine.manifest import head_of, new_id, without_secrets
from harness.engine.options import RunOptions
from harness.engine.progress import Lines, Live, Tally, duration, progress
from harness.engine.wire import GarbageError, line
from harness.engine.wire import Lines as WireLines
from harness.model import Budget, Case, CheckSpec, Trace, Usage
from harness.workspace import AgentSettings, ModelSettings, RunSettings


@given(st.lists(st.dictionaries(st.text(), st.integers() | st.text()), max_size=5), st.integers(1, 7))
def test_messages_survive_any_cutting(messages: list[dict[str, object]], size: int) -> None:
    data, lines, heard = b"".join(map(line, messages)), WireLines(), []

    for start in range(0, len(data), size):
        heard += lines.feed(data[start : start + size])

    assert heard == messages


@pytest.mark.parametrize("data", [b"no json\n", b"\xff\n", b"[" * 100_000 + b"\n"])
def test_garbage_is_named(data: bytes) -> None:
    with pytest.raises(GarbageError):
        WireLines().feed(data)


@pytest.mark.parametrize(
    "events", [[["x"]], [[0, "no kind", {}]], [["x", "error", {}]], [[0, "error", 5]], "text"]
)  # fmt: skip
def test_reports_that_cannot_be_read_are_our_failure(events: object) -> None:
    outcome = outcome_of("completed", None, events, budget=Budget(), seconds=1.0)  # type: ignore[arg-type]

    assert outcome.status == "infrastructure_failed"
    assert outcome.error is not None
    assert outcome.error.type == "protocol"


def test_unknown_status_is_our_failure() -> None:
    assert outcome_of("splendid", None, [], budget=Budget(), seconds=1.0).status == "infrastructure_failed"


def test_budget_is_checked_again_on_the_trace() -> None:
    trace = Trace(usage=Usage(10, 5, 0), cost_usd=0.2)

    assert over(Budget(tokens=15, usd=0.2), trace) is None
    assert over(Budget(tokens=14), trace) is not None
    assert over(Budget(usd=0.1), Trace(cost_usd=None)) is None


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exit code 0"), (-11, "11 (SIGSEGV)"), (-9, "had grown to 2 MiB"), (None, "its parent were both ended")],
)
def test_deaths_are_described(code: int | None, words: str) -> None:
    assert words in death(code, 2048, "mine", "").message


def test_workers_get_no_check_reference_or_identity() -> None:
    case = Case(id="canary-id", suite="canary-suite", agent="a", input="hi", checks=(CheckSpec(type="canary-check"),))
    spec = Flight(3, a_job(case), "a", 9.0).spec()

    assert "canary" not in json.dumps(spec)
    assert spec == {"n": 3, "agent": "a", "inputs": ["hi"], "seed": 7, "limit_s": 9.0, "memory_mb": 0}


@pytest.mark.parametrize(
    ("budget_s", "agent_s", "asked_s", "limit_s"),
    [(1.0, 2.0, 3.0, 1.0), (None, 2.0, 3.0, 3.0), (None, 2.0, None, 2.0), (None, None, None, 120.0)],
)
def test_the_nearest_limit_counts(
    budget_s: float | None, agent_s: float | None, asked_s: float | None, limit_s: float
) -> None:
    case = Case(id="a", suite="s", agent="a", budget=Budget(seconds=budget_s))
    options = RunOptions() if asked_s is None else RunOptions(timeout_s=asked_s, timeout_overrides=True)

    assert limit_of(case, AgentSettings(target="a.py:a", timeout_s=agent_s), options) == limit_s


def test_workers_are_few_for_few_trials() -> None:
    options = RunOptions.of(RunSettings(workers=0, concurrency=8))

    assert options.workers_for(3) == 1
    assert RunOptions(workers=4).workers_for(1000) == 4
    assert RunOptions(workers=4, concurrency=2).workers_for(1000) == 2


def test_environment_is_chosen() -> None:
    agents = [AgentSettings(target="a.py:a", env=("MY_KEY",), model="claude")]
    models = {"claude": ModelSettings(provider="anthropic", name="claude")}
    environ = {"PATH": "/bin", "MY_KEY": "1", "OTHER_KEY": "2", "ANTHROPIC_API_KEY": "3", "PYTHONPATH": "x"}

    chosen = worker_environment(environ, agents, models)

    assert chosen == {"PATH": "/bin", "MY_KEY": "1", "ANTHROPIC_API_KEY": "3", "PYTHONPATH": "x"}


def test_secrets_are_blanked_by_name() -> None:
    given = {"api_key": "x", "nested": [{"password": "y", "depth": 1}], "tokens": 5, "max_tokens_total": 6}

    assert without_secrets(given) == {
        "api_key": "***",
        "nested": [{"password": "***", "depth": 1}],
        "tokens": "***",
        "max_tokens_total": 6,
    }


def test_commit_is_read_as_git_says_it(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()

    assert head_of(tmp_path) is None
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "one")
    assert head_of(tmp_path) == git("rev-parse", "HEAD")
    git("pack-refs", "--all")
    assert head_of(tmp_path) == git("rev-parse", "HEAD")
    git("checkout", "-q", "--detach")
    assert head_of(tmp_path) == git("rev-parse", "HEAD")


def test_run_ids_sort_by_time() -> None:
    assert new_id() != new_id()
    assert len(new_id()) == len("20261121-101502-3f9c21")


def test_captured_text_keeps_both_ends() -> None:
    captured = Captured()
    for number in range(20_000):
        captured.write(f"{number:05}\n")

    text = captured.text()
    assert text.startswith("00000\n")
    assert text.endswith("19999\n")
    assert "[54464 characters left out]" in text


@pytest.mark.parametrize(("seconds", "words"), [(3.4, "3 s"), (75, "1 min 15 s"), (3725, "1 h 02 min")])
def test_durations_are_written_for_people(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_tally_counts_and_names_slow_cases() -> None:
    tally = Tally()
    tally.begin(3, lambda: [(a_job(), 75.0), (a_job(), 1.0)])
    tally.add([a_result(), a_result("failed")])

    assert tally.words().startswith("2 of 3: 1 passed, 1 failed")
    assert tally.slow() == ["demo/basics::C-01::adviser::0 1 min 15 s"]


def test_no_display_control_reaches_a_pipe() -> None:
    stream = io.StringIO()
    sink = progress(stream)
    sink.begin(1, tuple)
    sink.stored([a_result()])
    sink.end()

    assert isinstance(sink, Lines)
    assert stream.getvalue() == ""


def test_live_display_leaves_the_terminal_clean() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    sink = Live(stream)
    sink.begin(2, lambda: [(a_job(), 9.0)])
    sink.stored([a_result("failed")])
    sink.end()

    assert "1 failed" in stream.getvalue()
    assert stream.getvalue().rstrip().endswith("\x1b[?25h") or "\x1b[2K" in stream.getvalue()
