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


def practise() -> None:
    """Look up the figures of a sentence: the patterns for that are compiled at first use, which takes a tenth of a second."""
    from harness.grounding import Facts, claims, ground

    stated = claims(
        "On 3 May 2024 the total of $1,200.50 was (12.5%) more than about 1.067 million or 95 bps, twice $533.44."
    )
    ground(
        stated,
        Facts.of([("figures", {"total": 1067.11, "said": "USD 1,067,111.00 in 2023, 12.5 % more"})]),
        user=Facts.of(()),
        context="How much?",
    )


def prepare() -> None:
    """Everything that the first page would have to wait for."""
    load()
    practise()


def main() -> None:
    """Start Streamlit, and prepare what its pages need beside it."""
    from streamlit.web.cli import main as streamlit

    threading.Thread(target=prepare, name="preparing", daemon=True).start()
    streamlit(prog_name="streamlit")


if __name__ == "__main__":
    main()
