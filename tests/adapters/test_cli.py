"""Programs as agents: what they print is read, bounded and judged; nothing of them is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conformance import ABILITIES, Conformance, Ended, Foreign, evaluate, one, run

from harness.adapters import AgentReply, load_agent
from harness.adapters.cli import Settings, load
from harness.errors import AgentError, Problems
from harness.mutation.catalog import Mutant, Plant
from harness.mutation.planting import plant
from harness.workspace import AgentSettings, config_of

ADVISER = Path(__file__).parent / "foreign" / "adviser_cli.py"
SIMPLE = json.dumps(
    {"agent": "mine", "cases": [{"id": "a", "input": "hi", "assert": [{"type": "contains", "value": "x"}]}]}
)


def agent(command: list[str], **options: Any) -> AgentSettings:
    return AgentSettings(name="mine", adapter="cli", options={"command": command, **options})


def python(code: str, *words: str, root: Path, **options: Any) -> Foreign:
    """A program of a few lines of Python."""
    (root / "program.py").write_text(code)
    return Foreign(agent([sys.executable, "-S", "{root}/program.py", *words], **options), root)


def said(code: str, root: Path, *words: str, given: Any = "hello", **options: Any) -> Ended:
    return run(python(code, *words, root=root, **options), given)


def children(marker: str) -> list[str]:
    found = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in found.splitlines() if marker in line]


def until(reached: Callable[[], bool]) -> None:
    for _ in range(100):
        if reached():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to that")


class TestLines(Conformance):
    """A program that prints a line for each event."""

    @pytest.fixture
    def foreign(self, tmp_path: Path) -> Foreign:
        command = [sys.executable, "-S", "{root}/adviser.py", "events", f"--{tmp_path.name}"]
        (tmp_path / "adviser.py").write_text(ADVISER.read_text())
        settings = agent(command, stdin="request", output="events")
        return Foreign(settings, tmp_path, left=lambda: children(f"--{tmp_path.name}"))


class TestDocument(Conformance):
    """A program that prints one JSON document at its end: there is no first token to be timed."""

    test_the_small_suite_passes_through_the_command = None  # it does, with lines

    @pytest.fixture
    def foreign(self, tmp_path: Path) -> Foreign:
        (tmp_path / "adviser.py").write_text(ADVISER.read_text())
        settings = agent([sys.executable, "-S", "{root}/adviser.py", "json"], stdin="request", output="json")
        return Foreign(settings, tmp_path, can=ABILITIES - {"ttft"})


def test_each_word_is_one_argument_whatever_it_holds(tmp_path: Path) -> None:
    given = "; touch pwned $(touch pwned) `touch pwned` | > pwned '\" * \n --help"

    ended = said("import sys; print(repr(sys.argv[1:]))", tmp_path, "-x", "{input}", "a{turn}b", given=given)

    assert ended.trace.answer == repr(["-x", given, "a0b"])
    assert not list(tmp_path.rglob("pwned"))


def test_what_is_filled_in_is_not_filled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "s3cret")

    ended = said("import sys; print(sys.argv[1])", tmp_path, "{input}", given="{env.SECRET_KEY} {seed} {{")

    assert ended.trace.answer == "{env.SECRET_KEY} {seed} {{"


def test_a_program_sees_only_what_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "MY_KEY", "MY_OTHER"):
        monkeypatch.setenv(name, "there")
    foreign = python(
        "import os; print(sorted(n for n in os.environ if n.startswith(('ANTHROPIC', 'MY', 'LLM'))))",
        root=tmp_path, set_env={"LLM_MOCK": "{seed}"},
    )  # fmt: skip
    settings = AgentSettings(**{**vars(foreign.settings), "env": ("MY_KEY",)})

    assert run(Foreign(settings, tmp_path), "x").trace.answer == "['LLM_MOCK', 'MY_KEY']"


def test_input_and_answer_can_be_files(tmp_path: Path) -> None:
    code = "import sys; open(sys.argv[2], 'w').write(open(sys.argv[1], encoding='utf-8').read().upper())"

    ended = said(code, tmp_path, "{input_file}", "{output_file}", given="grüße", output_from="file")

    assert ended.trace.answer == "GRÜSSE"


def test_files_it_leaves_are_end_states_and_old_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "old.json").write_text("{}")
    code = """
