"""Recorded answers are graded without asking anybody: from a file, or from a stored run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conformance import Conformance, Foreign, command, run

from harness.errors import AgentError, Problems
from harness.workspace import AgentSettings, config_of

CALL = {"name": "get_price", "args": {"symbol": "VTI"}, "result": {"price": 250.1}}
USAGE = {"input_tokens": 120, "output_tokens": 18}
PRICE = {"answer": "VTI costs $250.10.", "tool_calls": [CALL], "usage": USAGE}
RECORDED: list[dict[str, Any]] = [
    {"input": "price VTI", **PRICE},
    {"turns": [{"input": "price VTI", **PRICE}, {"input": "which?", "answer": "You asked for VTI."}]},
    {"input": "allocation", "structured": {"VTI": 60, "BND": 40}},
    {"input": "fail", "error": "no such account"},
    {"input": "silent"},
    *({"input": f"echo {number}", "answer": str(number)} for number in range(8)),
]


def recorded(root: Path, *lines: Any, **options: Any) -> Foreign:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (root / "answers.jsonl").write_text(text)
    settings = AgentSettings(name="mine", adapter="replay", options={"answers": "answers.jsonl", **options})
    return Foreign(settings, root, can=frozenset({"answers", "tools", "usage", "turns", "structured", "failures"}))


class TestReplay(Conformance):
    @pytest.fixture
    def foreign(self, tmp_path: Path) -> Foreign:
        from conformance import NASTY

        return recorded(tmp_path, *RECORDED, {"input": f"echo {NASTY}", "answer": NASTY})


def test_several_recordings_of_one_input_are_given_in_turn(tmp_path: Path) -> None:
    from conformance import together

    foreign = recorded(tmp_path, *({"input": "hi", "answer": answer} for answer in "abc"))

    assert sorted(item.trace.answer for item in together(foreign, *[["hi"]] * 4)) == ["a", "a", "b", "c"]


def test_what_was_not_recorded_is_no_failure_and_names_the_nearest(tmp_path: Path) -> None:
    ended = run(recorded(tmp_path, *RECORDED), "price VTX")

    assert (ended.status, ended.kind) == ("infrastructure_failed", "not_recorded")
    assert 'the nearest is ["price VTI"]' in ended.message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "answers.jsonl:2"),
        ("[1]", "no mapping"),
        ("{}", "'input' is missing"),
        ('{"turns": []}', "'turns' is no list"),
        ('{"turns": [{"answer": "x"}]}', "'turns' is no list"),
        ("[" * 100_000, "answers.jsonl:2"),
    ],
)
def test_a_line_that_is_no_answer_is_named(line: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(AgentError) as caught:
        run(recorded(tmp_path, {"input": "a", "answer": "b"}, line), "a")
    assert words in str(caught.value)


def test_nonsense_in_the_table_is_said() -> None:
    for table in (
        {},
        {"answers": "a", "run": "b"},
        {"answers": "a", "variant": "v"},
        {"answers": "a", "model": "offline"},
    ):
        with pytest.raises(Problems, match="needed, and not both|belongs to `run`|no use for 'model'"):
            config_of({"agents": {"mine": {"adapter": "replay", **table}}})


AGENT = """
calls = []
async def agent(request, context):
    if request.input == "fail":
        raise ValueError("no such account")
    price = context.tool(get_price)("VTI")
    context.recorder.artifact("ledger", {"cash": 10})
    return f"{request.input}: {price} {context.seed}"

def get_price(symbol):
    open("/tmp/none/asked", "w") if symbol == "?" else None
    return 250.1
"""
SUITE = """
agent: live
cases:
  - id: good
    input: hello
    repeat: 3
    assert:
      - {type: contains, value: "250.1"}
      - {type: trajectory:tool-used, name: get_price}
      - {type: artifact, name: ledger, path: $.cash, equals: 10}
  - {id: bad, input: fail, assert: [{type: contains, value: x}]}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "cases").mkdir()
    (tmp_path / "mine.py").write_text(AGENT)
    (tmp_path / "cases" / "small.yaml").write_text(SUITE)
    (tmp_path / "harness.toml").write_text(
        '[agents.live]\ntarget = "mine.py:agent"\n[agents.again]\nadapter = "replay"\nrun = "latest"\n'
    )
    return tmp_path


def answers(root: Path) -> list[Any]:
    from harness.store import Store

    with Store.open(root / ".harness" / "results.db", readonly=True) as store:
        found = store.results(store.run("latest").manifest.id, traces=True)
        return [
            (result.job.case.id, result.status, result.outcome.trace.answer, len(result.outcome.trace.tools))
            for result in found
        ]


def test_a_stored_run_is_graded_again_as_an_agent(workspace: Path) -> None:
    before = command(workspace, "eval")
    first = answers(workspace)
    (workspace / "mine.py").unlink()
    after = command(workspace, "eval", "--agent", "again")

    assert (before.returncode, after.returncode) == (1, 1), after.stdout + after.stderr
    assert sorted(answers(workspace)) == sorted(first)
    assert "the recorded trial ended as agent failed" in after.stdout


def test_a_run_that_is_not_there_is_a_users_mistake(workspace: Path) -> None:
    done = command(workspace, "eval", "--agent", "again")

    assert done.returncode == 2, done.stdout + done.stderr
    assert "agents.again (run latest)" in done.stdout + done.stderr
