from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


@pytest.fixture
def opened(monkeypatch):
    """Run the dashboard on a workspace, as a browser at that address would."""
    import streamlit as st

    from harness.frames import WORKSPACE_VARIABLE

    def run(workspace, page=None, /, **query):
        from pathlib import Path

        monkeypatch.setenv(WORKSPACE_VARIABLE, str(workspace / "harness.toml"))
        st.cache_data.clear()
        app = AppTest.from_file(str(Path(__file__).parents[2] / "dashboard/app.py"), default_timeout=30)
        app.query_params.update(query)
        app.run()
        return app.switch_page(page).run() if page else app

    return run
