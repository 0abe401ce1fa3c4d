"""Runs that record and runs that replay, by the command: with workers, judges, repeats, tools, and after a kill."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cassettes.library import Library
from harness.cli import main
from harness.model import Job
from harness.store import Store
from harness.suites import load
from harness.workspace import Workspace

AGENT = """
from harness.llm.request import Message, ModelReply, ModelRequest

PROMPT = "You answer."

def policy(request, *, seed, noise):
    return ModelReply(f"{request.messages[-1].text} by {seed}")

def price(symbol):
    with open("COUNTER", "a") as file:
        file.write("x")
    return {"symbol": symbol, "price": 35.5}

async def asks(request, context):
    said = await context.model.complete(ModelRequest((Message("user", request.input),), system=PROMPT))
    return said.text

async def looks(request, context):
    found = context.tool(price)(symbol=request.input)
    return f"{request.input} costs {found['price']}"

async def swallows(request, context):
    try:
        return await asks(request, context)
    except Exception:
        return "I have an answer all the same"
"""
CONFIG = """
[run]
conceal = false
[agents.asks]
target = "agents/mine.py:asks"
model = "offline"
policy = "agents/mine.py:policy"
[agents.swallows]
target = "agents/mine.py:swallows"
model = "offline"
policy = "agents/mine.py:policy"
[agents.looks]
target = "agents/mine.py:looks"
[cassettes]
tools = true
"""
CASES = """
agent: asks
cases:
  - {id: A-1, input: VTI, repeat: 2, assert: [{type: contains, value: VTI}]}
  - {id: A-2, input: BND, assert: [{type: contains, value: BND}]}
  - {id: T-1, agent: looks, input: VTI, assert: [{type: contains, value: "35.5"}]}
