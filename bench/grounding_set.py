"""Measure grounding on generated advice: `python bench/grounding_set.py` prints the table and writes bench/grounding_set.md.

Each answer is written from templates about a portfolio of its own; in three answers of ten one figure is spoilt in a way that agents
spoil figures. The templates and the rules have one author, so this shows regressions more than it shows the world.
"""

from __future__ import annotations

import random
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from harness.grounding import GROUNDED, WRONG, Facts, claims, ground  # noqa: E402
from harness.quantities import parse, render  # noqa: E402

ANSWERS = 400
FUNDS = ("SPY", "QQQ", "BND", "VEA", "GLD", "VWO", "TLT", "IWM", "VNQ", "SCHD", "AGG", "EFA")
STYLES = ("thousands", "thousands", "thousands", "european", "indian")
SPOILS = (
    "digit swapped",
    "x10",
    "x1000",
    "wrong row",
    "wrong period",
    "wrong base of a percentage",
    "stale price",
    "sign",
)


def world(rng: random.Random) -> dict[str, Any]:
    """A portfolio with two years of values."""
    rows = []
    for symbol in rng.sample(FUNDS, 5):
        quantity, price = rng.randint(5, 900), round(rng.uniform(20, 700), 2)
        rows.append({"symbol": symbol, "quantity": quantity, "price": price, "value": round(quantity * price, 2)})
    history = [
        ["", "2025", "2024"],
        *([row["symbol"], f"{row['value']:,.2f}", f"{row['value'] * rng.uniform(0.6, 0.95):,.2f}"] for row in rows),
    ]
    return {"positions": rows, "history": history, "total": round(sum(row["value"] for row in rows), 2)}


def money(value: float, style: str) -> str:
    """An amount in a style."""
    figure = parse(f"${value:,.2f}")
    assert figure is not None
    return render(figure, style)  # type: ignore[arg-type]


def statements(data: dict[str, Any], rng: random.Random, style: str, spoil: str | None) -> list[tuple[str, str | None]]:
    """Sentences, and of the one that is spoilt how; the spoilt figure is the last of its sentence."""
    one, other = rng.sample(data["positions"], 2)
    then = {row[0]: float(row[2].replace(",", "")) for row in data["history"][1:]}
    symbol, value, price = one["symbol"], one["value"], one["price"]
    share, rise = value / data["total"] * 100, (value - then[symbol]) / then[symbol] * 100
    spoilt = {
        "digit swapped": (f"{symbol} is worth {money(_swapped(value), style)}.", "worth"), "x10": (f"{symbol} is worth {money(value * 10, style)}.", "worth"),
        "x1000": (f"{symbol} is worth {money(value * 1000, style)}.", "worth"), "wrong row": (f"{symbol} is worth {money(other['value'], style)}.", "worth"),
        "wrong period": (f"In 2024 {symbol} was worth {money(value, style)}.", "then"),
        "wrong base of a percentage": (f"From 2024 to 2025 {symbol} rose by {(value - then[symbol]) / value * 100:.2f}%.", "rise"),
        "stale price": (f"{symbol} trades at {money(price * 1.0371, style)}.", "price"), "sign": (f"From 2024 to 2025 {symbol} changed by -{rise:.2f}%.", "rise"),
    }  # fmt: skip
    right = {
        "worth": f"{symbol} is worth {money(value, style)}.", "then": f"In 2024 {symbol} was worth {money(then[symbol], style)}.",
        "rise": f"From 2024 to 2025 {symbol} rose by {rise:.2f}%.", "price": f"{symbol} trades at {money(price, style)}.",
        "share": f"{symbol} makes up {share:.2f}% of the total.", "sum": f"Together {symbol} and {other['symbol']} are worth {money(value + other['value'], style)}.",
        "total": f"The total is {money(data['total'], style)}.",
    }  # fmt: skip
    made: dict[str, tuple[str, str | None]] = {name: (text, None) for name, text in right.items()}
    if spoil is not None:
        text, name = spoilt[spoil]
        made[name] = (text, spoil)
    chosen = list(made.values())
    rng.shuffle(chosen)
    return chosen


