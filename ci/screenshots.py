"""Picture every page of the dashboard in headless Chromium: light and dark, on a desk and on a phone, into docs/images/dashboard.

usage: python ci/screenshots.py [--workspace FOLDER]

Without a workspace, a copy of this one is made in which the library of the reference agents and of the harness has been run three times,
the last two with an offline model that now and then misbehaves, so that there is something to see; all mutants, the scorecard and
published verdicts of a judge are added. That takes some minutes. A page with an
error, or too wide for a phone, ends it. Pictures are reduced to a palette; all together they stay below 1.5 MB.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browsing import at_rest, chromium, dashboard, overflow, severe, text_of, wait_until  # noqa: E402

from harness.frames import trial_link  # noqa: E402
from harness.model import Result  # noqa: E402
from harness.store import Store  # noqa: E402
from harness.store.runs import RunRow  # noqa: E402

OUT = ROOT / "docs" / "images" / "dashboard"
LARGEST = 1_500_000
SCREENS = {"1280": (1280, 900), "390": (390, 780)}
LIBRARY = ("cases/alex", "cases/clera", "cases/safety", "cases/harness")
COLOURS = 160
_PAINT_S = 2.0


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, help="picture this workspace as it is")
    given = parser.parse_args().workspace
    with tempfile.TemporaryDirectory() as folder:
        root = given or prepared(Path(folder) / "portfolio")
        with Store.open(root / ".harness/results.db", readonly=True) as store:
            pages = addresses(store)
        with dashboard(root) as url:
            for theme in ("light", "dark"):
                with chromium(Path(folder) / theme) as browser:
                    take(browser, url, theme, pages)
    total = sum(path.stat().st_size for path in OUT.glob("*.png"))
    print(f"{len(list(OUT.glob('*.png')))} pictures, {total / 1e6:.2f} MB in {OUT.relative_to(ROOT)}")
    if total > LARGEST:
        raise SystemExit(f"that is more than {LARGEST / 1e6} MB: use fewer colours")


def prepared(root: Path) -> Path:
    """A copy of this workspace with runs, mutants, a scorecard and an examined judge."""
    for name in ("agents", "cases", "judges", "reports/baselines"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    settings = (ROOT / "harness.toml").read_text(encoding="utf-8")
    (root / "harness.toml").write_text(settings, encoding="utf-8")
    finharness(root, "eval", *LIBRARY)
    for seed, flake in (("5", 0.06), ("6", 0.02)):
        unreliable = settings.replace("[models.offline]\n", f"[models.offline]\nflake = {flake}\n", 1)
        (root / "harness.toml").write_text(unreliable, encoding="utf-8")
        finharness(root, "eval", *LIBRARY, "--repeat", "2", "--seed", seed)
    (root / "harness.toml").write_text(settings, encoding="utf-8")
    finharness(root, "mutate", "--scorecard")
    finharness(root, "mutate")
    finharness(root, "judge", "check", str(ROOT / "bench/data/judges/pandalm.csv.gz"), "--verdict", "pandalm_7b", "--length", "length1,length2")  # fmt: skip
    return root


def finharness(root: Path, *words: str) -> None:
    """Run a command; a failing case is no failure here."""
    print("finharness", *words, flush=True)
    done = subprocess.run([sys.executable, "-m", "harness", *words], cwd=root, stdout=subprocess.DEVNULL, check=False)
    if done.returncode not in {0, 1, 3}:
        raise SystemExit(f"finharness {words[0]} ended with {done.returncode}")


def addresses(store: Store) -> dict[str, tuple[str, str]]:
    """What each picture is of: the address, and words that stand on the page."""
    runs = store.runs(2)
    latest, before = runs[0], runs[-1]
    return {
        "overview": ("/", "Alerts"),
        "run": (f"/?page=run&run={latest.id}", "Run"),
        "case": (failing(store, latest), "Run it again"),
        "compare": (f"/?page=compare&baseline={before.id}&run={latest.id}", "Gate"),
        "steps": (f"/?page=steps&run={latest.id}", "Worst offenders"),
        "judges": ("/?page=judges", "Label answers"),
        "guardrails": ("/?page=guardrails", "Scorecard"),
        "operations": (f"/?page=operations&run={latest.id}", "Audit log"),
        "cases": ("/?page=cases&suite=alex/charter&of=CH-02", "must_pass"),
    }


def failing(store: Store, run: RunRow) -> str:
    """The address of a trial that failed: the one with most figures of which one is from nowhere or against its source."""
    failed = [result for result in store.results(run.id) if result.status == "failed"]
    ranked = sorted(failed, key=figures_of, reverse=True)
    return trial_link(run.id, ranked[0].job) if ranked else f"/?page=case&run={run.id}"


def figures_of(result: Result) -> int:
    """How many figures the check of figures looked at where it found a wrong one."""
    found = (verdict for verdict in result.verdicts if verdict.check == "finance:grounded-numbers")
    return max((len(verdict.evidence) for verdict in found if verdict.passed is False), default=0)


def take(browser: Any, url: str, theme: str, pages: dict[str, tuple[str, str]]) -> None:
    """Every page in one theme, on both screens."""
    feature = [{"name": "prefers-color-scheme", "value": theme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": feature})
    for name, (address, words) in pages.items():
        browser.get_log("browser")
        browser.get(f"{url}{address}")
        wait_until(lambda words=words: words in text_of(browser), f"{words} stands on {name}")  # type: ignore[misc]
        wait_until(lambda: at_rest(browser), f"{name} has come to rest")
        for label, size in SCREENS.items():
            with screen(browser, *size):
                save(browser.get_screenshot_as_png(), OUT / f"{name}-{theme}-{label}.png")
        if wrong := faults(browser):
            raise SystemExit(f"{name}, {theme}: {wrong}")
        print(name, theme, flush=True)


def faults(browser: Any) -> list[str]:
    """What is wrong with a page: exceptions, errors on the console, parts that reach beyond a phone's screen."""
    broken = browser.find_elements("css selector", "[data-testid=stException]")
    wide = overflow(browser, min(width for width, _ in SCREENS.values()))
    return [*(item.text for item in broken), *severe(browser), *([f"{wide} pixels too wide"] if wide > 0 else [])]


@contextmanager
def screen(browser: Any, width: int, height: int) -> Iterator[None]:
    """A screen of that size, with the page laid out for it."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.execute_script("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    time.sleep(_PAINT_S)  # charts and tables are drawn by the browser, and say nothing when they are done
    yield


def save(png: bytes, path: Path) -> None:
    """Write a picture with as few colours as still look right."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(png)) as picture:
        small = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        small.save(path, optimize=True)


if __name__ == "__main__":
    main()