"""
Evaluate = Callable[..., int]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("agents", "cases"):
        (tmp_path / name).mkdir()
    (tmp_path / "agents/mine.py").write_text(AGENT.replace("COUNTER", str(tmp_path / "counter")))
    (tmp_path / "harness.toml").write_text(CONFIG)
    (tmp_path / "cases/mine.yaml").write_text(CASES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def results(place: Path) -> dict[str, tuple[str, str, str]]:
    """Status, answer and failure of each trial of the latest run."""
    with Store.open(place / ".harness/results.db", readonly=True) as store:
        return {
            f"{item.job.case.id}#{item.job.index + 1}": (
                item.status,
                item.outcome.trace.answer,
                "" if item.outcome.error is None else f"{item.outcome.error.type}: {item.outcome.error.message}",
            )
            for item in store.results(store.run("latest").id, traces=True)
        }


def test_what_was_recorded_is_replayed_though_the_model_is_gone(place: Path) -> None:
    assert main(["eval", "--record"]) == 0
    first = results(place)
    agent = place / "agents/mine.py"
    agent.write_text(agent.read_text().replace("return ModelReply(", "raise RuntimeError("))

    assert main(["eval", "--replay"]) == 0

    assert results(place) == first
    assert len({first["A-1#1"][1], first["A-1#2"][1]}) == 2  # repeats are recorded apart
    assert (place / "counter").read_text() == "x"  # the tool was called when it was recorded, and not again


def test_a_run_says_how_it_was_made(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["eval", "--record"])
    assert "recorded 4 trials in 3 files under cassettes/" in capsys.readouterr().err
    main(["eval", "--replay"])

    assert "recordings answered, and nobody was asked" in capsys.readouterr().err
    with Store.open(place / ".harness/results.db", readonly=True) as store:
        assert store.run("latest").manifest.config["tapes"] == "replay"


def test_a_changed_prompt_is_a_miss_that_ends_the_trial_loudly(place: Path) -> None:
    main(["eval", "--record"])
    agent = place / "agents/mine.py"
    agent.write_text(agent.read_text().replace('"You answer."', '"You answer briefly."'))

    assert main(["eval", "--replay", "--case", "A-2"]) == 3

    status, _, failure = results(place)["A-2#1"]
    assert status == "errored"
    assert failure.startswith("replay_miss: mine::A-2::asks::0: this model call was not recorded")
    assert "the prompt: 'You answer.' was recorded, now 'You answer briefly.'" in failure


def test_an_agent_that_gets_over_a_miss_does_not_hide_it(place: Path) -> None:
    (place / "cases/mine.yaml").write_text(CASES.replace("agent: asks", "agent: swallows"))
    main(["eval", "--record"])
    (place / "cases/mine.yaml").write_text(CASES.replace("agent: asks", "agent: swallows").replace("BND,", "GLD,"))

    assert main(["eval", "--replay", "--case", "A-2"]) == 3

    assert results(place)["A-2#1"][0] == "errored"


def test_what_is_not_asked_for_any_more_is_reported(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["eval", "--record"])
    agent = place / "agents/mine.py"
    agent.write_text(agent.read_text().replace("said = await", "return f'{request.input}: nothing'\n    said = await"))
    capsys.readouterr()

    main(["eval", "--replay", "--case", "A-2"])

    said = capsys.readouterr().err
    assert "mine::A-2::asks::0: 1 recording not asked for any more: model: BND" in said


def test_recording_one_case_leaves_the_others(place: Path) -> None:
    main(["eval", "--record"])
    before = {file.name: file.read_text() for file in (place / "cassettes/mine").iterdir()}
    (place / "cassettes/mine/A-2.yaml").write_text("garbage: [")

    assert main(["eval", "--record", "--case", "A-2"]) == 0

    assert {file.name: file.read_text() for file in (place / "cassettes/mine").iterdir()} == before


def test_mistakes_of_all_files_are_said_before_anything_runs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["eval", "--record"])
    for name in ("A-1", "A-2"):
        file = place / f"cassettes/mine/{name}.yaml"
        file.write_text(file.read_text().replace("cassette: 1", "cassette: 7"))
    capsys.readouterr()

    assert main(["eval", "--replay"]) == 2

    said = capsys.readouterr().err
    assert said.count("has version 7 of the format") == 2
    assert "cassettes/mine/A-1.yaml:3:" in said


def test_replaying_what_was_never_recorded_says_how_to(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "--replay"]) == 3

    assert "finharness eval --record" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--record", "--replay"], "either records, or plays", id="both"),
        pytest.param(["--chaos-profile", "x"], "needs a seed", id="profile-without-seed"),
        pytest.param(["--resume", "--replay"], "goes on as it began", id="resume"),
        pytest.param(["--chaos", "1", "--chaos-profile", "x"], "unknown profile 'x'", id="unknown-profile"),
    ],
)
def test_options_that_contradict_are_refused(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["eval", *words]) == 2
    assert said in capsys.readouterr().err


def test_what_finished_before_a_kill_is_there_when_the_run_is_taken_up(place: Path) -> None:
    workspace = Workspace.find(place)
    one, two = (Job(case, "asks", 0, 1) for case in load(workspace)[:2])
    killed = Library(workspace, "record", [one, two], run="r1")
    killed.ended(one, "completed", {"recordings": [["model", {"system": "x"}, {"text": "a"}]]})
    killed.finish(complete=False)
    with (place / ".harness/recording/r1.jsonl").open("a") as journal:
        journal.write('{"trial": "half a li')

    resumed = Library(workspace, "record", [two], run="r1")
    resumed.ended(two, "completed", {"recordings": [["model", {"system": "y"}, {"text": "b"}]]})
    resumed.finish(complete=True)

    assert sorted(file.name for file in (place / "cassettes/mine").iterdir()) == ["A-1.yaml", "A-2.yaml"]
    assert not (place / ".harness/recording/r1.jsonl").exists()


def test_a_trial_that_errored_keeps_what_was_recorded_before(place: Path) -> None:
    main(["eval", "--record"])
    before = (place / "cassettes/mine/A-2.yaml").read_text()
    workspace = Workspace.find(place)
    job = next(Job(case, "asks", 0, 1) for case in load(workspace) if case.id == "A-2")
    library = Library(workspace, "record", [job], run="r2")

    library.ended(job, "infrastructure_failed", None)
    library.finish(complete=True)

    assert (place / "cassettes/mine/A-2.yaml").read_text() == before


def test_faults_strike_in_replay_as_they_did_when_recorded(place: Path) -> None:
    faults = "\n  - {id: F-1, input: GLD, faults: [{seam: model, kind: rate_limit, calls: [1]}], assert: [{type: contains, value: GLD}, {type: artifact, name: waits, equals: [1]}]}\n"
    (place / "cases/mine.yaml").write_text(CASES + faults.strip("\n") + "\n")
    assert main(["eval", "--record", "--case", "F-1"]) == 0

    assert main(["eval", "--replay", "--case", "F-1"]) == 0


def test_chaos_is_the_same_for_the_same_seed(place: Path) -> None:
    profile = '\n[chaos.storm]\nfaults = [{seam = "model", kind = "rate_limit", probability = 0.5, times = 2}]\n'
    (place / "harness.toml").write_text(textwrap.dedent(CONFIG) + profile)
    (place / "cases/mine.yaml").write_text(CASES.replace("repeat: 2", "repeat: 12"))

    def struck(seed: str) -> list[int]:
        assert main(["eval", "--chaos", seed, "--chaos-profile", "storm", "--case", "A-1"]) == 0
        with Store.open(place / ".harness/results.db", readonly=True) as store:
            found = store.results(store.run("latest").id, traces=True)
            return [len(item.outcome.trace.faults) for item in found]

    first, again, other = struck("1"), struck("1"), struck("2")

    assert first == again != other
    assert 0 in first
    assert sum(first) > 0


def test_the_journal_holds_no_secret(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_TOKEN", "tr4d3r-s3cret-value")
    workspace = Workspace.find(place)
    job = Job(load(workspace)[0], "asks", 0, 1)
    library = Library(workspace, "record", [job], run="r3")

    library.ended(job, "completed", {"recordings": [["model", {"system": "use tr4d3r-s3cret-value"}, {"text": "ok"}]]})

    text = (place / ".harness/recording/r3.jsonl").read_text()
    assert "tr4d3r" not in text
    assert json.loads(text.splitlines()[1])["recording"][1] == {"system": "use [BROKER_TOKEN]"}
    library.finish(complete=True)