import pathlib
pathlib.Path("ledger.json").write_text('{"cash": 10}')
pathlib.Path("note.txt").write_text("sold")
pathlib.Path("blob.bin").write_bytes(bytes([255, 254]))
pathlib.Path("away.json").symlink_to("/etc/hostname")
print("done")
"""
    collect = {"ledger": "ledger.json", "notes": "*.txt", "all": "*.json", "blob": "*.bin", "none": "*.csv"}

    artifacts = said(code, tmp_path, cwd="shop", collect=collect).trace.artifacts

    assert artifacts["ledger"] == {"cash": 10}
    assert artifacts["notes"] == {"note.txt": "sold"}
    assert artifacts["all"] == {"ledger.json": {"cash": 10}}
    assert artifacts["blob"]["blob.bin"]["bytes"] == 2
    assert "none" not in artifacts


def test_every_trial_has_an_empty_folder_of_its_own(tmp_path: Path) -> None:
    code = "import os; print(os.listdir(), len(os.getcwd()) > 5); open('left', 'w').close()"

    assert [said(code, tmp_path).trace.answer for _ in range(2)] == ["[] True"] * 2


@pytest.mark.parametrize(
    ("code", "options", "kind", "words"),
    [
        pytest.param("raise SystemExit(3)", {}, "exit_3", "ended with exit code 3", id="exits 3"),
        pytest.param("import sys; sys.exit('no such account')", {}, "exit_1", "no such account", id="complains"),
        pytest.param("import os; os.kill(os.getpid(), 11)", {}, "signal_11", "SIGSEGV", id="crashes"),
        pytest.param("print('{}'); print('{}')", {"output": "json"}, "invalid_output", "two JSON documents", id="two"),
        pytest.param("print('{} and more')", {"output": "json"}, "invalid_output", "then 'and more'", id="trailing"),
        pytest.param("print('<html>hi')", {"output": "json"}, "invalid_output", "begins '<html>hi'", id="html"),
        pytest.param("print('['*100000)", {"output": "json"}, "invalid_output", "no JSON document", id="deep"),
        pytest.param("pass", {"output": "json"}, "invalid_output", "nothing was printed", id="nothing as json"),
        pytest.param("pass", {}, "invalid_output", "without saying anything", id="nothing"),
        pytest.param("print('{')", {"output": "events"}, "invalid_output", "line 1: no JSON", id="broken line"),
        pytest.param(
            "print('{\"type\": \"tock\"}')", {"output": "events"}, "invalid_output", "understood: 'tock'", id="unknown events"
        ),
        pytest.param(
            "print('{\"type\": \"error\", \"error\": \"no data\"}')", {"output": "events"}, "agent_error", "no data", id="error event"
        ),
        pytest.param("print('{\"error\": \"no data\"}')", {"output": "json"}, "agent_error", "no data", id="error key"),
        pytest.param("print('{\"a\": 1}')", {"output": "json", "answer": "$.b"}, "invalid_output", "found 'a'", id="path"),
        pytest.param("print('x' * 2000000)", {"max_output_kb": 64}, "output", "more than 64 KiB", id="too much"),
        pytest.param("while True: print('x' * 9999)", {"max_output_kb": 64}, "output", "more than 64", id="for ever"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_the_agents_failure(
    code: str, options: dict[str, Any], kind: str, words: str, tmp_path: Path
) -> None:
    ended = said(code, tmp_path, **options)

    assert (ended.status, ended.kind) == ("agent_failed", kind)
    assert words in ended.message
    assert kind == "invalid_output" or "agents.mine" in ended.message


def test_tokens_that_nobody_told_are_unknown_and_not_zero(tmp_path: Path) -> None:
    silent = said("print('hi')", tmp_path).trace
    told = said(
        """print('{"answer": "hi", "usage": {"input_tokens": 3, "output_tokens": 0}}')""", tmp_path, output="json"
    ).trace

    assert (silent.usage.total, silent.cost_usd) == (None, None)
    assert told.usage.total == 3


def test_exit_codes_can_be_accepted(tmp_path: Path) -> None:
    assert said("print('ok'); raise SystemExit(3)", tmp_path, exit_codes=[0, 3]).trace.answer == "ok"


def test_a_nul_in_the_input_is_no_fault_of_the_agent(tmp_path: Path) -> None:
    ended = said("print(1)", tmp_path, "{input}", given="a\0b")

    assert (ended.status, ended.kind) == ("infrastructure_failed", "not_started")
    assert "{input_file}" in ended.message


def test_a_program_that_starts_others_is_ended_with_them(tmp_path: Path) -> None:
    marker = f"--{tmp_path.name}"
    code = f"""
