"""One trial and one run in a real browser: figures lead to their sources, nothing in the data acts, everything can be read."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from browsing import cells_of, open_page, severe, text_of, wait_until
from stored_runs import RUNS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

CONTRAST = """
const light = c => { const f = c.map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126*f[0] + .7152*f[1] + .0722*f[2]; };
const parts = s => { const m = s.match(/[\\d.]+/g).map(Number); return s.startsWith('color(srgb') ? [m[0]*255, m[1]*255, m[2]*255, m[3] ?? 1] : [m[0], m[1], m[2], m[3] ?? 1]; };
const ground = e => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor); if (c[3] > .5) return c; } return [255, 255, 255, 1]; };
return [...document.querySelectorAll('.fh *')].filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.closest('[aria-hidden]') === null).map(e => {
  const a = light(parts(getComputedStyle(e).color)), b = light(ground(e));
  return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.className + ' ' + e.innerText.slice(0, 40)];
}).filter(([ratio]) => ratio < 4.5);
"""


@pytest.fixture(scope="module")
def address(crowded):
    return crowded


def trial(address, **query):
    return f"{address}/?{urlencode({'run': RUNS[-1], **query})}"


def target_of(browser):
    return browser.execute_script("return document.querySelector(':target')?.id ?? ''")


def test_a_page_s_own_address_works_as_the_first_that_a_server_is_asked_for(browser, address):
    text = open_page(
        browser, f"{address}/case?{urlencode({'run': RUNS[-1], 'case': 'CH-01'})}", "CH-01", "Run it again"
    )

    assert "Compare" in text.split("CH-01")[0], "the way to the other pages stands above it"
    # Streamlit first looks for its server below such an address, where it is not; nothing else may be wrong.
    errors = severe(browser)
    assert [message for message in errors if "/case/_stcore/" not in message or "404" not in message] == []


def test_a_figure_leads_to_its_source_and_that_to_its_step(browser, address):
    from selenium.webdriver.common.by import By

    open_page(browser, trial(address, case="CH-01"), "Figures of the answer", "Run it again")
    wait_until(lambda: browser.find_elements(By.CSS_SELECTOR, ".fh-answer a.fh-fig"), "figures are marked")

    browser.find_element(By.ID, "t-figure-1").click()
    wait_until(lambda: target_of(browser) == "t-source-1", "the source is shown")
    shown = browser.find_element(By.CSS_SELECTOR, ".fh-source:target .fh-excerpt")
    assert shown.is_displayed()
    assert "5200.0" in shown.text

    browser.find_element(By.CSS_SELECTOR, ".fh-source:target .fh-from a").click()
    wait_until(lambda: target_of(browser) == "t-step-s2", "the step is shown")
    assert severe(browser) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read_in(browser, address, scheme):
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    try:
        open_page(browser, trial(address, case="CH-01"), "Figures of the answer", "Run it again")
        wait_until(
            lambda: browser.execute_script("return document.querySelectorAll('.fh-span').length") > 4, "all is drawn"
        )

        assert browser.execute_script(CONTRAST) == []
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_filters_of_the_address_hold_and_a_search_narrows_them(browser, address):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    open_page(browser, trial(address, page="run", status="failed"), "3 of 12 cases")
    wait_until(lambda: "CH-01" in cells_of(browser), "the table is drawn")
    assert "TG-05" not in cells_of(browser)

    browser.find_element(By.CSS_SELECTOR, "input[aria-label=Search]").send_keys("add up to 98", Keys.ENTER)

    wait_until(lambda: "2 of 12 cases" in text_of(browser), "the search is done")
    assert "q=add+up+to+98" in browser.current_url
    assert severe(browser) == []


def test_from_a_trial_s_address_every_page_is_reached_and_found_again(browser, address):
    open_page(browser, trial(address, case="CH-01", trial="0"), "CH-01", "Run it again")
    assert "/?" in browser.current_url

    browser.execute_script(
        "document.querySelector('[data-testid=stTopNavLink][href*=overview], a[href*=overview]').click()"
    )
    wait_until(lambda: "Newest run of each suite" in text_of(browser), "the overview is shown")
    assert browser.current_url.startswith(f"{address}/overview")
    browser.refresh()
    wait_until(lambda: "Newest run of each suite" in text_of(browser), "it is shown again")

    assert "Page not found" not in text_of(browser)
    assert [
        message for message in severe(browser) if "/_stcore/" not in message
    ] == []  # where Streamlit looks for itself
