"""A file of recordings: recorded, played, missed, left over."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.cassettes import Cassette, ReplayMiss
from harness.cassettes.secrets import Masks
from harness.errors import StoreError

KEY = "sk-ant-api03-" + "Zx9" * 12


def ask(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "offline/offline", "system": "You classify.", "messages": [{"role": "user", "text": text}]} | more


def recorded(path: Path, *asked: Mapping[str, Any]) -> Cassette:
    tape = Cassette.open(path, "record", about="alex/tagger::TG-01")
    for number, request in enumerate(asked):
        tape.put("model", request, {"text": f"answer {number}"}, trial="tagger#1")
    tape.save()
    return Cassette.open(path)


def test_what_was_recorded_is_played(tmp_path: Path) -> None:
    tape = recorded(tmp_path / "c.yaml", ask("VTI"), ask("BND"))

    assert tape.take("model", ask("BND"), trial="tagger#1") == {"text": "answer 1"}
    assert tape.take("model", ask("VTI"), trial="tagger#1") == {"text": "answer 0"}
    assert tape.about == "alex/tagger::TG-01"


def test_equal_questions_are_answered_in_their_order_and_not_once_more(tmp_path: Path) -> None:
    tape = recorded(tmp_path / "c.yaml", ask("VTI"), ask("VTI"))

    assert [tape.take("model", ask("VTI"), trial="tagger#1")["text"] for _ in range(2)] == ["answer 0", "answer 1"]
    with pytest.raises(ReplayMiss, match="recorded 2 times and is asked once more"):
        tape.take("model", ask("VTI"), trial="tagger#1")


def test_a_trial_does_not_hear_the_answers_of_another(tmp_path: Path) -> None:
    tape = recorded(tmp_path / "c.yaml", ask("VTI"))

    with pytest.raises(ReplayMiss, match="no model call was recorded"):
        tape.take("model", ask("VTI"), trial="tagger#2")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"system": "You classify well."}, "the prompt: 'You classify.' was recorded, now", id="prompt"),
        pytest.param({"model": "anthropic/claude"}, "model: 'offline/offline' was recorded, now 'anth", id="model"),
        pytest.param({"tools": [{"name": "quote", "parameters": {}}]}, "the tool quote is new", id="tools"),
        pytest.param({"max_tokens": 5}, "max_tokens: nothing was recorded, now 5", id="setting"),
        pytest.param({"messages": [{"role": "user", "text": "BND"}]}, "message 1 (user).text: 'VTI'", id="message"),
    ],
)
def test_a_miss_says_what_differs_from_the_nearest_recording(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    tape = recorded(tmp_path / "c.yaml", ask("something else altogether", tools=[]), ask("VTI"))

    with pytest.raises(ReplayMiss) as caught:
        tape.take("model", ask("VTI") | change, trial="tagger#1")

    assert caught.value.nearest == ask("VTI")
    assert said in caught.value.problem
    assert "--record" in caught.value.remedy


def test_tools_that_changed_are_named() -> None:
    old = {"name": "quote", "description": "a", "parameters": {"x": 1}}
    miss = ReplayMiss(
        "model", ask("x", tools=[old | {"description": "b"}, {"name": "new"}]), [ask("x", tools=[old, {"name": "old"}])]
    )

    assert miss.differs == (
        "the tool new is new", "the tool old is gone", "the tool quote has another description",
    )  # fmt: skip


def test_a_miss_travels_between_processes() -> None:
    miss = ReplayMiss("tool", {"name": "quote", "args": {"symbol": "A"}}, [{"name": "quote", "args": {"symbol": "B"}}])

    assert str(pickle.loads(pickle.dumps(miss))) == str(miss)


def test_recordings_that_nobody_asks_for_are_known(tmp_path: Path) -> None:
    tape = recorded(tmp_path / "c.yaml", ask("VTI"), ask("BND"))
    tape.take("model", ask("VTI"), trial="tagger#1")

    assert [(trial, item.request["messages"][0]["text"]) for trial, item in tape.unused()] == [("tagger#1", "BND")]
    assert tape.unused(["tagger#2"]) == ()


def test_recording_a_trial_again_replaces_it_and_leaves_the_others(tmp_path: Path) -> None:
    recorded(tmp_path / "c.yaml", ask("VTI"))
    tape = Cassette.open(tmp_path / "c.yaml", "record")
    tape.put("model", ask("new"), {"text": "x"}, trial="tagger#2")
    tape.put("model", ask("new"), {"text": "y"}, trial="tagger#1")
    tape.save()

    again = Cassette.open(tmp_path / "c.yaml")

    assert [len(again.tape(trial).recordings) for trial in ("tagger#1", "tagger#2")] == [1, 1]
    assert again.take("model", ask("new"), trial="tagger#1") == {"text": "y"}


def test_auto_plays_what_is_there_and_records_the_rest(tmp_path: Path) -> None:
    recorded(tmp_path / "c.yaml", ask("VTI"))
    tape = Cassette.open(tmp_path / "c.yaml", "auto")
    asked: list[str] = []

    async def provider() -> dict[str, Any]:
        asked.append("x")
        return {"text": "fresh"}

    async def both() -> list[str]:
        return [(await tape.through("model", ask(name), provider, trial="tagger#1"))["text"] for name in ("VTI", "BND")]

    texts = asyncio.run(both())

    assert (texts, asked) == (["answer 0", "fresh"], ["x"])


def test_replay_asks_nobody(tmp_path: Path) -> None:
    tape = recorded(tmp_path / "c.yaml", ask("VTI"))

    async def provider() -> dict[str, Any]:
        raise AssertionError

    with pytest.raises(ReplayMiss):
        asyncio.run(tape.through("model", ask("BND"), provider, trial="tagger#1"))  # type: ignore[arg-type]


def test_secrets_are_masked_before_anything_is_written_and_found_again(tmp_path: Path) -> None:
    masks = Masks.of({"BROKER_TOKEN": "tr4d3r-s3cret-value"})
    tape = Cassette.open(tmp_path / "c.yaml", "record", masks=masks)
    request = ask(f"use {KEY} and tr4d3r-s3cret-value", metadata={"password": "hunter2hunter2"})
    tape.put("model", request, {"text": f"I used {KEY}"})
    tape.save()

    text = (tmp_path / "c.yaml").read_text()

    assert not [secret for secret in (KEY, "tr4d3r-s3cret-value", "hunter2hunter2") if secret in text]
    assert Cassette.open(tmp_path / "c.yaml", masks=masks).take("model", request) == {"text": "I used [api key]"}


def test_a_file_that_would_still_hold_a_secret_is_not_written(tmp_path: Path) -> None:
    leaky = Masks(lambda text: text.replace("channel: model", "[gone]"))
    tape = Cassette.open(tmp_path / "c.yaml", "record", masks=leaky)
    tape.put("model", ask("x"), {"text": "y"})

    with pytest.raises(StoreError, match="would hold a secret"):
        tape.save()

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_leaves_no_half_of_it(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").mkdir()
    tape = Cassette(tmp_path / "c.yaml", {}, mode="record")
    tape.put("model", ask("x"), {"text": "y"})

    with pytest.raises(StoreError, match="cannot be written"):
        tape.save()

    assert [item.name for item in tmp_path.iterdir()] == ["c.yaml"]


def test_a_missing_file_says_how_it_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="finharness eval --record"):
        Cassette.open(tmp_path / "none.yaml")


def test_many_repeats_go_into_parts_that_are_read_as_one(tmp_path: Path) -> None:
    tape = Cassette.open(tmp_path / "c.yaml", "record", about="s::c")
    for number in range(30):
        tape.put("model", ask(f"{number} " * 20_000), {"text": "x"}, trial=f"a#{number + 1}")
    tape.save()

    again = Cassette.open(tmp_path / "c.yaml", "record")

    assert len(list(tmp_path.iterdir())) > 1
    assert max(file.stat().st_size for file in tmp_path.iterdir()) < 1 << 20
    assert (len(again.trials), again.about) == (30, "s::c")
    for number in range(1, 30):
        again.replace(f"a#{number + 1}", [])
    again.save()
    assert [file.name for file in tmp_path.iterdir()] == ["c.yaml"]


def test_a_trial_that_no_file_can_hold_is_refused(tmp_path: Path) -> None:
    tape = Cassette.open(tmp_path / "c.yaml", "record", masks=Masks(lambda text: text))
    tape.put("model", ask("x" * (17 << 20)), {"text": "x"}, trial="a#1")

    with pytest.raises(StoreError, match="took more than 16 MiB"):
        tape.save()
