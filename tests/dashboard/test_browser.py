from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

import pytest
from stored_runs import HOSTILE, RUNS, a_full_workspace

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1440,2400",
)  # fmt: skip
PATIENCE_S = 60

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module", autouse=True)
def installed():
    if CHROMIUM is None or DRIVER is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium and chromedriver must be installed in CI")
        pytest.skip("Chromium or chromedriver is not installed")


@pytest.fixture(scope="module")
def address(tmp_path_factory, installed):
    """A dashboard as `finharness dashboard` starts it."""
    workspace = a_full_workspace(tmp_path_factory.mktemp("workspace"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "harness", "dashboard", "--headless", "--port", str(port)]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        words, cwd=workspace, env=environ, stdout=subprocess.DEVNULL, start_new_session=True
    ) as server:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: served(f"{url}/_stcore/health"), "the dashboard answers")
        yield url
        os.killpg(server.pid, signal.SIGINT)
        server.wait(20)


@pytest.fixture(scope="module")
def browser(tmp_path_factory, installed):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(str(DRIVER)))
    driver.get("about:blank")
    driver.get_log("performance")  # forgets the start page, which a distribution may set to a server of its own
    yield driver
    driver.quit()


def served(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except (URLError, ConnectionError, TimeoutError):
        return False


def wait_until(ready, what):
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s until {what}"
        time.sleep(0.2)


def text_of(browser):
    return browser.execute_script("return document.body.innerText")


def open_page(browser, url, *expected):
    browser.get(url)
    wait_until(lambda: all(part in text_of(browser) for part in expected), f"{expected} stands on the page")
    return text_of(browser)


def severe(browser):
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def asked_hosts(browser):
    """Hosts that the browser asked for anything."""
    log = "\n".join(entry["message"] for entry in browser.get_log("performance"))
    return set(re.findall(r'"url":"(?:https?|wss?)://([^/:"]+)', log))


def test_the_overview_shows_the_figures_and_calls_nobody(browser, address):
    open_page(browser, address, "Pass rate", "77.3%", "of 24 trials", "Cases that did not pass", "Trend")

    assert browser.title == "finharness"
    assert severe(browser) == []
    assert asked_hosts(browser) == {"127.0.0.1"}


def test_an_address_leads_to_the_trial(browser, address):
    query = f"/?run={RUNS[-1]}&suite=alex%2Fcharter&case=CH-01&agent=charter&trial=1"
    verdict, command = (
        "the slices add up to 98.0, not to 100",
        "finharness eval cases/alex/charter.yaml --case CH-01 --repeat 2",
    )
    open_page(browser, address + query, "CH-01", "✗ failed", f"finance:chart-spec: {verdict}", "Actual", command)

    wait_until(
        lambda: browser.execute_script("return document.querySelectorAll('canvas, svg.marks').length >= 3"),
        "tables and chart are drawn",
    )
    assert severe(browser) == []


def test_hostile_text_stays_text(browser, address):
    from urllib.parse import urlencode

    open_page(browser, f"{address}/?{urlencode({'run': RUNS[-1], 'case': HOSTILE})}", "Run it again", "Conversation")

    text = text_of(browser)
    assert "<script>alert(1)</script> **bold** :red[x]" in text
    assert "\u202e" not in text
    assert browser.execute_script("return document.querySelectorAll('[href^=\"javascript\"], main strong').length") == 0
    assert severe(browser) == []


def test_only_this_machine_is_listened_on(address):
    """Another of its addresses, or a name that leads here, gets nothing."""
    port = int(address.rsplit(":", 1)[1])
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex(("127.0.0.2", port)) != 0

    assert handshake(port, f"127.0.0.1:{port}").startswith(b"HTTP/1.1 101")
    assert handshake(port, "evil.example").startswith(b"HTTP/1.1 403")


def handshake(port, host):
    """Ask for the page's data as a browser would that was led here under that name."""
    lines = (
        "GET /_stcore/stream HTTP/1.1", f"Host: {host}", f"Origin: http://{host}", "Connection: Upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "", "",
    )  # fmt: skip
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall("\r\n".join(lines).encode())
        return client.recv(1024)
