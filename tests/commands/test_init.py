from pathlib import Path

import pytest

from harness.cli import main

STARTER = [
    ".github/workflows/comment.yml", ".github/workflows/evaluate.yml", ".gitignore", "agents/advisor.py", "cases/advisor.yaml", "harness.toml",
    "judges/advice_quality.yaml",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and ".harness" not in path.parts
    )


def test_a_small_workspace_is_written_with_schemas_for_editors(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"]) == 0

    assert files(folder) == STARTER
    assert (folder / ".harness" / "schema" / "suite.json").is_file()
    assert "finharness eval" in capsys.readouterr().out


def test_what_was_written_is_valid_and_has_one_case_that_fails(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["init"])

    assert main(["validate"]) == 0
    assert main(["eval"]) == 1
    shown = capsys.readouterr().out
    assert "2 passed, 1 failed of 3" in shown
    assert "expected  8.30%" in shown


def test_the_case_passes_once_it_is_corrected_as_it_says(folder: Path) -> None:
    main(["init"])
    agent = folder / "agents" / "advisor.py"
    agent.write_text(agent.read_text().replace("{gain / total:.2%}", "{gain / LAST_YEAR:.2%}"))

    assert main(["eval"]) == 0


def test_nothing_that_exists_is_touched(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "harness.toml").write_text("mine")

    assert main(["init"]) == 2

    assert files(folder) == ["harness.toml"]
    assert (folder / "harness.toml").read_text() == "mine"
    assert "harness.toml exists already" in capsys.readouterr().err


def test_another_folder_can_be_named(folder: Path) -> None:
    assert main(["init", "deep/here"]) == 0

    assert files(folder / "deep" / "here") == STARTER


def test_the_demo_is_the_whole_reference_workspace(folder: Path) -> None:
    assert main(["init", "--demo"]) == 0

    written = files(folder)
    assert {"harness.toml", "agents/alex/tagger.py", "cases/alex/tagger.yaml", "dashboard/app.py"} <= set(written)
    assert not [
        name for name in written if "__pycache__" in name or name.startswith(("tests/", "harness/", "reports/out"))
    ]
    assert main(["validate", "cases/alex"]) == 0