import subprocess, sys, time, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)", "{marker}"])
time.sleep(600)
"""
    started = time.monotonic()
    ended = run(python(code, root=tmp_path), "x", cancel_after_s=0.4)

    assert ended.status == "cancelled"
    assert time.monotonic() - started < 3
    assert children(marker) == []


def test_a_child_that_keeps_the_output_open_is_not_waited_for(tmp_path: Path) -> None:
    marker = f"--{tmp_path.name}"
    code = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)", "{marker}"])
print("answered")
"""
    ended = run(python(code, root=tmp_path), "x")

    assert ended.trace.answer == "answered"
    assert children(marker) == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["no-such-program-anywhere"], "there is no program 'no-such-program-anywhere' in PATH"),
        (["bin/adviser"], "there is no file 'bin/adviser'"),
        (["{root}/advisor.sh"], "did you mean 'adviser.sh'"),
        (["adviser.txt/x"], "there is no file"),
        (["./adviser.sh"], "chmod +x"),
    ],
)
def test_a_program_that_is_not_there_is_said_before_anything_runs(
    command: list[str], words: str, tmp_path: Path
) -> None:
    (tmp_path / "adviser.sh").write_text("echo hi")
    settings = agent(command)

    with pytest.raises(AgentError, match="agents.mine") as caught:
        load(Settings(command=tuple(command)), settings, root=tmp_path, environ=os.environ)
    assert words in str(caught.value)


def test_nonsense_in_the_table_is_said_all_at_once() -> None:
    table = {
        "adapter": "cli", "command": ["", "{inptu}", "{", "{env}"], "output_from": "file", "answer": "$..x", "event_at": "",
        "collect": {"a": "../x", "b": "/etc/*"}, "output": "xml", "stdin": 3, "model": "offline", "exit_codes": ["a"],
    }  # fmt: skip

    with pytest.raises(Problems) as caught:
        config_of({"agents": {"mine": table}})
    assert "output: 'xml' is not one of" in str(caught.value)
    assert "no use for 'model'" in str(caught.value)
    assert "stdin" in str(caught.value)
    assert "exit_codes[0]" in str(caught.value)

    for key in ("output", "stdin", "model", "exit_codes"):
        del table[key]
    with pytest.raises(Problems) as caught:
        config_of({"agents": {"mine": table}})
    for words in (
        "command[0]",
        "did you mean 'input'",
        "a single '{'",
        "{env.NAME}",
        "collect.a",
        "collect.b",
        "answer",
        "{output_file} is nowhere",
    ):
        assert words in str(caught.value)


def test_a_missing_program_ends_the_command_as_a_users_mistake(tmp_path: Path) -> None:
    done = evaluate(Foreign(agent(["no-such-program"]), tmp_path), tmp_path, SIMPLE)

    assert done.returncode == 2
    assert "agents.mine (no-such-program): there is no program" in done.stdout + done.stderr


def test_exit_3_fails_the_case_and_not_the_run(tmp_path: Path) -> None:
    done = evaluate(Foreign(agent(["sh", "-c", "exit 3"]), tmp_path), tmp_path, SIMPLE)

    assert done.returncode == 1
    assert "exit code 3" in done.stdout


def test_a_program_that_hangs_ends_at_its_deadline(tmp_path: Path) -> None:
    foreign = Foreign(agent(["sleep", "600.125"]), tmp_path)

    done = evaluate(foreign, tmp_path, SIMPLE, "--timeout", "0.4")

    assert done.returncode == 1
    assert "0.4 s" in done.stdout
    assert children("sleep 600.125") == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_program_ends_with_a_worker_that_is_killed(tmp_path: Path) -> None:
    code = """
import asyncio, sys
from pathlib import Path
from harness.adapters.cli.process import Started, run
print("begun", flush=True)
asyncio.run(run(Started(["sleep", "600.25"], Path("."), {"PATH": "/usr/bin:/bin"}, None), most=1, hear=print))
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        until(lambda: children("sleep 600.25") != [])
        worker.kill()
        worker.wait()

    until(lambda: children("sleep 600.25") == [])


def test_a_defect_is_planted_around_a_program_and_not_in_its_place(tmp_path: Path) -> None:
    about = {"agent": "mine", "seam": "S", "severity": 1, "origin": "D", "expects": (), "cases": (), "description": "x"}
    foreign = python("print('VTI costs $1')", root=tmp_path)

    def planted(place: str, function: Any) -> Any:
        mutant = Mutant(id="M1", where="m.py:1", module="m", plants=(Plant(place, function),), **about)
        return plant(load_agent(foreign.settings, tmp_path, models={}), mutant, tmp_path)

    with pytest.raises(AgentError, match="M1 replaces the agent, and 'mine' is not in Python"):
        planted("agent", lambda agent: agent)
    ended = asyncio.run(one(planted("answer", lambda reply: AgentReply(reply.text.replace("$1", "$2"))), "hello"))
    assert ended.trace.answer == "VTI costs $2"
