"""Measure the Tagger on 1,178 real funds against their published allocations.

usage: python bench/tagger_etfs.py      (writes bench/tagger_etfs.md)

Runs `finharness eval cases/real` into a store of its own, then compares what is stored with the published weights. Without a
key this measures the offline policy: rules of thumb over the fund's name and strategy text, no model. The rules were corrected
while looking at one half of the funds, chosen by a hash of the symbol; the other half is the honest figure.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.store import Store
from harness.workspace import load_target

ROOT = Path(__file__).parent.parent
KINDS = ("stocks", "bonds", "neither")
KNOWN = "general knowledge"


class Fund(NamedTuple):
    """One fund: what was published and what the Tagger said."""

    symbol: str
    published: Mapping[str, Any]
    row: Mapping[str, Any] | None

    @property
    def held_out(self) -> bool:
        """Whether nobody looked at it while the rules were written."""
        return int(hashlib.sha256(self.symbol.encode()).hexdigest(), 16) % 2 == 1

    @property
    def remembered(self) -> bool:
        """Whether the symbol itself was known, so that nothing was read from its name."""
        return self.row is not None and KNOWN in self.row["sources"]


def main() -> None:
    """Run, compare, print and write the table."""
    real = ROOT / "cases" / "_checks" / "real.py"
    checks = {name: load_target(ROOT, f"cases/_checks/{real.name}:{name}") for name in ("classification", "kind_of",
              "predicted_kind", "sector_distance", "SECTORS")}  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        funds = list(evaluated(Path(folder) / "results.db", checks["classification"]))
        seconds = time.perf_counter() - started
    page = report(funds, checks, seconds)
    (ROOT / "bench" / "tagger_etfs.md").write_text(page, encoding="utf-8")
    print(page)


def evaluated(store: Path, classification: Any) -> Iterator[Fund]:
    """Evaluate every fund and read the results back."""
    environ = {**os.environ, "FINHARNESS_STORE": str(store)}
    command = [sys.executable, "-m", "harness", "eval", "cases/real"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        sys.exit(done.stdout + done.stderr)
    with Store.open(store, readonly=True) as opened:
        for result in opened.results(opened.run().manifest.id, traces=True):
            case = result.job.case
            published = case.reference.answer if case.reference else None
            yield Fund(
                case.input["instruments"][0]["symbol"], published, classification(result.outcome.trace.structured)
            )


def report(funds: Sequence[Fund], checks: Mapping[str, Any], seconds: float) -> str:
    """Write the page."""
    groups = {
        "all": funds,
        "rules corrected on these": [fund for fund in funds if not fund.held_out],
        "held out": [fund for fund in funds if fund.held_out],
        "held out, symbol not remembered": [fund for fund in funds if fund.held_out and not fund.remembered],
    }
    lines = [
        "# The Tagger on real funds",
        "",
        "Written by `python bench/tagger_etfs.py`. Data: cases/real/data/SOURCE.md. Model: offline policy, a heuristic over names",
        "and strategy texts; not a language model.",
        "",
        "| funds | n | kind right | no answer | sector weights: mean error | largest sector right | sums within 0.05 |",
        "|---|---|---|---|---|---|---|",
        *(_line(name, group, checks) for name, group in groups.items()),
        "",
        "Kind: at least 90 % stocks, at least 90 % bonds, or neither. Sector weights: absolute difference in percentage points,",
        "averaged over eleven sectors, for funds that are mostly stocks and publish them. An answer that the Tagger is too",
        "unsure of to store counts as none, and as wrong.",
        "",
        "| published as | n | classified as stocks | as bonds | as neither | not at all | right |",
        "|---|---|---|---|---|---|---|",
        *_confusion(groups["held out"], checks),
        "",
        "This is the held-out half. The eleven funds that are neither had all been looked at before the rules were written, so",
        "their line says nothing about funds that nobody has seen.",
        "",
        f"For comparison, calling every fund stocks is right for {_always_stocks(funds, checks):.1%} of all, and knowing only a typical",
        f"large-company mix has a mean sector error of {_one_mix(groups['held out'], checks):.2f} points on the held-out half.",
        "",
        f"{len(funds):,} trials took {seconds:.0f} s on this machine, starting and storing included.",
        "",
    ]
    return "\n".join(lines)


def _line(name: str, group: Sequence[Fund], checks: Mapping[str, Any]) -> str:
    right = sum(_kind(fund, checks) == _published(fund, checks) for fund in group)
    errors = [error for fund in group if (error := _error(fund, checks)) is not None]
    tops = [_top(fund.row["sectors"]) == _top(fund.published["sectors"]) for fund in _with_sectors(group, checks)]
    whole = [all(abs(sum(fund.row[part].values()) - 100) <= 0.05 for part in ("asset_class", "regions", "sectors"))
             for fund in group if fund.row is not None]  # fmt: skip
    return (
        f"| {name} | {len(group):,} | {right / len(group):.1%} | {sum(fund.row is None for fund in group)} "
        f"| {statistics.mean(errors):.2f} points (n = {len(errors)}) | {sum(tops) / len(tops):.1%} | {sum(whole)} of {len(whole)} |"
    )


def _confusion(group: Sequence[Fund], checks: Mapping[str, Any]) -> Iterator[str]:
    seen = Counter((_published(fund, checks), _kind(fund, checks)) for fund in group)
    for published in KINDS:
        counts = [seen[published, kind] for kind in (*KINDS, "")]
        share = f"{seen[published, published] / sum(counts):.1%}" if sum(counts) else "-"
        yield f"| {published} | {sum(counts)} | {' | '.join(map(str, counts))} | {share} |"


def _published(fund: Fund, checks: Mapping[str, Any]) -> str:
    return str(checks["kind_of"](fund.published["stocks"], fund.published["bonds"]))


def _kind(fund: Fund, checks: Mapping[str, Any]) -> str:
    return str(checks["predicted_kind"](fund.row)) if fund.row is not None else ""


def _with_sectors(group: Sequence[Fund], checks: Mapping[str, Any]) -> Iterator[Any]:
    for fund in group:
        if fund.row is not None and "sectors" in fund.published and _published(fund, checks) == "stocks":
            yield fund


def _error(fund: Fund, checks: Mapping[str, Any]) -> float | None:
    """Mean error per sector; None where there is nothing to compare."""
    if not list(_with_sectors([fund], checks)):
        return None
    return float(checks["sector_distance"](fund.row, fund.published["sectors"])) / len(checks["SECTORS"])


def _top(parts: Mapping[str, float]) -> str:
    return max(parts, key=lambda name: parts[name])


def _always_stocks(funds: Sequence[Fund], checks: Mapping[str, Any]) -> float:
    return sum(_published(fund, checks) == "stocks" for fund in funds) / len(funds)


def _one_mix(group: Sequence[Fund], checks: Mapping[str, Any]) -> float:
    mix = load_target(ROOT, "agents/alex/policies/fund_words.py:MIXES")[-1][1]
    return statistics.mean(
        checks["sector_distance"]({"sectors": mix}, fund.published["sectors"]) / len(checks["SECTORS"])
        for fund in _with_sectors(group, checks)
    )


if __name__ == "__main__":
    main()
