"""Every page in a real browser: on real runs, on nothing at all, by its address, on a small screen."""

from __future__ import annotations

import pytest
from browsing import cells_of, open_page, overflow, severe, text_of, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PAGES = {
    "overview": ("Overview", "Pass rate", "Alerts"),
    "run": ("Run",),
    "case": ("Case",),
    "compare": ("Compare", "Differences", "Gate"),
    "steps": ("Steps", "Worst offenders"),
    "judges": ("Judges", "Rubrics", "Label answers"),
    "guardrails": ("Guardrails and mutants", "finharness mutate --scorecard"),
    "operations": ("Operations", "Durations", "Audit log", "Verified"),
    "cases": ("Cases", "as they stand in their files"),
}
EMPTY = {
    "overview": "finharness eval",
    "run": "finharness eval",
    "case": "finharness eval",
    "compare": "finharness eval",
    "steps": "finharness eval",
    "judges": "finharness judge check",
    "guardrails": "finharness mutate",
    "operations": "finharness eval",
    "cases": "not run",
}


def exceptions(browser):
    script = (
        "return document.querySelectorAll('[data-testid=stException], [data-testid=stErrorElementContainer]').length"
    )
    return browser.execute_script(script)


def address_of(page):
    return "/" if page == "overview" else f"/?page={page}"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_real_runs_and_fits_a_small_screen(browser, real, page):
    open_page(browser, real + address_of(page), *PAGES[page])

    assert exceptions(browser) == 0
    assert severe(browser) == []
    assert overflow(browser, 390) <= 0


@pytest.mark.parametrize("page", EMPTY)
def test_a_page_without_results_names_the_next_command(browser, empty, page):
    title = {"overview": "Nothing to show yet", "guardrails": "Guardrails and mutants"}.get(page, "")
    open_page(browser, empty + address_of(page), title)

    wait_until(lambda: EMPTY[page] in text_of(browser) or EMPTY[page] in cells_of(browser), f"{EMPTY[page]} is said")
    assert exceptions(browser) == 0
    assert severe(browser) == []


def test_a_search_leaves_the_cases_that_fit(browser, real):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    open_page(browser, f"{real}/?page=cases", "Cases")
    wait_until(lambda: len(cells_of(browser)) > 13, "the table is drawn")
    wanted = cells_of(browser)[1]

    box = browser.find_element(By.CSS_SELECTOR, "input[aria-label=Search]")
    box.send_keys("no case says this", Keys.ENTER)

    wait_until(lambda: wanted not in cells_of(browser), "the table is filtered")
    assert severe(browser) == []


def test_a_copy_is_checked_while_it_is_edited(browser, real, starter):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    before = {path: path.read_bytes() for path in (starter / "cases").rglob("*.yaml")}
    open_page(browser, f"{real}/?page=cases&view=Edit", "Valid:", "It is the same as the file.")

    area = browser.find_element(By.CSS_SELECTOR, "textarea")
    area.send_keys(Keys.CONTROL, Keys.END)
    area.send_keys("\nsurprise: 1")
    area.send_keys(Keys.CONTROL, Keys.ENTER)

    wait_until(lambda: "mistake" in text_of(browser), "the mistake is told")
    assert {path: path.read_bytes() for path in before} == before
    assert severe(browser) == []


def test_what_is_chosen_stands_in_the_address(browser, real):
    open_page(browser, f"{real}/?page=steps&by=Redundant+calls", "Worst offenders")

    assert "by=Redundant" in browser.current_url
    assert "/steps" in browser.current_url
    pressed = "return [...document.querySelectorAll('[data-testid=stButtonGroup] [aria-checked=true]')].map(one => one.innerText)"
    wait_until(lambda: browser.execute_script(pressed) == ["Redundant calls"], "the choice is shown")
