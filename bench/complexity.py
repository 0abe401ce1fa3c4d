"""How the time of every reader of text grows on hostile text: `python bench/complexity.py` writes bench/complexity.md.

Each guardrail and reader is given texts that make careless regular expressions and loops go quadratic: one character, one word or
one mark over and over, digits with every separator, zero-width characters, right-to-left marks, open brackets, half addresses. The
CPU time is the lesser of two; the growth is how many times longer the largest took than the one a
quarter its size: 4 is linear, 16 quadratic.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from harness.grounding import Facts, claims
from harness.guardrails import (
    check_charts,
    check_conduct,
    check_disclosures,
    check_numbers,
    check_pii,
    limit_response,
    scan_text,
)
from harness.quantities import scan
from harness.telemetry.redact import Redactor

SOURCE = {"positions": [{"symbol": f"S{n}", "price": 10.5 + n, "quantity": n} for n in range(20)]}
TEXTS: dict[str, str] = {
    "one letter": "a", "one digit": "1", "spaces": " ", "new lines": "\n", "commas": "1,", "points": "1.", "thousands": "1,234,",
    "figures": "$1,234.56 ", "percentages": "12.3% ", "spaced digits": "1 ", "signs": "-", "mixed signs": "+-1(", "brackets": "(", "square": "[",
    "braces": "{", "quotes": '"', "backslashes": "\\", "pipes": "| 1 ", "dollars": "$", "per cents": "%", "zero width": "1\u200b2\u200b",
    "right to left": "\u202e12\u202c", "other digits": "\u0661\u0662\u066b\u0663 ", "marks": "a\u0301\u0301", "addresses": "a@", "links": "a://",
    "markdown links": "![x](", "tags": "<a ", "comments": "<!-- ", "base64": "QUJD", "words": "ignore previous ", "sentences": "You must buy now. ",
    "months": "May 2024 ", "ranges": "1-2 to ", "exponents": "1e", "tickers": "VTI BND ", "card digits": "4111 1111 1111 1111 ",
}  # fmt: skip
READERS: dict[str, Callable[[str], object]] = {
    "scan of figures": scan,
    "claims of an answer": claims,
    "facts of a text": lambda text: len(Facts.of([("s", text)])),
    "check_numbers": lambda text: check_numbers(text, {"s": SOURCE}),
    "check_charts": lambda text: check_charts(json.dumps({"charts": [{"type": "pie", "title": text, "data": [{"name": text, "value": 1}]}]})),
    "check_charts, not JSON": check_charts,
    "check_conduct": check_conduct,
    "check_disclosures": check_disclosures,
    "check_pii": check_pii,
    "scan_text": scan_text,
    "limit_response": lambda text: limit_response(text, max_chars=1000),
    "masking of secrets": Redactor({}).text,
}  # fmt: skip
SIZES = (5_000, 20_000)


def cpu(read: Callable[[str], object], text: str, *, times: int = 2) -> float:
    """CPU seconds, the least of some attempts."""
    least = float("inf")
    for _ in range(times):
        began = time.process_time()
        read(text)
        least = min(least, time.process_time() - began)
        if least > 2:
            break
    return least


def grown(read: Callable[[str], object], piece: str) -> tuple[float, float]:
    """How many times longer the largest took than a quarter of it, and how long that was."""
    small, large = (cpu(read, (piece * (size // len(piece) + 1))[:size]) for size in SIZES)
    return large / max(small, 0.0005), large  # what takes less than half a millisecond is noise


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="readers whose name holds this")
    options = parser.parse_args()
    rows, bad = [], 0
    for name, read in READERS.items():
        if options.only not in name:
            continue
        found = {text: grown(read, piece) for text, piece in TEXTS.items()}
        worst = max(found, key=lambda text: found[text][0])
        slowest = max(found, key=lambda text: found[text][1])
        bad += found[worst][0] > 8
        rows.append(f"| {name} | {found[worst][0]:.1f} ({worst}) | {found[slowest][1] * 1000:.0f} ms ({slowest}) |")
        print(rows[-1], flush=True)
    text = [
        "# Growth on hostile text", "", *(__doc__ or "").strip().splitlines(), "",
        (
            f"{os.cpu_count()} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}. {len(TEXTS)} texts each; "
            f"{SIZES[-1]:,} characters against {SIZES[0]:,}. Goal: below 8 everywhere; {bad} above."
        ), "",
        "| reader | worst growth | slowest of the largest |", "|---|---|---|", *rows, "",
    ]  # fmt: skip
    if not options.only:
        (Path(__file__).parent / "complexity.md").write_text("\n".join(text), encoding="utf-8")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
