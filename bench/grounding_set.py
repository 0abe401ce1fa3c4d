"""Measure grounding on generated advice: `python bench/grounding_set.py` prints the table and writes bench/grounding_set.md.

Each answer is written from templates about a portfolio of its own; in three answers of ten one figure is spoilt in a way that agents
spoil figures. The templates and the rules have one author, so this shows regressions more than it shows the world.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
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


def answers(seed: int) -> Iterator[tuple[Facts, list[tuple[str, str | None]], str]]:
    """Each answer's sources, its sentences with what was done to them, and its text."""
    rng = random.Random(seed)
    for number in range(ANSWERS):
        data, style = world(rng), rng.choice(STYLES)
        spoil = SPOILS[number % len(SPOILS)] if rng.random() < 0.3 else None
        facts = Facts.of(
            [("portfolio", data["positions"]), ("history", data["history"]), ("total", {"total": data["total"]})]
        )
        told = statements(data, rng, style, spoil)
        yield facts, told, " ".join(sentence for sentence, _ in told)


def measured(seed: int = 3) -> tuple[dict[str, Counter[str]], list[str]]:
    """Statuses by what the figure is, and some misses."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    misses: list[str] = []
    for facts, told, text in answers(seed):
        ends = [
            (sum(len(sentence) + 1 for sentence, _ in told[: place + 1]), how) for place, (_, how) in enumerate(told)
        ]
        for item in ground(claims(text), facts, user=Facts.of([])):
            how = next(how for end, how in ends if item.claim.figure.start < end)
            found[how or "right"][item.status] += 1
            if item.wrong if how is None else item.grounded:
                misses.append(f"{how or 'right'}: {item.claim.text} {item.status} in: {item.claim.context}")
    return found, misses


def by_hand() -> tuple[dict[str, Counter[str]], list[str]]:
    """Statuses of the figures in answers written by hand, by how they are marked."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    misses: list[str] = []
    data = json.loads((Path(__file__).parent / "data" / "grounding_hand.json").read_text(encoding="utf-8"))
    for answer in data["answers"]:
        marks: list[tuple[int, str]] = []
        text = ""
        for piece in re.split(r"(\[\[[!?]?[^]]+\]\])", answer["text"]):
            if piece.startswith("[["):
                sign = piece[2] if piece[2] in "!?" else ""
                marks.append((len(text), {"!": "wrong", "?": "open", "": "right"}[sign]))
                text += piece[2 + len(sign) : -2]
            else:
                text += piece
        told = {
            item.claim.figure.start: item
            for item in ground(claims(text), Facts.of(answer["sources"].items()), user=Facts.of([]))
        }
        for start, how in marks:
            item = next((told[place] for place in (start, start - 1, start + 1) if place in told), None)
            found[how][item.status if item else "unread"] += 1
            if item is None or (item.wrong if how == "right" else item.grounded):
                misses.append(
                    f"{how}: {text[start : start + 16]!r} {item.status if item else 'unread'} {item.note if item else ''}"
                )
    return found, misses


def accidental(seed: int = 5, draws: int = 400) -> dict[str, tuple[int, int]]:
    """How many random wrong figures are accepted, of how many, by the form in which they are printed."""
    rng = random.Random(seed)
    found: dict[str, tuple[int, int]] = {}
    for size in (10, 40):
        rows = [
            {"symbol": f"S{n}X", "quantity": rng.randint(5, 900), "price": round(rng.uniform(20, 700), 2)}
            for n in range(size)
        ]
        for row in rows:
            row["value"] = round(float(row["quantity"]) * float(row["price"]), 2)
            row["weight_pct"] = round(rng.uniform(0.5, 25), 2)
        facts = Facts.of([("portfolio", rows)])
        forms = {
            "12.3 %": lambda: f"{rng.uniform(1, 60):.1f}%",
            "12 %": lambda: f"{rng.randint(1, 60)}%",
            "$8,412": lambda: f"${rng.randint(1000, 99999):,}",
            "$8.4k": lambda: f"${rng.uniform(1, 99):.1f}k",
        }
        for name, made in forms.items():
            said = [
                f"{rng.choice(rows)['symbol']} makes up {made()}."
                if "%" in name
                else f"{rng.choice(rows)['symbol']} is worth {made()}."
                for _ in range(draws)
            ]
            hits = sum(item.grounded for text in said for item in ground(claims(text), facts, user=Facts.of([]))[-1:])
            found[f"{name}, {size} positions"] = (hits, draws)
    return found


