"""How fast the dashboard is with many results, in a real browser.

usage: python bench/dashboard.py [RESULTS ...]      (default: 1000 10000 100000; writes bench/dashboard.md)

A store is filled with that many results in one run, and a hundredth of them in each of 29 runs before it. The dashboard is started
as `finharness dashboard` starts it and opened in headless Chromium, each page in a server that has loaded its libraries, and has not seen the store yet. A page is
painted when its figures stand on it; a filter is done when the table shows what is left; a case page when its checks stand on it.
Times are wall times from the request to what can be read, CPU seconds are the server's own, memory is the server's highest.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "bench")]

from _many_results import fill  # noqa: E402
from browsing import chromium, dashboard, text_of  # noqa: E402

RUN = "20261130-080000-ffff"
TARGETS = {"Overview": 3.0, "Run": 3.0, "Filter": 0.5, "Case": 1.0}
MEMORY_MB = 600
PATIENCE_S = 180


@dataclass(frozen=True, slots=True)
class Measured:
    """What one size of store gave."""

    results: int
    """Results in the newest run."""

    megabytes: float
    """Size of the store."""

    seconds: dict[str, float]
    """Wall time by what was done."""

    cpu: dict[str, float]
    """The server's CPU time by what was done."""

    memory_mb: float
    """The server's highest memory."""


def main() -> None:
    """Measure each size and write the table."""
    sizes = [int(word) for word in sys.argv[1:]] or [1_000, 10_000, 100_000]
    with tempfile.TemporaryDirectory() as folder:
        found = [measure(Path(folder), size) for size in sizes]
    page = "\n".join(report(found))
    (ROOT / "bench" / "dashboard.md").write_text(page, encoding="utf-8")
    print(page)


def measure(folder: Path, results: int) -> Measured:
    """Fill a store and look at it."""
    root = folder / str(results)
    root.mkdir()
    (root / "harness.toml").write_text('[agents.chart]\ntarget = "agents/chart.py:chart"\n', encoding="utf-8")
    fill(root / ".harness" / "results.db", results)
    count = {"found": 1, "of": 2}
    row = {"subject": "charts", "question": "refused", "wanted": "all", "guide": count, "app": count, "ours": count}
    (root / "reports" / "out").mkdir(parents=True)
    (root / "reports/out/scorecard.json").write_text(json.dumps({"findings": [row]}), encoding="utf-8")
    seconds: dict[str, float] = {}
    cpu: dict[str, float] = {}
    memory = 0.0
    with chromium(folder / f"profile{results}") as browser:
        with serving(root) as (url, server):
            warm(browser, url)
            with timed("Overview", seconds, cpu, server):
                opened(browser, f"{url}/", "Pass rate", "Suites")
            memory = max(memory, server.peak())
        with serving(root) as (url, server):
            warm(browser, url)
            with timed("Run", seconds, cpu, server):
                opened(browser, f"{url}/?page=run&run={RUN}", f"{results:,}")
            wait(lambda: resting(browser), "rest")
            with timed("Filter", seconds, cpu, server):
                search(browser, "CASE-00007")
            memory = max(memory, server.peak())
        with serving(root) as (url, server):
            warm(browser, url)
            with timed("Case", seconds, cpu, server):
                opened(
                    browser,
                    f"{url}/?run={RUN}&suite=alex/chart&case=CASE-00020&agent=chart&trial=3",
                    "CASE-00020",
                    "is-json",
                )
            memory = max(memory, server.peak())
    return Measured(results, (root / ".harness/results.db").stat().st_size / 1e6, seconds, cpu, memory)


@contextmanager
def serving(root: Path) -> Iterator[tuple[str, Server]]:
    """A dashboard that has not looked at the store yet, with its libraries loaded."""
    with dashboard(root) as url:
        yield url, Server(int(url.rsplit(":", 1)[1]))


class Server:
    """The process that serves, as the kernel accounts for it."""

    def __init__(self, port: int) -> None:
        self.pid = _listening(port)

    def cpu(self) -> float:
        """CPU seconds so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def peak(self) -> float:
        """Highest memory so far, in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


@contextmanager
def timed(name: str, seconds: dict[str, float], cpu: dict[str, float], server: Server) -> Iterator[None]:
    """Note how long the block takes."""
    began, spent = time.perf_counter(), server.cpu()
    yield
    seconds[name], cpu[name] = time.perf_counter() - began, server.cpu() - spent


def warm(browser: Any, url: str) -> None:
    """Load the page's program and the server's libraries with another page: what every visit but the first has, too."""
    opened(browser, f"{url}/?page=guardrails", "Guardrails and mutants")
    wait(lambda: resting(browser), "rest")
    browser.get("about:blank")


def opened(browser: Any, url: str, *expected: str) -> None:
    """Open an address and wait until all of it can be read."""
    browser.get(url)
    wait(lambda: all(part in text_of(browser) for part in expected), f"{expected} on {url}")


def search(browser: Any, text: str) -> None:
    """Type into the page's search, and wait until the page says how many cases are left."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    before = text_of(browser)
    boxes = browser.find_elements(By.CSS_SELECTOR, "[data-testid=stTextInput] input")
    boxes[0].send_keys(text, Keys.ENTER)
    wait(lambda: text_of(browser) != before and resting(browser), "the filter")


def resting(browser: Any) -> bool:
    """Whether nothing is being worked out."""
    script = "const app = document.querySelector('[data-testid=stApp]'); return !!app && app.getAttribute('data-test-script-state') !== 'running'"
    return bool(browser.execute_script(script))


def wait(ready: Any, what: str) -> None:
    """Wait, looking often: what is measured is not the waiting."""
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {PATIENCE_S} s for {what}")
        time.sleep(0.02)


def _listening(port: int) -> int:
    """The process that listens on a port of this machine."""
    wanted = f"0100007F:{port:04X}"
    inodes = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]
        if line.split()[1] == wanted and line.split()[3] == "0A"
    }
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(
                link.readlink().name.removeprefix("socket:[").removesuffix("]") in inodes
                for link in (process / "fd").iterdir()
            ):
                return int(process.name)
        except OSError:
            continue
    raise SystemExit(f"nobody listens on {port}")


def report(found: Sequence[Measured]) -> Iterator[str]:
    """The tables as Markdown."""
    yield "# The dashboard with many results"
    yield ""
    yield "Written by `python bench/dashboard.py`, which says how it measures. Seconds until it can be read in headless Chromium; in"
    yield f"brackets the server's CPU seconds. {os.cpu_count()} cores; load of the machine at the end: {os.getloadavg()[0]:.1f}."
    yield ""
    yield "| results of the run | store | overview | run | filter on the run page | case | server's memory |"
    yield "|---:|---:|---:|---:|---:|---:|---:|"
    for one in found:
        cells = [f"{one.seconds[name]:.2f} ({one.cpu[name]:.2f})" for name in TARGETS]
        yield f"| {one.results:,} | {one.megabytes:,.0f} MB | {' | '.join(cells)} | {one.memory_mb:,.0f} MB |"
    yield f"| goal at 100,000 | | {' | '.join(f'{goal:g}' for goal in TARGETS.values())} | {MEMORY_MB} MB |"
    yield ""
    largest = found[-1]
    missed = [name.lower() for name, goal in TARGETS.items() if largest.seconds[name] > goal]
    missed += ["memory"] if largest.memory_mb > MEMORY_MB else []
    yield f"At {largest.results:,} results: {'not reached: ' + ', '.join(missed) if missed else 'every goal is reached'}."
    yield ""


if __name__ == "__main__":
    main()
