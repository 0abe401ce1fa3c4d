import pickle

import pytest

from harness.errors import (
    AgentError,
    ConfigError,
    HarnessError,
    Incomplete,
    MissingExtra,
    Problems,
    StoreError,
    nearest,
)


def test_an_error_shows_place_problem_and_remedy() -> None:
    error = ConfigError("seed is -1", remedy="write 0 or more", where="harness.toml: run.seed")

    assert str(error) == "harness.toml: run.seed: seed is -1\n  fix: write 0 or more"


def test_problems_shows_every_error() -> None:
    problems = Problems([ConfigError("a", remedy="b"), AgentError("c", remedy="d", where="x.py:3")])

    assert str(problems) == "a\n  fix: b\nx.py:3: c\n  fix: d"


def test_a_missing_extra_names_the_pip_command() -> None:
    assert str(MissingExtra("the dashboard", "dashboard")).endswith('fix: pip install "finharness[dashboard]"')


@pytest.mark.parametrize(
    ("error", "code"),
    [(ConfigError("a", remedy="b"), 2), (StoreError("a", remedy="b"), 3), (Incomplete("a", remedy="b"), 3)],
)
def test_each_kind_has_its_exit_code(error: HarnessError, code: int) -> None:
    assert error.exit_code == code


@pytest.mark.parametrize(
    "error", [ConfigError("a", remedy="b", where="c"), MissingExtra("x", "y"), Problems([ConfigError("a", remedy="b")])]
)
def test_errors_survive_pickling(error: HarnessError) -> None:
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_nearest_falls_back_to_all_names() -> None:
    assert nearest("zzz", ["b", "a"]) == "use one of: a, b"
    assert nearest("contans", ["contains", "equals"]) == "did you mean 'contains'?"
    assert nearest("x", []) == "none is defined"