def baselines(seed: int = 3) -> list[tuple[str, float, float]]:
    """Plain nearness to any number of the sources: (rule, spoilt caught, right called wrong) on the same figures."""
    rules = {"the very number": Decimal(0), "within 1 %": Decimal("0.01"), "within 5 %": Decimal("0.05")}
    tally = {name: [0, 0, 0, 0] for name in rules}
    for how, value, held in figures(seed):
        for name, share in rules.items():
            near = any(abs(value - other) <= share * abs(other) for other in held)
            spot = 0 if how != "right" else 2
            tally[name][spot] += not near
            tally[name][spot + 1] += 1
    return [
        (name, caught / max(1, spoilt), alarms / max(1, right))
        for name, (caught, spoilt, alarms, right) in tally.items()
    ]


def figures(seed: int) -> Iterator[tuple[str, Decimal, Sequence[Decimal]]]:
    """Every figure of the generated answers: what was done to it, its value, the numbers of its sources."""
    for facts, told, text in answers(seed):
        ends = [(sum(len(s) + 1 for s, _ in told[: place + 1]), how) for place, (_, how) in enumerate(told)]
        for claim in claims(text):
            yield (
                next(how for end, how in ends if claim.figure.start < end) or "right",
                claim.figure.value,
                facts.values,
            )


def report() -> str:
    """The table, as Markdown."""
    found, _ = measured()
    hand, _ = by_hand()
    chance = accidental()
    hand_wrong, hand_right = hand["wrong"], hand["right"]
    one, whole = (
        sum(hits for name, (hits, _) in chance.items() if name.startswith(form)) / 800 for form in ("12.3 %", "12 %")
    )
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
        ("by hand: wrong figures caught", ">= 0.93", _share(hand_wrong, WRONG), float(_share(hand_wrong, WRONG)) >= 0.93),
        ("by hand: right figures called wrong", "<= 0.03", _share(hand_right, WRONG), float(_share(hand_right, WRONG)) <= 0.03),
        ("random percentages of one decimal accepted", "<= 0.015", f"{one:.3f}", one <= 0.015),
        ("random whole percentages accepted", "<= 0.04", f"{whole:.3f}", whole <= 0.04),
    ]  # fmt: skip
    head = [
        "# Grounding on generated advice", "",
        "Written by `python bench/grounding_set.py`. The templates and the rules have one author, and two rules (wrong row, wrong period)", "were changed after its first misses (0.78 of the spoilt figures were caught then): read it as a guard against regressions. One more (the words of a clause) was changed after the first misses by hand (0.75 caught). Then 14 answers were added by hand, of which 0.85 of the wrong figures were caught and 0.11 of the right ones accused, and three rules made: products and months of printed figures, and the direction of a verb.", "",
        "| target | wanted | measured | |", "|---|---|---|---|",
        *(f"| {name} | {wanted} | {value} | {'met' if ok else '**missed**'} |" for name, wanted, value, ok in targets), "",
    ]  # fmt: skip
    plain = ["", "Baselines on the same figures: a figure is right if any number of the sources is near.", ""]
    plain += ["| rule | spoilt caught | right called wrong |", "|---|---|---|"]
    plain += [f"| {name} | {caught_:.3f} | {false:.3f} |" for name, caught_, false in baselines()]
    plain += [
        f"| grounding | {caught / every:.3f} | {alarms / right:.3f} |",
        "",
        "Random wrong figures beside a position's name:",
        "",
    ]
    plain += [
        "| form | accepted |",
        "|---|---|",
        *(f"| {name} | {hits} of {draws} |" for name, (hits, draws) in chance.items()),
    ]
    plain += [
        "",
        f"By hand: {sum(hand_right.values())} right and {sum(hand_wrong.values())} wrong figures in [data/grounding_hand.json](data/grounding_hand.json).",
    ]
    return "\n".join([*head, *lines, *plain, ""])


def _share(counts: Counter[str], statuses: Iterable[str]) -> str:
    return f"{sum(counts[status] for status in statuses) / max(1, sum(counts.values())):.3f}"


if __name__ == "__main__":
    made = report()
    (Path(__file__).parent / "grounding_set.md").write_text(made, encoding="utf-8")
    print(made)
    if "--misses" in sys.argv:
        print("\n".join([*measured()[1][:40], *by_hand()[1]]))
