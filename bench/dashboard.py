"""How fast the dashboard is with many results, in a real browser.

usage: python bench/dashboard.py [RESULTS ...]      (default: 1000 10000 100000; writes bench/dashboard.md)

A store is filled with that many results in one run, and a hundredth of them in each of 29 runs before it. The dashboard is started
as `finharness dashboard` starts it and opened in headless Chromium, each page in a server that has loaded its libraries, and has not
seen the store yet. The browser itself notes the moment: the overview is there when its figures stand on it and its table has drawn the
suites, a run when its table has drawn cases that failed, a filter when the page says how many cases are left and the table has drawn
the one that was searched for, a case when its checks stand on it. Wall times go from the start of the navigation, or from the Enter key,
to the frame after that. CPU seconds are the server's process and the browser's main thread up to then; memory is the server's highest.
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
SETTLED_S = 1.0
NOTES = """
(() => {
  const drawn = new Map(), draw = CanvasRenderingContext2D.prototype.fillText
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    drawn.set(String(text), performance.now())
    return draw.call(this, text, ...rest)
  }
  window.notes = {
    from: 0, at: 0,
    watch(said, texts, from) {
      Object.assign(notes, {from, at: 0})
      // What costs the page most comes last: text that can be seen is asked for only where the rest is there.
      const there = () => texts.every(part => [...drawn].some(([text, when]) => when >= from && text.includes(part)))
        && said.every(part => document.body.textContent.includes(part)) && said.every(part => document.body.innerText.includes(part))
      const look = () => there() ? requestAnimationFrame(() => setTimeout(() => { notes.at = performance.now() })) : setTimeout(look, 10)
      look()
    },
    onEnter(said, texts) {
      notes.at = 0
      document.addEventListener('keydown', event => { if (event.key === 'Enter') notes.watch(said, texts, event.timeStamp) }, {capture: true, once: true})
    },
  }
})()
"""


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

    browser: dict[str, float]
    """CPU time of the browser's main thread by what was done."""

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
    spent = Spent({}, {}, {})
    memory = 0.0
    trial = f"/?run={RUN}&suite=alex/chart&case=CASE-00020&agent=chart&trial=3"
    with chromium(folder / f"profile{results}") as browser:
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": NOTES})
        browser.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
        with serving(root) as (url, server):
            warm(browser, url)
            with spent.on("Overview", browser, server):
                opened(browser, f"{url}/", said=["Pass rate", "Suites"], drawn=["alex/chart"])
            memory = max(memory, server.peak())
        with serving(root) as (url, server):
            warm(browser, url)
            with spent.on("Run", browser, server):
                opened(browser, f"{url}/?page=run&run={RUN}", said=[f"{results:,}"], drawn=["✗ failed"])
            wait(lambda: resting(browser), "rest")
            with spent.on("Filter", browser, server):
                search(browser, "CASE-00007", said=["1 of "])
            memory = max(memory, server.peak())
        with serving(root) as (url, server):
            warm(browser, url)
            with spent.on("Case", browser, server):
                opened(browser, url + trial, said=["CASE-00020", "is-json"])
            memory = max(memory, server.peak())
    size = (root / ".harness/results.db").stat().st_size / 1e6
    return Measured(results, size, spent.seconds, spent.server, spent.browser, memory)


@dataclass(frozen=True, slots=True)
class Spent:
    """Times by what was done."""

    seconds: dict[str, float]
    """Wall, as the browser noted it."""

    server: dict[str, float]
    """The server's CPU."""

    browser: dict[str, float]
    """The browser's."""

    @contextmanager
    def on(self, name: str, browser: Any, server: Server) -> Iterator[None]:
        """Note what the block takes; it ends when the page's own notes say so."""
        work, cpu = tasks(browser), server.cpu()
        yield
        self.seconds[name] = float(browser.execute_script("return notes.at - notes.from")) / 1000
        self.server[name], self.browser[name] = server.cpu() - cpu, tasks(browser) - work


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


def tasks(browser: Any) -> float:
    """CPU seconds of the main thread of the page so far; a page that is left takes its own along."""
    known = browser.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return float(next(one["value"] for one in known if one["name"] == "TaskDuration"))


def warm(browser: Any, url: str) -> None:
    """Load the page's program and the server's libraries with another page: what every visit but the first has, too."""
    browser.get(f"{url}/?page=guardrails")
    wait(lambda: "Guardrails and mutants" in text_of(browser) and resting(browser), "the first page")
    time.sleep(SETTLED_S)
    browser.get("about:blank")


def opened(browser: Any, url: str, *, said: Sequence[str] = (), drawn: Sequence[str] = ()) -> None:
    """Open an address and wait until all of it can be read."""
    browser.get(url)
    browser.execute_script("notes.watch(arguments[0], arguments[1], 0)", list(said), list(drawn))
    wait(lambda: browser.execute_script("return notes.at"), f"{said} and {drawn} on {url}")


def search(browser: Any, text: str, *, said: Sequence[str]) -> None:
    """Type into the page's search, and wait until the table shows what is left."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    (box, *_) = browser.find_elements(By.CSS_SELECTOR, "[data-testid=stTextInput] input")
    box.send_keys(text)
    browser.execute_script("notes.onEnter(arguments[0], arguments[1])", list(said), [text])
    box.send_keys(Keys.ENTER)
    wait(lambda: browser.execute_script("return notes.at"), "the filter")


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
        time.sleep(0.03)


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
    yield "Written by `python bench/dashboard.py`, which says how it measures. Seconds until it can be read in headless Chromium; in brackets"
    yield "the CPU seconds of the server and of the browser's main thread."
    yield f"{os.cpu_count()} cores; load of the machine at the end: {os.getloadavg()[0]:.1f}."
    yield ""
    yield "| results of the run | store | overview | run | filter on the run page | case | server's memory |"
    yield "|---:|---:|---:|---:|---:|---:|---:|"
    for one in found:
        cells = [f"{one.seconds[name]:.2f} ({one.cpu[name]:.2f}, {one.browser[name]:.2f})" for name in TARGETS]
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
