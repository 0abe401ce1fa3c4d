"""Hostile words on every page, in a real browser: nothing in them acts, is markup, hides anything, or breaks the page."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from browsing import asked_hosts, cells_of, open_page, overflow, severe, text_of, wait_until
from poisoned import RUNS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PAGES = {
    "overview": ({}, "Cases that did not pass"),
    "run": ({"page": "run", "run": RUNS[1]}, "Trials under way"),
    "case": ({"run": RUNS[1], "case": "C-1"}, "Run it again"),
    "long": ({"run": RUNS[1], "case": "C-2"}, "Run it again"),
    "compare": ({"page": "compare", "baseline": RUNS[0], "run": RUNS[1]}, "Differences"),
    "steps": ({"page": "steps", "run": RUNS[1]}, "Worst offenders"),
    "judges": ({"page": "judges"}, "Add to the labels"),
    "guardrails": ({"page": "guardrails"}, "Noticed by"),
    "operations": ({"page": "operations", "run": RUNS[1]}, "Requests by user"),
    "cases": ({"page": "cases", "suite": "evil", "of": "C-1"}, "Show a case as it stands"),
    "history": ({"page": "cases", "suite": "evil", "view": "History"}, "git log"),
}
ACTED = """
const page = document.querySelector('[data-testid=stMain]');
const found = s => page.querySelectorAll(s).length;
return [window.acted ?? 0, found('img[src*=x], iframe, [onerror], [href^="javascript"], [href*="evil"], [src*="evil"], .katex'),
        [...page.querySelectorAll('strong, b, em')].filter(e => e.innerText === 'bold').length,
        found('[data-testid=stException]')];
"""
HIDDEN = ("\u202e", "\u2066", "\x1b")


@pytest.fixture(scope="module")
def address(crowded):
    return crowded


@pytest.mark.parametrize("page", PAGES)
def test_hostile_words_are_only_words_on(browser, address, page):
    query, expected = PAGES[page]
    browser.get_log("performance")
    open_page(browser, f"{address}/?{urlencode(query)}", expected if page != "cases" else "YAML")

    wait_until(lambda: "<script>" in text_of(browser) + "".join(cells_of(browser)), "the words are shown")
    shown = text_of(browser) + "".join(cells_of(browser))
    assert page != "judges" or "**bold** $x^2$ :red[x]" in text_of(browser).split("Label answers")[1]
    assert browser.execute_script(ACTED) == [0, 0, 0, 0]
    assert not [mark for mark in HIDDEN if mark in shown]
    assert severe(browser) == []
    assert asked_hosts(browser) <= {"127.0.0.1"}
    assert overflow(browser, 390) <= 0
