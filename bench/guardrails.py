"""Measure what guardrails cost and how it grows: `python bench/guardrails.py` prints the tables and writes bench/guardrails.md.

Every guardrail on text is given texts made to be slow for it, at two sizes; ledgers,
orders and dated evidence grow too. Growth is the exponent between the two sizes, the larger four times the smaller: 1 is linear, 2
quadratic. What must not crash (10 MB, 1,000 levels, NaN, mixed scripts) is tried as well.
"""

from __future__ import annotations

import gzip
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from harness.guardrails import (  # noqa: E402
    Run,
    check_as_of,
    check_conduct,
    check_disclosures,
    check_ledger,
    check_pii,
    check_simulation,
    check_suitability,
    consent,
    limit_response,
    validate_order,
)

DATA = Path(__file__).parent / "data"
SIZES = (62_500, 250_000)
ROWS = (2_500, 10_000)
WORST = 1.35
"""Largest exponent that is taken for linear: noise and logarithms included."""
RUNS = [Run("c1", "simulate", {}, {"n": 1000, "success_rate": 0.5})]
ADVERSE = {
    "one letter": "a", "one digit": "1", "spaces": " ", "line ends": "\n", "dots": ".", "quotes": '"', "brackets": "[", "braces": "{",
    "minus": "-", "at signs": "@", "commas": ",", "promises": "guarantee returns ", "denials": "not no never ", "conditions": "if were had ",
    "urgency": "act now, hurry ", "figures": "5% of 1,000 simulated paths ", "simulated": "simulated backtested ", "cards": "4539 5787 6362 1486 ",
    "nine digits": "021000021 ", "account": "account number ", "IBANs": "DE89 3704 0044 ", "phones": "+44 20 7946 ", "mail": "a.b-c@d-e.", "days": "2026-11-20 was ",
    "months": "November 20 November ", "zero width": "a\u200b", "right to left": "\u202eא1", "wide digits": "４５３９", "accents": "e\u0301", "fences": "```\n", "options": "options calls puts margin ",
}  # fmt: skip
TEXT: dict[str, Callable[[str], Any]] = {
    "check_conduct": check_conduct,
    "check_disclosures": check_disclosures,
    "check_pii": check_pii,
    "check_simulation": lambda text: check_simulation(text, RUNS),
    "check_as_of": lambda text: check_as_of([], "2026-11-20", text=text, max_age_days=3),
    "limit_response": lambda text: limit_response(text, max_chars=len(text) // 2),
    "consent": consent,
}
BASE = {
    "account": {"cash": 5000, "total": 20000, "positions": {"VTI": 5}},
    "market": {
        "now": "2026-11-20T15:30:00+00:00",
        "instrument": {"symbol": "VTI"},
        "quote": {"price": 100, "at": "2026-11-20T15:29:00+00:00"},
    },
}


def order(rows: int) -> Any:
    """An order after so many others."""
    recent = [
        {"side": "buy", "symbol": "VTI", "quantity": n + 50, "at": "2026-11-20T15:29:59+00:00"} for n in range(rows)
    ]
    return validate_order(
        {"side": "buy", "symbol": "VTI", "quantity": 1}, {**BASE["account"], "recent": recent}, BASE["market"]
    )


def ledger(rows: int) -> Any:
    """A ledger of so many positions in ten accounts, each with its weight, against an opening and as many movements."""
    each = max(1, rows // 10)
    accounts = [
        {
            "name": f"A{a}",
            "cash": 5,
            "positions": [
                {"symbol": f"S{n}", "quantity": 2, "price": 5, "value": 10, "weight": 0.01} for n in range(each)
            ],
        }
        for a in range(10)
    ]
    opening = [{**one, "cash": 15 * each, "positions": {}} for one in accounts]
    fills = [
        {"account": f"A{a}", "side": "buy", "symbol": f"S{n}", "quantity": 2, "price": 5}
        for a in range(10)
        for n in range(each)
    ]
    return check_ledger({"accounts": accounts}, opening=opening, movements=fills)


def evidence(rows: int) -> Any:
    """So many dated rows."""
    return check_as_of([("c", {"rows": [{"date": "2026-11-19", "price_date": "2026-11-20"}] * rows})], "2026-11-20")


def advice(rows: int) -> Any:
    """So many recommendations, of which the first thousand are looked at."""
    return check_suitability(
        [{"action": "buy", "symbol": f"S{n}", "weight": 1, "product": "stock"} for n in range(rows)],
        {"risk": "low", "horizon_years": 9},
    )


SHAPED: dict[str, Callable[[int], Any]] = {
    "validate_order, earlier orders": order, "check_ledger, positions": ledger, "check_as_of, rows": evidence, "check_suitability, recommendations": advice,
}  # fmt: skip


def seconds(work: Callable[[], Any]) -> float:
    """CPU seconds, the best of two where it is short."""
    took = []
    for _ in range(2):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
        if took[0] > 0.2:
            break
    return min(took)


def growth(work: Callable[[int], Any], sizes: tuple[int, ...]) -> tuple[float, float]:
    """Exponent between the two sizes, the larger four times the smaller, and seconds at the largest."""
    small, large = seconds(lambda: work(sizes[0])), seconds(lambda: work(sizes[-1]))
    return (math.log(max(large, 1e-6) / max(small, 1e-6)) / math.log(4) if large > 0.02 else 0.0), large


def texts() -> Iterator[tuple[str, str, float, float]]:
    """Guardrail, worst input, its exponent and its seconds, over all adverse inputs."""
    for name, guard in TEXT.items():
        found = []
        for label, unit in ADVERSE.items():
            exponent, took = growth(
                lambda size, unit=unit, guard=guard: guard((unit * (size // len(unit) + 1))[:size]), SIZES
            )
            found.append((took, exponent, label))
        worst_growth, slowest = max(found, key=lambda one: one[1]), max(found)
        yield name, f"{worst_growth[2]} / {slowest[2]}", worst_growth[1], slowest[0]


def sound() -> list[tuple[str, bool]]:
    """What must not make any guardrail fail itself."""
    deep: Any = {"as_of": "2027-01-01", "cash": float("nan")}
    for _ in range(1000):
        deep = {"a": [deep]}
    odd = [
        "\x00\ud800",
        "\u202e١٢٣,٤٥٦\u200b%",
        "1.234,56 € and 1'234.56",
        "NaN inf -inf 1e999",
        "{" * 5000,
        "[" * 100_000 + "]" * 100_000,
        "",
        " ",
    ]
    tries: dict[str, Callable[[], Any]] = {
        f"{name}, 10 MB": (lambda guard=guard: guard("guarantee 5% " * 770_000)) for name, guard in TEXT.items()
    }
    tries |= {
        f"{name}, odd text {n}": (lambda guard=guard, text=text: guard(text))
        for name, guard in TEXT.items()
        for n, text in enumerate(odd)
    }
    for label, data in (
        ("1,000 levels", deep),
        ("NaN", float("nan")),
        ("infinity", math.inf),
        ("a huge number", 10**5000),
    ):
        tries[f"validate_order, {label}"] = lambda data=data: validate_order(
            {"side": "buy", "symbol": "VTI", "quantity": data}, data, BASE["market"]
        )
        tries[f"check_ledger, {label}"] = lambda data=data: check_ledger(
            [{"cash": data, "positions": data}], opening=data, movements=data
        )
        tries[f"check_as_of, {label}"] = lambda data=data: check_as_of([("x", data)], "2026-11-20")
        tries[f"check_suitability, {label}"] = lambda data=data: check_suitability(data, {"age": data})
        tries[f"check_simulation, {label}"] = lambda data=data: check_simulation(
            "We ran 5 simulations.", [Run("c", "simulate", data, data)]
        )
        tries[f"consent, {label}"] = lambda data=data: consent(data)
    return [(name, _holds(work)) for name, work in tries.items()]


def _holds(work: Callable[[], Any]) -> bool:
    try:
        found = work()
    except Exception:  # noqa: BLE001 - that is what is measured
        return False
    return not getattr(found, "broken", False)


def usual() -> list[tuple[str, float]]:
    """Milliseconds for one answer of 2,000 characters, of other people's writing."""
    with gzip.open(DATA / "tatqa_dev.json.gz", "rt", encoding="utf-8") as file:
        whole = "\n\n".join(text for page in json.load(file) for text in page["paragraphs"])[:200_000]
    parts = [whole[start : start + 2000] for start in range(0, len(whole), 2000)]
    return [
        (name, 1000 * seconds(lambda guard=guard: [guard(part) for part in parts]) / len(parts))
        for name, guard in TEXT.items()
    ]


def report() -> str:
    """Everything, as Markdown."""
    tried = sound()
    failed = [name for name, ok in tried if not ok]
    grown = [*texts(), *((name, "rows", *growth(work, ROWS)) for name, work in SHAPED.items())]
    worst = max(exponent for _, _, exponent, _ in grown)
    lines = [
        "# Guardrails: cost and growth, measured", "", "Written by `python bench/guardrails.py`, in CPU seconds.", "",
        "| target | wanted | measured | |", "|---|---|---|---|",
        f"| inputs that make a guardrail fail itself | 0 | {len(failed)} of {len(tried)} | {'met' if not failed else '**missed**: ' + ', '.join(failed[:5])} |",
        f"| worst growth over {len(ADVERSE)} adverse texts and 4 kinds of data | < {WORST} | {worst:.2f} | {'met' if worst < WORST else '**missed**'} |", "",
        f"## Growth up to {SIZES[-1]:,} characters or {ROWS[-1]:,} rows", "",
        "| guardrail | worst growth / slowest input | exponent | seconds at most |", "|---|---|---|---|",
        *(f"| `{name}` | {label} | {exponent:.2f} | {took:.2f} |" for name, label, exponent, took in grown), "",
        "## An answer of 2,000 characters", "", "| guardrail | milliseconds |", "|---|---|",
        *(f"| `{name}` | {took:.2f} |" for name, took in usual()), "",
    ]  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    made = report()
    (Path(__file__).parent / "guardrails.md").write_text(made, encoding="utf-8")
    print(made)
