"""A cache of model replies: what was asked before in the same trial is not paid for again."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main
from harness.model import Trace
from harness.store import Store

AGENT = """
from harness.llm.request import Message, ModelReply, ModelRequest

def policy(request, *, seed, noise):
    with open("COUNTER", "a") as file:
        file.write("x")
    return ModelReply(f"about {request.messages[-1].text}: seed {seed}")

async def asks(request, context):
    said = await context.model.complete(ModelRequest((Message("user", request.input),)))
    return said.text
"""
CONFIG = """
[run]
conceal = false
[agents.asks]
target = "agents/mine.py:asks"
model = "priced"
policy = "agents/mine.py:policy"
[models.priced]
provider = "offline"
id = "offline"
input_usd_per_mtok = 3.0
output_usd_per_mtok = 15.0
"""
CASES = "agent: asks\ncases:\n  - {id: C-1, input: VTI, repeat: 2, assert: [{type: contains, value: VTI}]}\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("agents", "cases"):
        (tmp_path / name).mkdir()
    (tmp_path / "agents/mine.py").write_text(AGENT.replace("COUNTER", str(tmp_path / "counter")))
    (tmp_path / "harness.toml").write_text(CONFIG)
    (tmp_path / "cases/mine.yaml").write_text(CASES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def traces(place: Path) -> list[Trace]:
    with Store.open(place / ".harness/results.db", readonly=True) as store:
        return [item.outcome.trace for item in store.results(store.run("latest").id, traces=True)]


def test_a_hit_costs_nothing_and_says_the_same(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["eval", "--cache"])
    first = traces(place)
    assert main(["eval", "--cache"]) == 0

    again = traces(place)

    assert (place / "counter").read_text() == "xx"
    assert [trace.answer for trace in again] == [trace.answer for trace in first]
    assert len({trace.answer for trace in again}) == 2  # repeats are kept apart
    assert all(trace.cost_usd for trace in first)
    assert [trace.cost_usd for trace in again] == [0.0, 0.0]
    assert [step.args.get("cache_hit") for trace in again for step in trace.models] == [True, True]
    assert "2 model calls were answered from the cache" in capsys.readouterr().err


def test_another_question_is_asked(place: Path) -> None:
    main(["eval", "--cache"])
    (place / "cases/mine.yaml").write_text(CASES.replace("input: VTI", "input: VTI now"))

    main(["eval", "--cache"])

    assert (place / "counter").read_text() == "xxxx"
    assert all(trace.cost_usd for trace in traces(place))


def test_without_the_option_nothing_is_kept(place: Path) -> None:
    main(["eval"])
    main(["eval"])

    assert (place / "counter").read_text() == "xxxx"
    assert not (place / ".harness/replies").exists()


def test_a_cache_that_cannot_be_read_is_made_anew(place: Path) -> None:
    main(["eval", "--cache"])
    file = place / ".harness/replies/mine/C-1.yaml"
    file.write_text("cassette: 9\n")

    assert main(["eval", "--cache"]) == 0

    assert (place / "counter").read_text() == "xxxx"
    assert "recorded: 2" in file.read_text()
