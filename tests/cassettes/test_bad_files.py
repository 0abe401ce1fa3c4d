"""Files of recordings that cannot be used: every mistake with its place and remedy, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cassettes.reading import parse
from harness.cassettes.secrets import Masks
from harness.cassettes.tape import Recording
from harness.cassettes.writing import text_of
from harness.document import FileProblems

MASKS = Masks.of({})
SAID = "You classify instruments. " * 12
GOOD = text_of(
    "alex/tagger::TG-01",
    {
        "tagger#1": [
            Recording("model", {"system": SAID, "messages": [{"text": "VTI"}]}, {"text": "equity"}),
            Recording("model", {"system": SAID, "messages": [{"text": "BND"}]}, {"text": "bonds"}),
        ],
    },
)


def said(text: str) -> str:
    with pytest.raises(FileProblems) as caught:
        parse(text.encode(), "cassettes/c.yaml", MASKS)
    return str(caught.value)


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_reply_edited_by_hand_is_named_with_its_line() -> None:
    text = GOOD.replace("equity", "a bond")

    assert f"cassettes/c.yaml:{line_of(text, 'seal')}" in (found := said(text))
    assert "was changed after it was made" in found
    assert "write `edited: true` in place of `seal`" in found


def test_an_edit_that_says_so_is_taken() -> None:
    text = GOOD.replace("equity", "a bond")
    place = line_of(text, "seal")
    lines = text.splitlines()
    lines[place - 1] = "        edited: true"

    found = parse("\n".join(lines).encode(), "c.yaml", MASKS)

    assert found.trials["tagger#1"][0].reply == {"text": "a bond"}


def test_another_version_is_refused_with_what_to_do() -> None:
    assert "has version 2 of the format, this program knows 1" in said(GOOD.replace("cassette: 1", "cassette: 2"))
    assert "is no version of the format" in said(GOOD.replace("cassette: 1", "cassette: one"))
    assert "does not say `cassette: 1`" in said(GOOD.replace("cassette: 1\n", ""))
    assert "does not say `cassette: 1`" in said("")
    assert "does not say `cassette: 1`" in said("- a list\n")


def test_a_planted_secret_is_found_in_its_line() -> None:
    text = GOOD.replace("text: bonds", f"text: bonds sk-ant-api03-{'Ab1' * 12}")

    assert f"cassettes/c.yaml:{line_of(text, 'sk-ant')}" in (found := said(text))
    assert "the line holds a secret (api key)" in found
    assert "sk-ant" not in found
    assert "revoke it" in found


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9, 0.98])
def test_a_file_cut_off_anywhere_is_refused(share: float) -> None:
    assert "cut off" in said(GOOD[: int(len(GOOD) * share)])


def test_a_recording_taken_out_by_hand_is_missed() -> None:
    start = GOOD.rindex("      - channel")
    text = GOOD[:start] + GOOD[GOOD.index("recorded:") :]

    assert "1 recordings are there, and `recorded` says 2" in said(text)


def test_all_mistakes_are_said_at_once() -> None:
    text = GOOD.replace("channel: model", "chanel: model", 1).replace("$shared: system", "$shared: sistem", 1)
    text = text.replace('  - trial: "tagger#1"', '  - trial: "tagger#1"\n    recordings: []\n  - trial: "tagger#1"', 1)

    found = said(text)

    assert "unknown key 'chanel'" in found
    assert "nothing is shared under the name 'sistem" in found or "'channel' is missing" in found
    assert "is there twice, first in line" in found


def test_what_is_no_yaml_is_said_where() -> None:
    assert "cassettes/c.yaml:" in said(GOOD.replace("trials:", "trials: ["))


def test_json_that_is_none_is_named() -> None:
    text = GOOD.replace("text: equity", '$json: "{"')

    assert "this is no JSON" in said(text)


def test_the_recordings_of_this_repository_can_be_read() -> None:
    root = Path(__file__).parents[2]
    files = sorted((root / "cassettes").rglob("*.yaml"))

    found = [parse(file.read_bytes(), file.name, MASKS) for file in files]

    assert len(found) >= 14
    assert all(contents.about and contents.trials for contents in found)
