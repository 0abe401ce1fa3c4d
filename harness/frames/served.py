"""Streamlit with what every page needs already loaded: `python -m harness.frames.served run app.py`, as the command starts it.

Libraries for tables take a second to load. Here that second begins with the server, while the browser starts, and not with the
first page that somebody looks at.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from typing import Final

PAGES_NEED: Final = (
    "numpy", "pandas", "pyarrow", "harness.frames.glance", "harness.frames.run_charts", "harness.frames.trend", "harness.frames.case",
    "harness.frames.alerts", "harness.frames.decisions", "harness.frames.steps", "harness.frames.operations", "harness.frames.compare",
    "harness.frames.judges", "harness.frames.mutants", "harness.frames.suites", "streamlit.dataframe_util",
    "streamlit.elements.lib.column_config_utils",
)  # fmt: skip
"""Modules that pages import when they are first shown."""


def load(names: Iterable[str] = PAGES_NEED) -> None:
    """Load modules; what cannot be loaded is left to the page that needs it, which says so."""
    for name in names:
        with suppress(ImportError):
            import_module(name)


def main() -> None:
    """Start Streamlit, and load what its pages need beside it."""
    from streamlit.web.cli import main as streamlit

    threading.Thread(target=load, name="loading", daemon=True).start()
    streamlit(prog_name="streamlit")


if __name__ == "__main__":
    main()
