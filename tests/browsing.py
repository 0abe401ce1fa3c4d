"""A real browser on a real dashboard: start both, wait for what a page shows, ask what went wrong."""

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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1440,2400",
)  # fmt: skip
PATIENCE_S = 60
_LAYOUT_S = 5.0


@contextmanager
def dashboard(workspace: Path) -> Iterator[str]:
    """The address of a dashboard as `finharness dashboard` starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "harness", "dashboard", "--headless", "--port", str(port)]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        words, cwd=workspace, env=environ, stdout=subprocess.DEVNULL, start_new_session=True
    ) as server:
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: served(f"{url}/_stcore/health"), "the dashboard answers")
            yield url
        finally:
            os.killpg(server.pid, signal.SIGINT)
            server.wait(20)


@contextmanager
def chromium(profile: Path) -> Iterator[Any]:
    """A headless browser that has visited nothing yet."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(str(DRIVER)))
    try:
        driver.get("about:blank")
        driver.get_log("performance")  # forgets the start page, which a distribution may set to a server of its own
        yield driver
    finally:
        driver.quit()


def served(url: str) -> bool:
    """Whether something answers there."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def wait_until(ready: Callable[[], Any], what: str) -> None:
    """Wait, but not for ever."""
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s until {what}"
        time.sleep(0.1)


def text_of(browser: Any) -> str:
    """Everything that a reader can read, canvases aside."""
    return str(browser.execute_script("return document.body.innerText"))


def cells_of(browser: Any) -> list[str]:
    """What the page's tables hold, as readers of screens are told it."""
    found = browser.execute_script(
        "return [...document.querySelectorAll('canvas [role=gridcell]')].map(cell => cell.innerText || cell.textContent)"
    )
    return [str(cell) for cell in found]


def open_page(browser: Any, url: str, *expected: str) -> str:
    """Open an address and wait until the page shows what is expected and has come to rest."""
    browser.get("about:blank")
    browser.get_log("browser")  # forgets what became of the page before
    browser.get(url)
    wait_until(lambda: all(part in text_of(browser) for part in expected), f"{expected} stands on the page")
    wait_until(lambda: at_rest(browser), "the page has come to rest")
    return text_of(browser)


def at_rest(browser: Any) -> bool:
    """Whether nothing is being worked out any more."""
    return bool(
        browser.execute_script(
            "const app = document.querySelector('[data-testid=stApp]');"
            "return !!app && app.getAttribute('data-test-script-state') !== 'running'"
            " && !document.querySelector('[data-testid=stSkeleton]')"
        )
    )


def severe(browser: Any) -> list[str]:
    """Errors on the browser's console since it was last asked."""
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def asked_hosts(browser: Any) -> set[str]:
    """Hosts that the browser asked for anything."""
    log = "\n".join(entry["message"] for entry in browser.get_log("performance"))
    return set(re.findall(r'"url":"(?:https?|wss?)://([^/:"]+)', log))


def overflow(browser: Any, width: int) -> int:
    """Pixels by which a page is wider than a screen of that width, once it has been laid out for it."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    script = "const main = document.querySelector('[data-testid=stMain]'); return main.scrollWidth - main.clientWidth"
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    deadline = time.monotonic() + _LAYOUT_S
    try:
        while (over := int(browser.execute_script(script))) > 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        return over
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
