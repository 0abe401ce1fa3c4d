"""The dashboard's frame: settings of the page, the way between pages, and the way in by a trial's address."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import look
import streamlit as st

HERE = Path(__file__).parent
ENTRY = "entry"
SPACE = (
    "<style>.stMainBlockContainer { padding-top: 4.2rem; padding-bottom: 3rem; }"
    " [data-testid=stMetricValue] { font-size: 1.75rem; }"
    " .stTextArea textarea { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }</style>"
)
# Pages beside the overview: name in addresses, title, icon. (A string here would be shown by Streamlit.)
PAGES = {
    "run": ("Run", ":material/checklist:"),
    "case": ("Case", ":material/troubleshoot:"),
    "compare": ("Compare", ":material/compare_arrows:"),
    "steps": ("Steps", ":material/footprint:"),
    "judges": ("Judges", ":material/balance:"),
    "guardrails": ("Guardrails", ":material/shield:"),
    "operations": ("Operations", ":material/speed:"),
    "cases": ("Cases", ":material/description:"),
}


def main() -> None:
    """Show the page that the address names."""
    st.set_page_config(
        page_title="finharness",
        page_icon=str(HERE / "icon.png"),  # a file: an icon by name would come from a font server
        layout="wide",
        menu_items={"About": "finharness: what your agents did, and whether it was right."},
    )
    first = st.session_state.setdefault(ENTRY, entry())
    overview = st.Page("pages/overview.py", title="Overview", icon=":material/monitoring:", default=first != "case")
    pages = {
        name: found
        for name, (title, icon) in PAGES.items()
        if (found := page(name, title, icon, default=name == first)) is not None
    }
    chosen = st.navigation([overview, *pages.values()], position="top")
    if chosen == overview:
        enter(pages)
    st.session_state[look.FRAMED] = True
    st.html(SPACE)
    chosen.run()


def entry() -> str:
    """The page that a session begins with: an address of a trial leads to it at once, every other by way of the overview."""
    path = urlsplit(st.context.url or "").path.strip("/")
    trial = "case" in st.query_params and "page" not in st.query_params and not path
    return "case" if (trial or path == "overview") and (HERE / "pages" / "case.py").is_file() else "overview"


def enter(pages: Mapping[str, st.Page]) -> None:
    """Go where an address leads: `?page=run&run=…` to that page, `?run=…&case=…` to a trial."""
    query = look.query()
    name = query.pop("page", ["case" if "case" in query else ""])[0]
    if name in pages:
        st.switch_page(pages[name], query_params=query)


def page(name: str, title: str, icon: str, *, default: bool) -> st.Page | None:
    """A page of this folder; a workspace's own dashboard may leave pages out."""
    file = HERE / "pages" / f"{name}.py"
    return st.Page(file, title=title, icon=icon, url_path=name, default=default) if file.is_file() else None


main()
