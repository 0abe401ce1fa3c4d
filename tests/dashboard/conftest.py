from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from browsing import CHROMIUM, DRIVER, chromium, dashboard
from poisoned import a_poisoned_workspace
from stored_runs import a_full_workspace
from streamlit.testing.v1 import AppTest

STARTER = Path(__file__).parents[2] / "harness/templates/starter"


@pytest.fixture
def opened(monkeypatch):
    """Run the dashboard on a workspace, as a browser at that address would."""
    import streamlit as st

    from harness.frames import WORKSPACE_VARIABLE

    def run(workspace, page=None, /, **query):
        monkeypatch.setenv(WORKSPACE_VARIABLE, str(workspace / "harness.toml"))
        st.cache_data.clear()
        app = AppTest.from_file(str(Path(__file__).parents[2] / "dashboard/app.py"), default_timeout=30)
        app.query_params.update(query)
        app.run()
        return app.switch_page(page).run() if page else app

    return run


@pytest.fixture(scope="session")
def installed():
    """A browser; without one, a laptop skips and CI fails."""
    if CHROMIUM is None or DRIVER is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium and chromedriver must be installed in CI")
        pytest.skip("Chromium or chromedriver is not installed")


@pytest.fixture(scope="session")
def browser(tmp_path_factory, installed):
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="session")
def starter(tmp_path_factory):
    """A newcomer's workspace after two real runs."""
    import shutil

    root = tmp_path_factory.mktemp("starter") / "mine"
    shutil.copytree(STARTER, root)
    with (root / "harness.toml").open("a") as settings:
        settings.write("\n[audit]\nenabled = true\n")
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for seed in ("1", "2"):
        words = [sys.executable, "-m", "harness", "eval", "--repeat", "2", "--seed", seed]
        subprocess.run(words, cwd=root, env=environ, stdout=subprocess.DEVNULL, check=False, timeout=60)
    return root


@pytest.fixture(scope="session")
def real(starter, installed):
    """The address of a dashboard on it."""
    with dashboard(starter) as url:
        yield url


@pytest.fixture(scope="session")
def crowded(tmp_path_factory, installed):
    """The address of a dashboard on runs of every kind, beside which everything else in the workspace is hostile."""
    root = a_full_workspace(tmp_path_factory.mktemp("crowded"))
    with dashboard(a_poisoned_workspace(root)) as url:
        yield url


@pytest.fixture(scope="session")
def empty(tmp_path_factory, installed):
    """The address of a dashboard on a workspace in which nothing has been run."""
    import shutil

    root = tmp_path_factory.mktemp("empty") / "mine"
    shutil.copytree(STARTER, root)
    with dashboard(root) as url:
        yield url
