"""The dashboard's frame: settings of the page, the way between pages, and the way in by a trial's address."""

from __future__ import annotations

from pathlib import Path

import streamlit as st


def main() -> None:
    """Show the page that the address names."""
    st.set_page_config(
        page_title="finharness",
        page_icon=str(Path(__file__).with_name("icon.png")),  # a file: an icon by name would come from a font server,
        layout="wide",
        menu_items={"About": "finharness: what your agents did, and whether it was right."},
    )
    overview = st.Page("pages/overview.py", title="Overview", icon=":material/monitoring:", default=True)
    case = st.Page("pages/case.py", title="Case", icon=":material/troubleshoot:", url_path="case")
    page = st.navigation([overview, case], position="top")
    if page == overview and "case" in st.query_params:
        st.switch_page(case, query_params=dict(st.query_params))
    page.run()


main()