def _swapped(value: float) -> float:
    digits = list(f"{value:.2f}")
    for place in range(len(digits) - 1):
        first, second = digits[place], digits[place + 1]
        if first.isdigit() and second.isdigit() and first != second and (place or second != "0"):
            digits[place], digits[place + 1] = second, first
            break
    return float(Decimal("".join(digits)))


def measured(seed: int = 3) -> tuple[dict[str, Counter[str]], list[str]]:
    """Statuses by what the figure is, and some misses."""
    rng = random.Random(seed)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    misses: list[str] = []
    for number in range(ANSWERS):
        data, style = world(rng), rng.choice(STYLES)
        spoil = SPOILS[number % len(SPOILS)] if rng.random() < 0.3 else None
        facts = Facts.of(
            [("portfolio", data["positions"]), ("history", data["history"]), ("total", {"total": data["total"]})]
        )
        told = statements(data, rng, style, spoil)
        text = " ".join(sentence for sentence, _ in told)
        ends = [
            (sum(len(sentence) + 1 for sentence, _ in told[: place + 1]), how) for place, (_, how) in enumerate(told)
        ]
        for item in ground(claims(text), facts, user=Facts.of([])):
            how = next(how for end, how in ends if item.claim.figure.start < end)
            found[how or "right"][item.status] += 1
            if item.wrong if how is None else item.grounded:
                misses.append(f"{how or 'right'}: {item.claim.text} {item.status} in: {item.claim.context}")
    return found, misses


def report() -> str:
    """The table, as Markdown."""
    found, _ = measured()
    lines = ["| figures | n | grounded | wrong | left open |", "|---|---|---|---|---|"]
    for name in ("right", *SPOILS):
        counts = found[name]
        total, good, bad = sum(counts.values()), sum(counts[s] for s in GROUNDED), sum(counts[s] for s in WRONG)
        lines.append(
            f"| {name} | {total} | {good / total:.3f} | {bad / total:.3f} | {(total - good - bad) / total:.3f} |"
        )
    spoilt = [counts for name, counts in found.items() if name != "right"]
    caught, every = sum(counts[s] for counts in spoilt for s in WRONG), sum(sum(counts.values()) for counts in spoilt)
    alarms, right = sum(found["right"][s] for s in WRONG), sum(found["right"].values())
    swaps = found["wrong row"]
    targets = [
        ("answers and figures", ">= 300 and 1,500", f"{ANSWERS} and {every + right:,}", every + right >= 1500),
        ("spoilt figures caught", ">= 0.93", f"{caught / every:.3f}", caught / every >= 0.93),
        ("figures of another row caught", ">= 0.85", f"{sum(swaps[s] for s in WRONG) / sum(swaps.values()):.3f}", sum(swaps[s] for s in WRONG) / sum(swaps.values()) >= 0.85),
        ("right figures called wrong", "<= 0.03", f"{alarms / right:.3f}", alarms / right <= 0.03),
    ]  # fmt: skip
    head = [
        "# Grounding on generated advice", "",
        "Written by `python bench/grounding_set.py`. The templates and the rules have one author, and two rules (wrong row, wrong period)", "were changed after its first misses (0.78 of the spoilt figures were caught then): read it as a guard against regressions.", "",
        "| target | wanted | measured | |", "|---|---|---|---|",
        *(f"| {name} | {wanted} | {value} | {'met' if ok else '**missed**'} |" for name, wanted, value, ok in targets), "",
    ]  # fmt: skip
    return "\n".join([*head, *lines, ""])


if __name__ == "__main__":
    made = report()
    (Path(__file__).parent / "grounding_set.md").write_text(made, encoding="utf-8")
    print(made)
    if "--misses" in sys.argv:
        print("\n".join(measured()[1][:40]))
