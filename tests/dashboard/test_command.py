from __future__ import annotations

import socket
import sys

import pytest
from stored_runs import a_workspace

from harness.cli import main
from harness.commands import dashboard
from harness.errors import MissingExtra
from harness.frames import served
from harness.workspace import Workspace


def test_it_listens_here_only_and_calls_nobody(tmp_path):
    words = dashboard.command(tmp_path / "app.py", 8501, headless=True)

    assert words[1:4] == ["-m", "harness.frames.served", "run"]
    assert "--server.address=127.0.0.1" in words
    assert "--server.headless=true" in words
    assert "--browser.gatherUsageStats=false" in words
    assert [word for word in words if "allowedHosts" in word] == [
        "--server.allowedHosts=127.0.0.1",
        "--server.allowedHosts=localhost",
    ]


def test_every_setting_is_one_that_streamlit_knows(tmp_path):
    from streamlit import config

    known = config.get_config_options()
    for word in dashboard.command(tmp_path / "app.py", 8501, headless=False)[5:]:
        assert word.removeprefix("--").partition("=")[0] in known


def test_the_workspace_s_own_dashboard_goes_first(tmp_path):
    workspace = Workspace.at(tmp_path)
    assert dashboard.app_path(workspace).parts[-2:] == ("dashboard", "app.py")

    own = tmp_path / "dashboard/app.py"
    own.parent.mkdir()
    own.write_text("")

    assert dashboard.app_path(workspace) == own


def test_a_port_in_use_is_said_before_a_browser_opens(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(a_workspace(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert main(["dashboard", "--headless", "--port", str(port)]) == 2

    assert f"port {port} cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_number_that_is_no_port_is_refused(port, capsys):
    assert main(["dashboard", f"--port={port}"]) == 2
    assert "is no port" in capsys.readouterr().err


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "streamlit" else object())

    with pytest.raises(MissingExtra, match=r"the dashboard needs"):
        dashboard._require()


def test_stopping_it_is_no_failure(tmp_path, monkeypatch, capsys):
    class Stopped:
        def __init__(self, words, **known):
            self.known = known
            self.waits = 0

        def wait(self, timeout=None):
            self.waits += 1
            if self.waits == 1:
                raise KeyboardInterrupt
            return 0

    monkeypatch.chdir(a_workspace(tmp_path))
    monkeypatch.setattr("subprocess.Popen", Stopped)

    assert main(["dashboard", "--headless", "--port", "0"]) == 0
    assert "http://127.0.0.1:" in capsys.readouterr().out


def test_bundles_are_shown_without_a_workspace(tmp_path, opened):
    from stored_runs import RUNS, a_full_workspace

    from harness.bundle import export_bundle
    from harness.store import Store

    source = tmp_path / "source"
    source.mkdir()
    with Store.open(a_full_workspace(source) / ".harness/results.db", readonly=True) as store:
        for number, run in enumerate(RUNS[1:]):
            export_bundle(store, store.run(run), tmp_path / f"run{number}.finharness.zip")
    bundles = sorted(tmp_path.glob("*.zip"))

    workspace = dashboard.unpacked(bundles, tmp_path)
    app = opened(workspace.root, run=RUNS[-1], case="CH-01")

    assert workspace.root == tmp_path / "run0"
    assert not app.exception
    assert app.title[0].value == "CH-01"


def test_what_pages_need_is_loaded_and_what_is_not_there_is_left_to_them():
    served.load((*served.PAGES_NEED, "harness.frames.there_is_no_such_module"))

    assert all(name in sys.modules for name in served.PAGES_NEED)
