"""Two runs say what besides their cases was not the same."""

from __future__ import annotations

from typing import Any

from builders import a_manifest

from harness.summary.origins import code_changes, differences


def a_run(name: str = "a", /, *, code: dict[str, str] | None = None, **known: Any) -> Any:
    config = {"code": code or {"agents/a.py": "1"}, "agents": {"adviser": {"model": "x", "policy": None}}}
    return a_manifest(name, config=config | known.pop("config", {}), **known)


def test_runs_of_the_same_things_do_not_differ() -> None:
    assert differences(a_run("a"), a_run("b", started_at="later", host="another")) == ()


def test_changed_code_is_named_by_its_files() -> None:
    before, after = (
        a_run(code={"a.py": "1", "b.py": "2", "c.py": "3"}),
        a_run(code={"a.py": "9", "b.py": "2", "d.py": "4"}),
    )

    assert code_changes(before, after) == ("a.py",)
    assert differences(before, after) == ("code of the agents: a.py",)


def test_many_files_are_counted() -> None:
    before, after = (a_run(code={f"{number}.py": text for number in range(8)}) for text in ("old", "new"))

    assert differences(before, after) == ("code of the agents: 0.py, 1.py, 2.py, 3.py, 4.py and 3 more",)


def test_settings_models_versions_and_the_commit_are_told() -> None:
    before = a_run(models={"adviser": "m-1"}, packages={"finharness": "1.0"}, git_commit="a" * 40)
    after = a_run(
        models={"adviser": "m-2", "other": "m-3"}, packages={"finharness": "1.1"}, git_commit="b" * 40,
        config={"agents": {"adviser": {"model": "y", "policy": None, "world": "w"}, "other": {}}},
    )  # fmt: skip

    assert differences(before, after) == (
        "settings of adviser: model, world",
        "model of adviser: m-1 -> m-2",
        "version of finharness: 1.0 -> 1.1",
        f"commit: {'a' * 10} -> {'b' * 10}",
    )


def test_a_run_that_wrote_nothing_down_differs_in_nothing_known() -> None:
    assert differences(a_manifest(config={"code": "?"}), a_run()) == ()
